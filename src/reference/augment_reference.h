/// Augmentation of one picture in plain C and float64: the specification of cl/augment.cl.
#ifndef SIAM_REFERENCE_AUGMENT_REFERENCE_H
#define SIAM_REFERENCE_AUGMENT_REFERENCE_H

#include "compute/augment.h"

/// What becomes of `picture` [H,W,C] at `position` of the batch: writes y [H,W,C]. Returns the most by which
/// float32 arithmetic on a device may differ, derived in the source from the rounding of each operation.
double siam_augment_reference(const siam_augment_options *options, const siam_augment_shape *shape,
                              uint64_t seed, uint32_t step, uint32_t position, const uint8_t *picture,
                              double *y);

#endif
