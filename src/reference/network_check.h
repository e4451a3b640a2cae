/// Runs a network on the device, forward and backward, and holds its output, the gradient of its input, the
/// gradients of its parameters and its running statistics to the float64 reference, within the bounds of
/// rounding.h; and holds the reference itself to finite differences.
///
/// On the way it also proves that
/// - gradients are added to what is there: the buffer is filled with numbers before;
/// - siam_run_backward() gives the same as with the gradient of the input;
/// - nothing is read or written beside x, y and their gradients, which lie at odd places between guards.
#ifndef SIAM_REFERENCE_NETWORK_CHECK_H
#define SIAM_REFERENCE_NETWORK_CHECK_H

#include "model/network.h"
#include "reference/values.h"

/// Zero value: one image, not training, spread values, finite differences.
typedef struct siam_check_options {
  int images; ///< 0: 1.
  bool training;
  uint32_t seed; ///< Of the values; dropout uses it too.
  uint32_t step; ///< Of dropout.
  unsigned branch;
  siam_check_values values; ///< Of x.
  float scale;              ///< Of x; 0: 1.
  float offset;             ///< Added to x.
  size_t nan_at;            ///< This element of x is not a number; 0: none is.
  bool keep_parameters;     ///< The network's parameters stay as they are; else they get new values.
  siam_way_back way_back;   ///< Gradients that are not asked for are neither checked nor differentiated.
  bool no_differences;      ///< The reference is not differentiated: kinks and ties are meant to be there.
} siam_check_options;

/// Largest error as a part of its bound, to see that bounds are not idly wide.
typedef struct siam_check_result {
  double output, input_gradient, parameter_gradients;
  char failure[256]; ///< The first number that is wrong; empty where all are right.
} siam_check_result;

/// Checks a network that is placed on a device.
siam_check_result siam_network_check(siam_network *network, const siam_check_options *options);

/// Gives every parameter new values: weights spread over −½ … ½, others by as much around their first value.
void siam_check_fill_parameters(siam_network *network, uint32_t seed);

#endif
