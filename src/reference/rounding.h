/// How far float32 may stray from the float64 reference: for each layer a bound of the error of what it
/// writes, given bounds of the errors of what it reads. So every tolerance of the gradient checks is derived,
/// and bounds of a network follow layer by layer.
///
/// The model (Higham 2002, "Accuracy and Stability of Numerical Algorithms", chapters 2 and 3), with
/// u = 2^−24: each float32 operation is off by at most u of its result, and a sum of n products, in any order
/// and with or without fused operations, by at most γ(n) = n·u/(1 − n·u) of the sum of their magnitudes.
/// Division, roots and elementary functions have the errors that OpenCL allows them (section 7.4), where
/// 1 ulp ≤ 2u. Numbers below 2^−126 may count as 0.
#ifndef SIAM_REFERENCE_ROUNDING_H
#define SIAM_REFERENCE_ROUNDING_H

#include "reference/reference.h"

typedef struct siam_rounding {
  siam_device *device;             ///< Whose engines say whose rounding.
  const siam_reference *reference; ///< After its forward pass (and backward pass, for the backward bounds).
  const double *x_error;           ///< Bounds for x, 0 where it is exact.
  const double *other_error;       ///< The same for the second input of a type that joins two.
  double *y_error;
  const double *dy_error;
  double *dx_error;
  double *gradient_error[SIAM_SLOTS_MAX]; ///< Added to.
  bool forward_only;      ///< The device knew that nobody goes back: weights stayed, pooling may be absorbed.
  double prior;           ///< Largest magnitude the gradients had before this pass added to them.
  double *state_error[2]; ///< Of batch normalisation's running mean and variance.
} siam_rounding;

/// γ(n): relative error of a sum of n products.
double siam_rounding_of_sum(double terms);

/// Writes y_error, and state_error where the layer has running statistics and moves them.
void siam_rounding_forward(const siam_rounding *rounding);

/// Writes dx_error and adds to gradient_error.
void siam_rounding_backward(const siam_rounding *rounding);

#endif
