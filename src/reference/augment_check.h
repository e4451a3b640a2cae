/// augment_check.h: holds the kernel that varies pictures to float64.
#ifndef SIAM_REFERENCE_AUGMENT_CHECK_H
#define SIAM_REFERENCE_AUGMENT_CHECK_H

#include "compute/augment.h"
#include "reference/product_check.h"

/// Varies pictures of white noise, which is hardest to interpolate (of the eight of a batch, `shape` has the
/// first and how many), and adds to `result` how far the pictures are from
/// augment_reference.h.
siam_status siam_augment_check_device(siam_device *device, const siam_augment_options *options,
                                      const siam_augment_shape *shape, siam_product_result *result);

#endif
