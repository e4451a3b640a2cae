/// compute/ does the arithmetic that takes the time: matrix products, convolutions, sums. Everything is
/// recorded on a tape (device/tape.h); several engines stand behind each door, and the door picks one for the
/// device and shape. It knows nothing of layers, parameters or networks.
///
/// activation.h: what may be applied to a product or convolution as it is written out. cl/activation.clh
/// holds the same functions for kernels.
#ifndef SIAM_COMPUTE_ACTIVATION_H
#define SIAM_COMPUTE_ACTIVATION_H

#include "device/tape.h"

/// The values are those of ACTIVATION in cl/activation.clh.
typedef enum siam_activation {
  SIAM_ACTIVATION_NONE = 0,
  SIAM_ACTIVATION_RELU = 1,       ///< max(v, 0)
  SIAM_ACTIVATION_LEAKY_RELU = 2, ///< v where v > 0, else slope × v
  SIAM_ACTIVATION_SIGMOID = 3,    ///< 1 / (1 + exp(−v))
  SIAM_ACTIVATION_TANH = 4
} siam_activation;

/// What happens to each element of a result before it is written: activation(value + bias[column]).
/// The zero value changes nothing.
typedef struct siam_epilogue {
  siam_view bias; ///< One float a column (output channel), or nothing.
  siam_activation activation;
  float slope;      ///< Of SIAM_ACTIVATION_LEAKY_RELU.
  bool pool;        ///< Then the largest of each 2 × 2 pixels is kept: only where siam_conv_can_pool().
  siam_view places; ///< With `pool`, or nothing: a byte for each element kept, which says where it was. Only
                    ///< where siam_conv_can_gate().
} siam_epilogue;

/// Whether the epilogue leaves values as they are.
static inline bool siam_epilogue_is_empty(const siam_epilogue *epilogue) {
  return !siam_view_exists(epilogue->bias) && epilogue->activation == SIAM_ACTIVATION_NONE;
}

/// Applies `epilogue` in place to a row-major matrix with `stride` floats from row to row.
siam_status siam_epilogue_add(siam_tape *tape, const siam_epilogue *epilogue, siam_view matrix, int rows,
                              int columns, int stride);

#endif
