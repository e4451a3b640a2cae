#include "data/stream.h"

#include "base/memory.h"
#include "data/parallel.h"

#include <string.h>

/// A batch that was asked for. Workers fill it in any order; each picture has its own place.
typedef struct batch_order {
  uint32_t *numbers;
  uint32_t count, next, done;
  uint8_t *bytes;
  siam_status status;
  char *message;
} batch_order;

struct siam_stream_reader {
  siam_stream_source source;
  pthread_mutex_t lock;
  pthread_cond_t work, ready; ///< There is something to decode; an order is complete.
  bool stop;
  batch_order *orders; ///< A ring; `first` is the oldest.
  uint32_t ahead, first, waiting;
  pthread_t *threads;
  uint32_t thread_count;
};

static batch_order *order_at(siam_stream_reader *reader, uint32_t place) {
  return &reader->orders[(reader->first + place) % reader->ahead];
}

static void order_clear(batch_order *order) {
  siam_free(order->numbers);
  siam_free(order->bytes);
  siam_free(order->message);
  *order = (batch_order){0};
}

/// The oldest order with a picture left to decode, or NULL.
static batch_order *find_work(siam_stream_reader *reader) {
  for (uint32_t i = 0; i < reader->waiting; i++) {
    batch_order *order = order_at(reader, i);
    if (order->next < order->count) return order;
  }
  return NULL;
}

/// Pictures of an order that are decoded in one go.
typedef struct share {
  const siam_picture_shape *shape;
  uint8_t *places[SIAM_INTAKE_MOST];
  const char *paths[SIAM_INTAKE_MOST];
  uint32_t count;
} share;

static siam_status resize_into(void *context, const siam_taken *taken) {
  const share *some = context;
  if (taken->status != SIAM_OK) return taken->status;
  return siam_picture_resize(taken->picture, some->shape, some->places[taken->number]);
}

/// `count` pictures into `bytes`, from the cache where it has them.
static siam_status load(const siam_stream_source *source, const uint32_t *numbers, uint32_t count,
                        uint8_t *bytes) {
  share some = {.shape = source->shape};
  for (uint32_t i = 0; i < count; i++, bytes += siam_picture_shape_bytes(source->shape)) {
    if (source->cache != NULL && siam_picture_cache_read(source->cache, numbers[i], bytes)) continue;
    some.places[some.count] = bytes;
    some.paths[some.count++] = siam_dataset_get_image_path(source->dataset, numbers[i]);
  }
  return siam_intake_load(source->intake, some.paths, some.count, resize_into, &some);
}

/// Decodes some pictures of an order; the lock is held before and after.
static void do_some(siam_stream_reader *reader, batch_order *order) {
  const uint32_t threads = reader->thread_count > 0 ? reader->thread_count : 1, place = order->next;
  const uint32_t count = siam_share(order->count - place, threads, SIAM_INTAKE_MOST);
  uint8_t *bytes = order->bytes + place * siam_picture_shape_bytes(reader->source.shape);
  order->next += count;
  pthread_mutex_unlock(&reader->lock);
  siam_status status = load(&reader->source, order->numbers + place, count, bytes);
  pthread_mutex_lock(&reader->lock);
  if (status != SIAM_OK && order->status == SIAM_OK) {
    order->status = status;
    order->message = siam_copy_text(siam_last_error());
  }
  order->done += count;
  if (order->done == order->count) pthread_cond_broadcast(&reader->ready);
}

static void *work_on(void *argument) {
  siam_stream_reader *reader = argument;
  pthread_mutex_lock(&reader->lock);
  while (!reader->stop) {
    batch_order *order = find_work(reader);
    if (order != NULL)
      do_some(reader, order);
    else
      pthread_cond_wait(&reader->work, &reader->lock);
  }
  pthread_mutex_unlock(&reader->lock);
  return NULL;
}

siam_status siam_stream_create(const siam_stream_source *source, uint32_t threads, uint32_t ahead,
                               siam_stream_reader **reader) {
  siam_status status = SIAM_OK;
  siam_stream_reader *made = NULL;
  uint32_t wanted = siam_thread_count(threads);
  SIAM_TRY_ALLOCATE(made, 1);
  *made = (siam_stream_reader){.source = *source, .ahead = ahead};
  pthread_mutex_init(&made->lock, NULL);
  pthread_cond_init(&made->work, NULL);
  pthread_cond_init(&made->ready, NULL);
  SIAM_TRY_ALLOCATE(made->orders, ahead);
  SIAM_TRY_ALLOCATE(made->threads, wanted);
  while (made->thread_count < wanted &&
         pthread_create(&made->threads[made->thread_count], NULL, work_on, made) == 0)
    made->thread_count++;
  *reader = made;
  made = NULL;
cleanup:
  siam_stream_destroy(made);
  return status;
}

void siam_stream_destroy(siam_stream_reader *reader) {
  if (reader == NULL) return;
  pthread_mutex_lock(&reader->lock);
  reader->stop = true;
  pthread_cond_broadcast(&reader->work);
  pthread_mutex_unlock(&reader->lock);
  for (uint32_t i = 0; i < reader->thread_count; i++) pthread_join(reader->threads[i], NULL);
  for (uint32_t i = 0; i < reader->waiting; i++) order_clear(order_at(reader, i));
  pthread_mutex_destroy(&reader->lock);
  pthread_cond_destroy(&reader->work);
  pthread_cond_destroy(&reader->ready);
  siam_free(reader->orders);
  siam_free(reader->threads);
  siam_free(reader);
}

siam_status siam_stream_order(siam_stream_reader *reader, const uint32_t *numbers, uint32_t count) {
  siam_status status = SIAM_OK;
  batch_order order = {.count = count};
  if (reader->waiting == reader->ahead)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%u batches are ordered already; take one first", reader->ahead);
  SIAM_TRY_ALLOCATE(order.numbers, count);
  memcpy(order.numbers, numbers, count * sizeof *numbers);
  order.bytes = siam_allocate(count, siam_picture_shape_bytes(reader->source.shape));
  if (order.bytes == NULL) {
    status = SIAM_ERROR_MEMORY;
    goto cleanup;
  }
  pthread_mutex_lock(&reader->lock);
  *order_at(reader, reader->waiting) = order;
  reader->waiting++;
  pthread_cond_broadcast(&reader->work);
  pthread_mutex_unlock(&reader->lock);
  return SIAM_OK;
cleanup:
  order_clear(&order);
  return status;
}

siam_status siam_stream_take(siam_stream_reader *reader, uint8_t *output) {
  if (reader->waiting == 0) return siam_fail(SIAM_ERROR_ARGUMENT, "no batch is ordered");
  pthread_mutex_lock(&reader->lock);
  batch_order *order = order_at(reader, 0);
  while (order->done < order->count) {
    // Where the system gave no thread, the taker does the work.
    if (reader->thread_count == 0)
      do_some(reader, order);
    else
      pthread_cond_wait(&reader->ready, &reader->lock);
  }
  batch_order taken = *order;
  *order = (batch_order){0};
  reader->first = (reader->first + 1) % reader->ahead;
  reader->waiting--;
  pthread_mutex_unlock(&reader->lock);
  siam_status status = taken.status;
  if (status == SIAM_OK)
    memcpy(output, taken.bytes, taken.count * siam_picture_shape_bytes(reader->source.shape));
  else
    siam_fail(status, "%s", taken.message != NULL ? taken.message : "out of memory");
  order_clear(&taken);
  return status;
}
