#include "pipeline/measure.h"

#include "base/memory.h"
#include "data/parallel.h"

#include <math.h>

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

/// Pairs whose distances are to be filled in.
typedef struct measuring {
  const siam_looks *looks;
  siam_pair_set *pairs;
} measuring;

static siam_status measure_some(void *context, uint32_t first, uint32_t count) {
  const measuring *of = context;
  for (uint32_t i = first; i < first + count; i++) {
    const siam_pair *pair = &of->pairs->pictures[i];
    siam_views_match match;
    SIAM_RETURN_IF_FAILED(siam_looks_compare(of->looks, pair->a, of->looks, pair->b, INFINITY, &match));
    of->pairs->distances[i] = (float)match.distance;
  }
  return SIAM_OK;
}

siam_status siam_pair_set_measure(const siam_dataset *dataset, const siam_pairs_options *options,
                                  const siam_looks *looks, siam_telling *telling, siam_pair_set *pairs) {
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
  SIAM_TRY(siam_parallel_run(&(siam_parallel){.count = count,
                                              .several = measure_some,
                                              .together = 256,
                                              .context = &(measuring){looks, pairs},
                                              .progress = siam_tell,
                                              .progress_context = telling}));
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
