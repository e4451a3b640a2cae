/// gemm.h: the one door for matrix products. Three engines stand behind it: CLBlast, a register-tile kernel
/// for CPU-type devices (cl/gemm_tile.cl), and one with tiles in local memory for GPU-type ones
/// (cl/gemm_local.cl).
#ifndef SIAM_COMPUTE_GEMM_H
#define SIAM_COMPUTE_GEMM_H

#include "compute/activation.h"

/// C = epilogue(op(A) op(B) + beta C) on row-major matrices: op(A) is m × k, op(B) is k × n, C is m × n.
/// C shares no element with A or B.
typedef struct siam_gemm {
  bool transpose_a; ///< op(A) = Aᵀ: A lies as k × m.
  bool transpose_b; ///< op(B) = Bᵀ: B lies as n × k.
  int m, n, k;      ///< At least 1.
  float beta;       ///< 0: C need not hold numbers before.
  siam_view a, b, c;
  int lda, ldb, ldc; ///< Floats from row to row as the matrix lies; 0: rows without gaps.
  siam_epilogue epilogue;
} siam_gemm;

/// Adds the product to the tape. The engine is what siamese-tune found for this shape; without, CLBlast on
/// GPU-type devices and the tile kernel on CPU-type ones. SIAMESE_GEMM=clblast|tile|local|auto in the
/// environment forces one, and is read whenever a product is added. Its name is noted on the tape
/// (siam_tape_engine()). SIAM_ERROR_ARGUMENT when sizes are not positive, a leading dimension is less than a
/// row, a view is too short, or SIAMESE_GEMM has another value. The order of summation depends on the device
/// and the shape alone, so results repeat bit for bit.
siam_status siam_gemm_add(siam_tape *tape, const siam_gemm *gemm);

#endif
