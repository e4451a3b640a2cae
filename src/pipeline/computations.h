/// computations.h: which products and convolutions an encoder needs, found by writing its tapes and listening
/// to what the doors of compute/ are asked for.
#ifndef SIAM_PIPELINE_COMPUTATIONS_H
#define SIAM_PIPELINE_COMPUTATIONS_H

#include "compute/tunable.h"

#include <siamese/model.h>

/// Each computation once. Zero value: empty; free with siam_computations_clear().
typedef struct siam_computations {
  siam_tunable *list;
  size_t count, capacity;
  siam_status status; ///< Of noting them.
} siam_computations;

/// Adds what a training step of `pairs` pairs, and embedding of `embedded` pictures at a time and of one,
/// compute. `encoder`: a built-in encoder or a description file.
siam_status siam_computations_collect(siam_device *device, const char *encoder, int pairs, uint32_t embedded,
                                      siam_computations *computations);
/// The same for a model.
siam_status siam_computations_collect_of(siam_model *model, int pairs, uint32_t embedded,
                                         siam_computations *computations);
void siam_computations_clear(siam_computations *computations);

#endif
