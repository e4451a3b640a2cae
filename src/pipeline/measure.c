#include "pipeline/measure.h"

#include "base/memory.h"
#include "pipeline/embedder.h"

bool siam_tell(void *telling, uint32_t done, uint32_t count) {
  const siam_telling *whom = telling;
  return whom->preparing == NULL || whom->preparing(whom->context, whom->what, done, count);
}

siam_status siam_embed_images(siam_model *model, siam_images *images, uint32_t batch, siam_telling *telling,
                              float **embeddings) {
  siam_status status = SIAM_OK;
  siam_embedder *embedder = NULL;
  float *values = NULL;
  uint32_t count = siam_images_count(images);
  SIAM_TRY_ALLOCATE(values, count * (size_t)siam_model_get_info(model).embedding);
  // Where nobody asked for a size it may be as small as the device wants it.
  if (batch > 0)
    SIAM_TRY(siam_embedder_create(model, count < batch ? count : batch, &embedder));
  else
    SIAM_TRY(siam_embedder_create_fitting(model, count < SIAM_EMBEDDING_BATCH ? count : SIAM_EMBEDDING_BATCH,
                                          &embedder));
  SIAM_TRY(siam_embedder_all(embedder, images, siam_tell, telling, values));
  *embeddings = values;
  values = NULL;
cleanup:
  siam_embedder_destroy(embedder);
  siam_free(values);
  return status;
}

/// Classes as units, or where there are none the groups that pairs connect.
static siam_status find_units(const siam_dataset *dataset, uint32_t **units, uint32_t *count) {
  siam_status status = SIAM_OK;
  uint32_t images = siam_dataset_count_images(dataset);
  uint32_t *found = NULL;
  SIAM_TRY_ALLOCATE(found, images);
  *count = siam_dataset_count_classes(dataset);
  if (*count > 0)
    for (uint32_t i = 0; i < images; i++) found[i] = siam_dataset_get_image_class(dataset, i);
  else
    SIAM_TRY(siam_dataset_find_groups(dataset, false, found, count));
  *units = found;
  found = NULL;
cleanup:
  siam_free(found);
  return status;
}

siam_status siam_pair_set_measure(const siam_dataset *dataset, const siam_pairs_options *options,
                                  const float *embeddings, size_t dimensions, siam_pair_set *pairs) {
  siam_status status = SIAM_OK;
  uint32_t *units = NULL, count = 0, unit_count = 0;
  SIAM_TRY(siam_dataset_draw_pairs(dataset, options, &pairs->pictures, &count));
  SIAM_TRY(find_units(dataset, &units, &unit_count));
  SIAM_TRY_ALLOCATE(pairs->distances, count);
  SIAM_TRY_ALLOCATE(pairs->same, count);
  SIAM_TRY_ALLOCATE(pairs->unit_a, count);
  SIAM_TRY_ALLOCATE(pairs->unit_b, count);
  for (uint32_t i = 0; i < count; i++) {
    const siam_pair *pair = &pairs->pictures[i];
    const float *a = embeddings + pair->a * dimensions, *b = embeddings + pair->b * dimensions;
    pairs->distances[i] = (float)siam_distance(a, b, dimensions);
    pairs->same[i] = pair->same;
    pairs->unit_a[i] = units[pair->a];
    pairs->unit_b[i] = units[pair->b];
  }
  pairs->measured = (siam_measured_pairs){.count = count,
                                          .distances = pairs->distances,
                                          .same = pairs->same,
                                          .unit_a = pairs->unit_a,
                                          .unit_b = pairs->unit_b,
                                          .units = unit_count};
cleanup:
  siam_free(units);
  if (status != SIAM_OK) siam_pair_set_clear(pairs);
  return status;
}

void siam_pair_set_clear(siam_pair_set *pairs) {
  siam_pairs_free(pairs->pictures);
  siam_free(pairs->distances);
  siam_free(pairs->same);
  siam_free(pairs->unit_a);
  siam_free(pairs->unit_b);
  *pairs = (siam_pair_set){0};
}
