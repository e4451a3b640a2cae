/// Rounding of layers that bring values to a common scale: batch and layer normalisation, length 1.
#ifndef SIAM_REFERENCE_ROUNDING_NORM_H
#define SIAM_REFERENCE_ROUNDING_NORM_H

#include "reference/rounding.h"

// As siam_rounding_forward() and siam_rounding_backward(), for a layer of this type.
void siam_rounding_batch_norm_forward(const siam_rounding *r);
void siam_rounding_batch_norm_backward(const siam_rounding *r);
void siam_rounding_l2_normalize_forward(const siam_rounding *r);
void siam_rounding_l2_normalize_backward(const siam_rounding *r);
void siam_rounding_layer_norm_forward(const siam_rounding *r);
void siam_rounding_layer_norm_backward(const siam_rounding *r);

#endif
