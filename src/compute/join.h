/// join.h: the second stage of sums that are split over work-items, in a fixed order.
#ifndef SIAM_COMPUTE_JOIN_H
#define SIAM_COMPUTE_JOIN_H

#include "compute/activation.h"

/// out[r][c] = epilogue(beta · out[r][c] + Σ parts[p][r][c]) over p = 0 … count−1.
typedef struct siam_join {
  siam_view parts;
  int count, rows, columns;
  int part_step, parts_row; ///< Floats from part to part, and from row to row of a part.
  siam_view out;
  int out_row; ///< Floats from row to row of `out`.
  float beta;
  siam_epilogue epilogue; ///< Its activation is none, ReLU or leaky ReLU.
} siam_join;

siam_status siam_join_add(siam_tape *tape, const siam_join *join);

/// The slope with which leaky ReLU is the given activation: 1 for none, 0 for ReLU. Kernels apply these three
/// themselves and leave the others to siam_epilogue_add().
static inline float siam_epilogue_slope(const siam_epilogue *epilogue) {
  if (epilogue->activation == SIAM_ACTIVATION_LEAKY_RELU) return epilogue->slope;
  return epilogue->activation == SIAM_ACTIVATION_RELU ? 0.0F : 1.0F;
}
static inline bool siam_epilogue_is_linear(const siam_epilogue *epilogue) {
  return epilogue->activation <= SIAM_ACTIVATION_LEAKY_RELU;
}

#endif
