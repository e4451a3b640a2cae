/// measure.h: distances of pairs, from the looks at a data set's pictures.
#ifndef SIAM_PIPELINE_MEASURE_H
#define SIAM_PIPELINE_MEASURE_H

#include "data/dataset.h"
#include "pipeline/looks.h"
#include "pipeline/verification.h"

/// Pairs with their distances. Zero value: none.
typedef struct siam_pair_set {
  siam_measured_pairs measured;
  siam_pair *pictures;
  float *distances;
  uint8_t *same;
  uint32_t *unit_a, *unit_b;
} siam_pair_set;

/// Chooses pairs (siam_dataset_draw_pairs()) and measures them. Their units are classes; in a set without
/// classes, the groups of pictures that pairs connect.
siam_status siam_pair_set_measure(const siam_dataset *dataset, const siam_pairs_options *options,
                                  const siam_looks *looks, siam_telling *telling, siam_pair_set *pairs);
void siam_pair_set_clear(siam_pair_set *pairs);

#endif
