/// gemm_engines.h: the engines behind compute/gemm.h. Each takes a checked product whose leading dimensions
/// are filled in.
#ifndef SIAM_COMPUTE_GEMM_ENGINES_H
#define SIAM_COMPUTE_GEMM_ENGINES_H

#include "compute/gemm.h"

/// The register-tile kernel, for devices of CPU form.
siam_status siam_gemm_tile_add(siam_tape *tape, const siam_gemm *gemm);

/// CLBlast's Sgemm, any device.
siam_status siam_gemm_clblast_add(siam_tape *tape, const siam_gemm *gemm);

#endif
