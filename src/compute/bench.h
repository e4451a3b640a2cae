/// bench.h: what a device can do at most. The benchmark measures its rows against these three.
#ifndef SIAM_COMPUTE_BENCH_H
#define SIAM_COMPUTE_BENCH_H

#include "device/tape.h"

/// Chains of fused multiply-adds that stay in registers, on every compute unit.
typedef struct siam_bench_fma {
  siam_view start; ///< At least 16 floats: where the chains begin.
  siam_view out;   ///< At least siam_bench_fma_items() floats: a sum for each work-item.
  int rounds;      ///< Multiply-adds of a chain; 0: enough that starting the kernel costs little.
  float factor, offset;
} siam_bench_fma;

/// Work-items of siam_bench_fma_add(): a few for each core of a CPU, thousands for each unit of other
/// devices.
size_t siam_bench_fma_items(const siam_device *device);

/// Adds x = x · factor + offset, `rounds` times on CHAINS vectors in each work-item (cl/bench.cl). Writes the
/// floating-point operations, two for each multiply-add, to `flops`.
siam_status siam_bench_fma_add(siam_tape *tape, const siam_bench_fma *fma, double *flops);

/// Adds out = in by a kernel. Both have the same count, less than 2^31.
siam_status siam_bench_copy_add(siam_tape *tape, siam_view in, siam_view out);

/// Adds a kernel that does nothing but set out[0] to 1.
siam_status siam_bench_nothing_add(siam_tape *tape, siam_view out);

#endif
