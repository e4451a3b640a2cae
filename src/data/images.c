#include "data/images.h"

#include "base/memory.h"
#include "data/intake.h"
#include "data/parallel.h"
#include "data/picture_cache.h"
#include "data/stream.h"

#include <string.h>

struct siam_images {
  const siam_dataset *dataset;
  siam_picture_shape shape;
  siam_images_facts facts;
  uint32_t count;
  uint8_t *bytes; ///< NULL when streaming.
  siam_intake intake;
  char *cache_path;
  siam_picture_cache *cache; ///< NULL: none.
  siam_stream_reader *stream;
  /// Orders of resident images: the numbers alone, in a ring.
  uint32_t *ordered[SIAM_IMAGES_AHEAD], ordered_count[SIAM_IMAGES_AHEAD], first, waiting;
};

/// The pass over all pictures at opening.
typedef struct first_pass {
  siam_images *images;
  const siam_dataset *dataset;
  uint8_t *facts; ///< By picture.
  bool *broken;
  char **messages;     ///< Of broken pictures.
  siam_cached *cached; ///< What the cache file says of each.
  bool writes;         ///< A new cache file.
} first_pass;

/// Pictures of the pass that are decoded in one go.
typedef struct first_pictures {
  first_pass *pass;
  const char *paths[SIAM_INTAKE_MOST];
  uint32_t numbers[SIAM_INTAKE_MOST], count;
} first_pictures;

/// Hands a place for the bytes of picture `number` to `fill`: its own where pictures stay, else one for the
/// moment.
static siam_status with_place(first_pass *pass, uint32_t number,
                              siam_status (*fill)(first_pass *pass, uint32_t number, const void *source,
                                                  uint8_t *place),
                              const void *source) {
  siam_status status = SIAM_OK;
  const siam_images *images = pass->images;
  size_t size = siam_picture_shape_bytes(&images->shape);
  uint8_t *aside = NULL;
  if (images->bytes != NULL) return fill(pass, number, source, images->bytes + number * size);
  SIAM_TRY_ALLOCATE(aside, size);
  status = fill(pass, number, source, aside);
cleanup:
  siam_free(aside);
  return status;
}

static siam_status keep(first_pass *pass, uint32_t number, const uint8_t *place) {
  if (!pass->writes) return SIAM_OK;
  return siam_picture_cache_keep(pass->images->cache, number, place, pass->facts[number]);
}

/// A stream decodes again later; resizing shows now that it will be possible.
static siam_status resize(first_pass *pass, uint32_t number, const void *source, uint8_t *place) {
  SIAM_RETURN_IF_FAILED(siam_picture_resize(source, &pass->images->shape, place));
  return keep(pass, number, place);
}

static siam_status find_at(first_pass *pass, uint32_t number, const void *source, uint8_t *place) {
  (void)source;
  unsigned facts = 0;
  pass->cached[number] = siam_picture_cache_find(pass->images->cache, number, place, &facts);
  pass->facts[number] = (uint8_t)facts;
  return SIAM_OK;
}

static siam_status find_some(void *context, uint32_t first, uint32_t count) {
  siam_status status = SIAM_OK;
  for (uint32_t i = 0; i < count && status == SIAM_OK; i++)
    status = with_place(context, first + i, find_at, NULL);
  return status;
}

/// From the old cache file to the new one.
static siam_status copy(first_pass *pass, uint32_t number, const void *source, uint8_t *place) {
  (void)source;
  // The pass before has just checked it; that it is gone now is for somebody to know.
  if (pass->images->bytes == NULL && !siam_picture_cache_read(pass->images->cache, number, place))
    return siam_fail(SIAM_ERROR_DATA, "%s: changed while it was read; leave it alone, and start again",
                     pass->images->cache_path);
  return keep(pass, number, place);
}

static siam_status note_broken(first_pass *pass, uint32_t number) {
  pass->broken[number] = true;
  if (pass->writes) siam_picture_cache_note_broken(pass->images->cache, number);
  pass->messages[number] = siam_copy_text(siam_last_error());
  return pass->messages[number] != NULL ? SIAM_OK : SIAM_ERROR_MEMORY;
}

/// Only what is wrong with the file makes a broken picture; the rest stops the pass.
static siam_status take_in(void *context, const siam_taken *taken) {
  const first_pictures *some = context;
  const uint32_t number = some->numbers[taken->number];
  siam_status status = taken->status;
  if (status == SIAM_OK) {
    some->pass->facts[number] = (uint8_t)siam_picture_facts(taken->picture);
    status = with_place(some->pass, number, resize, taken->picture);
  }
  return siam_is_fault_of_file(status) ? note_broken(some->pass, number) : status;
}

static siam_status load_some(void *context, uint32_t first, uint32_t count) {
  first_pass *pass = context;
  first_pictures some = {.pass = pass};
  for (uint32_t number = first; number < first + count; number++) {
    if (pass->cached != NULL && pass->cached[number] == SIAM_CACHED_WHOLE) {
      if (pass->writes) SIAM_RETURN_IF_FAILED(with_place(pass, number, copy, NULL));
      continue;
    }
    some.paths[some.count] = siam_dataset_get_image_path(pass->dataset, number);
    some.numbers[some.count++] = number;
  }
  return siam_intake_load(&pass->images->intake, some.paths, some.count, take_in, &some);
}

static void count_facts(const first_pass *pass, siam_images *images) {
  siam_images_facts *facts = &images->facts;
  for (uint32_t i = 0; i < images->count; i++) {
    facts->broken += pass->broken[i];
    facts->rotated += (pass->facts[i] & SIAM_FACT_ROTATED) != 0;
    facts->alpha += (pass->facts[i] & SIAM_FACT_ALPHA) != 0;
    facts->grey += (pass->facts[i] & SIAM_FACT_GREY) != 0;
    facts->sixteen_bit += (pass->facts[i] & SIAM_FACT_SIXTEEN_BIT) != 0;
  }
  facts->readable = images->count - facts->broken;
}

/// Names the broken pictures, takes them out of the data set, and closes the gaps in the bytes.
static siam_status drop_broken(first_pass *pass, const siam_logger *logger, siam_dataset *dataset) {
  siam_images *images = pass->images;
  size_t size = siam_picture_shape_bytes(&images->shape);
  uint32_t kept = 0;
  for (uint32_t i = 0; i < images->count; i++)
    if (pass->broken[i]) siam_log(logger, SIAM_LOG_WARNING, "skipped: %s", pass->messages[i]);
  if (images->facts.broken > 0)
    siam_log(logger, SIAM_LOG_WARNING, "%s: %u of %u pictures cannot be read and %s left out",
             siam_dataset_get_path(dataset), images->facts.broken, images->count,
             images->facts.broken == 1 ? "is" : "are");
  if (images->facts.readable == 0)
    return siam_fail(SIAM_ERROR_DATA, "%s: none of its %u pictures can be read; the first: %s",
                     siam_dataset_get_path(dataset), images->count, pass->messages[0]);
  SIAM_RETURN_IF_FAILED(siam_dataset_remove(dataset, pass->broken));
  if (images->cache != NULL) siam_picture_cache_remove(images->cache, pass->broken);
  for (uint32_t i = 0; i < images->count && images->bytes != NULL; i++)
    if (!pass->broken[i]) {
      if (kept != i) memmove(images->bytes + kept * size, images->bytes + i * size, size);
      kept++;
    }
  images->count = images->facts.readable;
  return SIAM_OK;
}

static siam_status run_tasks(first_pass *pass, const siam_images_options *options,
                             siam_status (*several)(void *context, uint32_t first, uint32_t count)) {
  return siam_parallel_run(
      &(siam_parallel){.count = pass->images->count,
                       .threads = siam_intake_threads(&pass->images->intake, options->threads),
                       .several = several,
                       .together = SIAM_INTAKE_MOST,
                       .context = pass,
                       .progress = options->progress,
                       .progress_context = options->progress_context});
}

/// Takes what the cache file has; a new one is written where it lacks a picture.
static siam_status look_in_cache(first_pass *pass, const siam_images_options *options) {
  siam_status status = SIAM_OK;
  siam_images *images = pass->images;
  uint32_t whole = 0, missing = 0;
  SIAM_TRY_ALLOCATE(pass->cached, images->count);
  SIAM_TRY(run_tasks(pass, options, find_some));
  for (uint32_t i = 0; i < images->count; i++) {
    whole += pass->cached[i] == SIAM_CACHED_WHOLE;
    missing += pass->cached[i] == SIAM_CACHED_NOT;
  }
  siam_log(&options->logger, SIAM_LOG_INFO, "%s: has %u of %u pictures", images->cache_path, whole,
           images->count);
  pass->writes = missing > 0;
  if (pass->writes) SIAM_TRY(siam_picture_cache_begin(images->cache));
cleanup:
  return status;
}

static siam_status run_first_pass(siam_images *images, siam_dataset *dataset,
                                  const siam_images_options *options) {
  siam_status status = SIAM_OK;
  uint32_t count = images->count;
  first_pass pass = {.images = images, .dataset = dataset};
  SIAM_TRY_ALLOCATE(pass.facts, count);
  SIAM_TRY_ALLOCATE(pass.broken, count);
  SIAM_TRY_ALLOCATE(pass.messages, count);
  if (images->cache != NULL) SIAM_TRY(look_in_cache(&pass, options));
  SIAM_TRY(run_tasks(&pass, options, load_some));
  if (pass.writes) SIAM_TRY(siam_picture_cache_end(images->cache));
  count_facts(&pass, images);
  SIAM_TRY(drop_broken(&pass, &options->logger, dataset));
cleanup:
  for (uint32_t i = 0; pass.messages != NULL && i < count; i++) siam_free(pass.messages[i]);
  siam_free(pass.messages);
  siam_free(pass.facts);
  siam_free(pass.broken);
  siam_free(pass.cached);
  return status;
}

siam_status siam_images_open(siam_dataset *dataset, const siam_images_options *options,
                             siam_images **images) {
  siam_status status = SIAM_OK;
  siam_images *made = NULL;
  uint64_t limit = options->resident_bytes > 0 ? options->resident_bytes : UINT64_C(2) << 30;
  SIAM_RETURN_IF_FAILED(siam_picture_shape_check(&options->shape));
  SIAM_TRY_ALLOCATE(made, 1);
  made->dataset = dataset;
  made->shape = options->shape;
  made->count = siam_dataset_count_images(dataset);
  siam_picture_options limits = options->picture;
  siam_picture_shape_limit(&made->shape, &limits);
  siam_intake_begin(&made->intake, &limits);
  if (options->cache != NULL) {
    made->cache_path = siam_copy_text(options->cache);
    if (made->cache_path == NULL) {
      status = SIAM_ERROR_MEMORY;
      goto cleanup;
    }
    SIAM_TRY(siam_picture_cache_open(made->cache_path, dataset, &made->shape, &made->intake.options,
                                     &made->cache));
  }
  size_t size = siam_picture_shape_bytes(&options->shape);
  if ((uint64_t)made->count * size <= limit) {
    made->bytes = siam_allocate(made->count, size);
    if (made->bytes == NULL) {
      status = SIAM_ERROR_MEMORY;
      goto cleanup;
    }
  }
  SIAM_TRY(run_first_pass(made, dataset, options));
  if (made->bytes == NULL)
    SIAM_TRY(siam_stream_create(&(siam_stream_source){dataset, &made->intake, &made->shape, made->cache},
                                siam_intake_threads(&made->intake, options->threads), SIAM_IMAGES_AHEAD,
                                &made->stream));
  *images = made;
  made = NULL;
cleanup:
  siam_images_destroy(made);
  return status;
}

void siam_images_destroy(siam_images *images) {
  if (images == NULL) return;
  siam_stream_destroy(images->stream);
  siam_intake_end(&images->intake);
  siam_picture_cache_destroy(images->cache);
  siam_free(images->cache_path);
  for (int i = 0; i < SIAM_IMAGES_AHEAD; i++) siam_free(images->ordered[i]);
  siam_free(images->bytes);
  siam_free(images);
}

uint32_t siam_images_count(const siam_images *images) {
  return images->count;
}

const siam_picture_shape *siam_images_get_shape(const siam_images *images) {
  return &images->shape;
}

const siam_images_facts *siam_images_get_facts(const siam_images *images) {
  return &images->facts;
}

const uint8_t *siam_images_get_bytes(const siam_images *images) {
  return images->bytes;
}

static siam_status order_resident(siam_images *images, const uint32_t *numbers, uint32_t count) {
  if (images->waiting == SIAM_IMAGES_AHEAD)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%d batches are ordered already; take one first",
                     SIAM_IMAGES_AHEAD);
  uint32_t place = (images->first + images->waiting) % SIAM_IMAGES_AHEAD;
  uint32_t *copy = siam_reallocate(images->ordered[place], count, sizeof *copy);
  if (copy == NULL) return SIAM_ERROR_MEMORY;
  memcpy(copy, numbers, count * sizeof *copy);
  images->ordered[place] = copy;
  images->ordered_count[place] = count;
  images->waiting++;
  return SIAM_OK;
}

static siam_status take_resident(siam_images *images, uint8_t *output) {
  size_t size = siam_picture_shape_bytes(&images->shape);
  if (images->waiting == 0) return siam_fail(SIAM_ERROR_ARGUMENT, "no batch is ordered");
  const uint32_t *numbers = images->ordered[images->first];
  for (uint32_t i = 0; i < images->ordered_count[images->first]; i++)
    memcpy(output + i * size, images->bytes + numbers[i] * size, size);
  images->first = (images->first + 1) % SIAM_IMAGES_AHEAD;
  images->waiting--;
  return SIAM_OK;
}

siam_status siam_images_order(siam_images *images, const uint32_t *numbers, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (numbers[i] >= images->count)
      return siam_fail(SIAM_ERROR_ARGUMENT, "no picture %u; there are %u", numbers[i], images->count);
  return images->stream != NULL ? siam_stream_order(images->stream, numbers, count)
                                : order_resident(images, numbers, count);
}

siam_status siam_images_take(siam_images *images, uint8_t *output) {
  return images->stream != NULL ? siam_stream_take(images->stream, output) : take_resident(images, output);
}

siam_status siam_images_read(siam_images *images, const uint32_t *numbers, uint32_t count, uint8_t *output) {
  SIAM_RETURN_IF_FAILED(siam_images_order(images, numbers, count));
  return siam_images_take(images, output);
}
