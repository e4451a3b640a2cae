#include "pipeline/looks.h"

#include "base/memory.h"
#include "pipeline/embedder.h"

#include <string.h>

enum { STANDARD_BATCH = 128 };

/// A walk over all pictures, some at a time.
typedef struct walk {
  siam_embedder *embedder;
  siam_images *images;
  uint32_t step;          ///< Pictures at a time.
  uint32_t *numbers;      ///< [step]
  uint8_t *bytes, *views; ///< [step, H, W, C], [step, V, H, W, C]
} walk;

static siam_status order(const walk *of, uint32_t first) {
  uint32_t all = siam_images_count(of->images), count = all - first < of->step ? all - first : of->step;
  for (uint32_t i = 0; i < count; i++) of->numbers[i] = first + i;
  return siam_images_order(of->images, of->numbers, count);
}

/// Embeds `count` pictures that were taken, in all their views.
static siam_status embed(const walk *of, const siam_views *views, uint32_t count, float *values) {
  if (views == NULL) return siam_embedder_run(of->embedder, of->bytes, count, values);
  const siam_picture_shape *shape = siam_images_get_shape(of->images);
  size_t size = siam_picture_shape_bytes(shape), looks = siam_views_count(views);
  for (uint32_t i = 0; i < count; i++)
    SIAM_RETURN_IF_FAILED(siam_views_make(views, shape, of->bytes + i * size, of->views + i * looks * size));
  return siam_embedder_run(of->embedder, of->views, count * (uint32_t)looks, values);
}

static siam_status go(const walk *of, siam_telling *telling, siam_looks *looks) {
  uint32_t ordered = 0;
  for (uint32_t done = 0; done < looks->count;) {
    // Two orders ahead keep the decoders busy while the device works.
    for (; ordered < looks->count && ordered < done + 3 * of->step; ordered += of->step)
      SIAM_RETURN_IF_FAILED(order(of, ordered));
    uint32_t count = looks->count - done < of->step ? looks->count - done : of->step;
    SIAM_RETURN_IF_FAILED(siam_images_take(of->images, of->bytes));
    SIAM_RETURN_IF_FAILED(embed(of, looks->views, count, (float *)siam_looks_of(looks, done)));
    done += count;
    if (!siam_tell(telling, done, looks->count))
      return siam_fail(SIAM_INTERRUPTED, "stopped after %u of %u pictures", done, looks->count);
  }
  return SIAM_OK;
}

siam_status siam_looks_take(siam_model *model, const siam_views *views, siam_images *images, uint32_t batch,
                            siam_telling *telling, siam_looks *looks) {
  siam_status status = SIAM_OK;
  const uint32_t each = siam_views_count(views), count = siam_images_count(images);
  const size_t size = siam_picture_shape_bytes(siam_images_get_shape(images));
  if (batch == 0) batch = STANDARD_BATCH;
  walk of = {.images = images, .step = batch / each > 0 ? batch / each : 1};
  if (of.step > count) of.step = count;
  *looks = (siam_looks){
      .views = views, .count = count, .dimensions = (size_t)siam_model_get_info(model).embedding};
  SIAM_TRY_ALLOCATE(looks->values, (size_t)count * each * looks->dimensions);
  SIAM_TRY_ALLOCATE(of.numbers, of.step);
  SIAM_TRY_ALLOCATE(of.bytes, of.step * size);
  if (views != NULL) SIAM_TRY_ALLOCATE(of.views, of.step * each * size);
  SIAM_TRY(siam_embedder_create(model, of.step * each, &of.embedder));
  SIAM_TRY(go(&of, telling, looks));
cleanup:
  siam_embedder_destroy(of.embedder);
  siam_free(of.numbers);
  siam_free(of.bytes);
  siam_free(of.views);
  if (status != SIAM_OK) siam_looks_clear(looks);
  return status;
}

void siam_looks_clear(siam_looks *looks) {
  siam_free(looks->values);
  *looks = (siam_looks){0};
}

const float *siam_looks_of(const siam_looks *looks, uint32_t picture) {
  return looks->values + (size_t)picture * siam_views_count(looks->views) * looks->dimensions;
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
