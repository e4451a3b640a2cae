#include "pipeline/looks.h"

#include "base/memory.h"
#include "data/blank.h"
#include "pipeline/embedder.h"

#include <string.h>

/// A walk over all pictures, some at a time.
typedef struct walk {
  siam_embedder *embedder;
  siam_images *images;
  uint32_t step;          ///< Pictures at a time.
  uint32_t *numbers;      ///< [step]
  uint8_t *read;          ///< [step, H, W, C] as pictures are read.
  uint8_t *bytes, *views; ///< The network's input: [step, H, W, C], [step, views, H, W, C]
  siam_picture_shape input;
  float *each;      ///< [step, views, D], before they are averaged; NULL: they are not.
  bool unit_length; ///< Of embeddings.
} walk;

static siam_status order(const walk *of, uint32_t first) {
  uint32_t all = siam_images_count(of->images), count = all - first < of->step ? all - first : of->step;
  for (uint32_t i = 0; i < count; i++) of->numbers[i] = first + i;
  return siam_images_order(of->images, of->numbers, count);
}

/// Embeds what `bytes` shows, as many at a time as the embedder takes.
static siam_status run(const walk *of, const uint8_t *bytes, size_t size, uint32_t count, size_t dimensions,
                       float *values) {
  uint32_t batch = siam_embedder_batch(of->embedder);
  for (uint32_t done = 0; done < count; done += batch)
    SIAM_RETURN_IF_FAILED(siam_embedder_run(of->embedder, bytes + done * size,
                                            count - done < batch ? count - done : batch,
                                            values + done * dimensions));
  return SIAM_OK;
}

/// Notes which of `count` pictures that were taken show nothing.
static void find_blank(const walk *of, uint32_t count, bool *blank) {
  const size_t size = siam_picture_shape_bytes(&of->input);
  for (uint32_t i = 0; i < count; i++) blank[i] = siam_pixels_are_blank(of->bytes + i * size, &of->input);
}

/// Embeds `count` pictures that were taken, in all their views.
static siam_status embed(const walk *of, const siam_looks *looks, uint32_t count, float *values) {
  const siam_views *views = looks->views;
  const siam_picture_shape *shape = &of->input;
  size_t size = siam_picture_shape_bytes(shape), each = siam_views_count(views);
  if (views == NULL) return run(of, of->bytes, size, count, looks->dimensions, values);
  for (uint32_t i = 0; i < count; i++)
    SIAM_RETURN_IF_FAILED(siam_views_make(views, shape, of->bytes + i * size, of->views + i * each * size));
  if (of->each == NULL) return run(of, of->views, size, count * (uint32_t)each, looks->dimensions, values);
  SIAM_RETURN_IF_FAILED(run(of, of->views, size, count * (uint32_t)each, looks->dimensions, of->each));
  for (uint32_t i = 0; i < count; i++)
    siam_views_average(views, of->unit_length, of->each + i * each * looks->dimensions, looks->dimensions,
                       values + i * looks->dimensions);
  return SIAM_OK;
}

siam_status siam_looks_shape(const siam_model *model, siam_picture_shape *shape) {
  const siam_views *views = NULL;
  SIAM_RETURN_IF_FAILED(siam_views_of_model(model, &views));
  *shape = siam_model_picture_shape(model);
  if (siam_views_look_closer(views)) shape->channels = 3;
  return SIAM_OK;
}

void siam_looks_reduce(const siam_picture_shape *read, const siam_picture_shape *input, const uint8_t *bytes,
                       size_t count, uint8_t *output) {
  if (read->channels == input->channels)
    memcpy(output, bytes, count * siam_picture_shape_bytes(input));
  else
    siam_pixels_to_grey(bytes, count * siam_picture_shape_bytes(input), output);
}

/// Takes the next pictures that were ordered, and keeps them where they will be looked at closer.
static siam_status take(const walk *of, siam_looks *looks, uint32_t done, uint32_t count) {
  const siam_picture_shape *shape = siam_images_get_shape(of->images);
  const size_t size = siam_picture_shape_bytes(shape);
  SIAM_RETURN_IF_FAILED(siam_images_take(of->images, of->read));
  siam_looks_reduce(shape, &of->input, of->read, count, of->bytes);
  if (looks->pictures != NULL) memcpy(looks->pictures + done * size, of->read, count * size);
  find_blank(of, count, looks->blank + done);
  return SIAM_OK;
}

static siam_status go(const walk *of, siam_telling *telling, siam_looks *looks) {
  uint32_t ordered = 0;
  for (uint32_t done = 0; done < looks->count;) {
    // Two orders ahead keep the decoders busy while the device works.
    for (; ordered < looks->count && ordered < done + 3 * of->step; ordered += of->step)
      SIAM_RETURN_IF_FAILED(order(of, ordered));
    uint32_t count = looks->count - done < of->step ? looks->count - done : of->step;
    SIAM_RETURN_IF_FAILED(take(of, looks, done, count));
    SIAM_RETURN_IF_FAILED(embed(of, looks, count, (float *)siam_looks_of(looks, done)));
    done += count;
    if (!siam_tell(telling, done, looks->count))
      return siam_fail(SIAM_INTERRUPTED, "stopped after %u of %u pictures", done, looks->count);
  }
  return SIAM_OK;
}

/// More at a time gain nothing, and the host holds as many pictures beside the device.
enum { MOST_VIEWS = 65536 };

/// An embedder for `batch` views at a time, but no more than there are; 0: at most the standard.
static siam_status make_embedder(siam_model *model, uint64_t views, uint32_t batch,
                                 siam_embedder **embedder) {
  uint32_t most = batch == SIAM_BATCH_AUTO ? MOST_VIEWS : batch > 0 ? batch : SIAM_EMBEDDING_BATCH;
  if (most > views) most = (uint32_t)views;
  if (batch == SIAM_BATCH_AUTO) return siam_embedder_create_largest(model, most, embedder);
  // Where nobody asked for a size it may be as small as the device wants it.
  return batch > 0 ? siam_embedder_create(model, most, embedder)
                   : siam_embedder_create_fitting(model, most, embedder);
}

/// Room for `count` pictures of each kind that a walk needs.
static siam_status make_room(walk *of, const siam_looks *looks) {
  siam_status status = SIAM_OK;
  const uint32_t each = siam_views_count(looks->views);
  const size_t size = siam_picture_shape_bytes(&of->input);
  SIAM_TRY_ALLOCATE(of->numbers, of->step);
  SIAM_TRY_ALLOCATE(of->read, of->step * siam_picture_shape_bytes(siam_images_get_shape(of->images)));
  SIAM_TRY_ALLOCATE(of->bytes, of->step * size);
  if (looks->views != NULL) SIAM_TRY_ALLOCATE(of->views, of->step * each * size);
  if (siam_views_rows(looks->views) < each) SIAM_TRY_ALLOCATE(of->each, of->step * each * looks->dimensions);
cleanup:
  return status;
}

/// What is kept for looking closer, where the views do and the pictures are in colour.
static siam_status look_closer(const siam_model *model, siam_images *images, siam_looks *looks) {
  siam_status status = SIAM_OK;
  looks->shape = *siam_images_get_shape(images);
  if (!siam_views_look_closer(looks->views) || looks->shape.channels != 3) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_closer_look_of_model(model, &looks->closer));
  SIAM_TRY_ALLOCATE(looks->pictures, looks->count * siam_picture_shape_bytes(&looks->shape));
cleanup:
  return status;
}

siam_status siam_looks_take(siam_model *model, const siam_views *views, siam_images *images, uint32_t batch,
                            siam_telling *telling, siam_looks *looks) {
  siam_status status = SIAM_OK;
  const uint32_t each = siam_views_count(views), count = siam_images_count(images);
  walk of = {.images = images,
             .input = siam_model_picture_shape(model),
             .unit_length = siam_network_has_unit_length(model->network)};
  *looks = (siam_looks){
      .views = views, .count = count, .dimensions = (size_t)siam_model_get_info(model).embedding};
  SIAM_TRY_ALLOCATE(looks->values, (size_t)count * siam_views_rows(views) * looks->dimensions);
  SIAM_TRY_ALLOCATE(looks->blank, count);
  SIAM_TRY(look_closer(model, images, looks));
  SIAM_TRY(make_embedder(model, (uint64_t)count * each, batch, &of.embedder));
  looks->batch = siam_embedder_batch(of.embedder);
  of.step = siam_embedder_batch(of.embedder) >= each ? siam_embedder_batch(of.embedder) / each : 1;
  SIAM_TRY(make_room(&of, looks));
  SIAM_TRY(go(&of, telling, looks));
cleanup:
  siam_embedder_destroy(of.embedder);
  siam_free(of.numbers);
  siam_free(of.read);
  siam_free(of.bytes);
  siam_free(of.views);
  siam_free(of.each);
  if (status != SIAM_OK) siam_looks_clear(looks);
  return status;
}

void siam_looks_clear(siam_looks *looks) {
  siam_free(looks->values);
  siam_free(looks->blank);
  siam_free(looks->pictures);
  *looks = (siam_looks){0};
}

const float *siam_looks_of(const siam_looks *looks, uint32_t picture) {
  return looks->values + (size_t)picture * siam_views_rows(looks->views) * looks->dimensions;
}

siam_status siam_looks_compare(const siam_looks *a, uint32_t i, const siam_looks *b, uint32_t j, double limit,
                               siam_views_match *match) {
  *match = siam_views_compare(a->views, siam_looks_of(a, i), siam_looks_of(b, j), a->dimensions);
  if (a->pictures == NULL || match->distance > limit) return SIAM_OK;
  const size_t size = siam_picture_shape_bytes(&a->shape);
  return siam_closer_look_take(&a->closer, a->views, &a->shape, a->pictures + i * size,
                               b->pictures + j * size, match);
}

siam_status siam_looks_copy_whole(const siam_looks *looks, float **embeddings) {
  siam_status status = SIAM_OK;
  SIAM_TRY_ALLOCATE(*embeddings, looks->count * looks->dimensions);
  for (uint32_t i = 0; i < looks->count; i++)
    memcpy(*embeddings + i * looks->dimensions, siam_looks_of(looks, i),
           looks->dimensions * sizeof **embeddings);
cleanup:
  return status;
}
