/// What the bounds of all layers use.
#ifndef SIAM_REFERENCE_ROUNDING_PARTS_H
#define SIAM_REFERENCE_ROUNDING_PARTS_H

#include "reference/rounding.h"

/// u of rounding.h, and the smallest number that does not count as 0.
static const double unit = 0x1p-24, smallest = 0x1p-126;

static inline size_t input_count(const siam_rounding *r) {
  return (size_t)r->reference->images * siam_shape_count(r->reference->layer->in);
}

#endif
