#include "pipeline/measure.h"

#include "base/memory.h"

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
                                  const siam_looks *looks, siam_pair_set *pairs) {
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
    const float *a = siam_looks_of(looks, pair->a), *b = siam_looks_of(looks, pair->b);
    pairs->distances[i] = (float)siam_views_compare(looks->views, a, b, looks->dimensions).distance;
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
