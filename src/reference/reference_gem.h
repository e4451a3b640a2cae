/// Generalised-mean pooling in float64, and how far float32 may stray from it: rows of the tables of
/// reference.c and rounding.c.
#ifndef SIAM_REFERENCE_REFERENCE_GEM_H
#define SIAM_REFERENCE_REFERENCE_GEM_H

#include "reference/rounding.h"

void siam_reference_gem_forward(const siam_reference *reference);
void siam_reference_gem_backward(const siam_reference *reference);
void siam_rounding_gem_forward(const siam_rounding *rounding);
void siam_rounding_gem_backward(const siam_rounding *rounding);

#endif
