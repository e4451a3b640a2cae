// Matrix products: squares, and those of the encoders' linear layers in all three passes.
#include "base/memory.h"
#include "compute/gemm.h"
#include "pipeline/bench_tape.h"

#include <string.h>

typedef struct gemm_row {
  siam_bench_tape tape;
  siam_gemm gemm; ///< Its views are set when preparing.
} gemm_row;

static size_t product(int a, int b) {
  return (size_t)a * (size_t)b;
}

static siam_status write(siam_bench *bench, const siam_bench_case *row, siam_tape *tape) {
  siam_gemm gemm = ((const gemm_row *)row->state)->gemm;
  SIAM_RETURN_IF_FAILED(siam_bench_take(bench, SIAM_BENCH_A, product(gemm.m, gemm.k), &gemm.a));
  SIAM_RETURN_IF_FAILED(siam_bench_take(bench, SIAM_BENCH_B, product(gemm.k, gemm.n), &gemm.b));
  SIAM_RETURN_IF_FAILED(siam_bench_take(bench, SIAM_BENCH_OUT, product(gemm.m, gemm.n), &gemm.c));
  return siam_gemm_add(tape, &gemm);
}

static siam_status prepare(siam_bench *bench, siam_bench_case *row) {
  const siam_gemm *gemm = &((const gemm_row *)row->state)->gemm;
  const double m = gemm->m, n = gemm->n, k = gemm->k;
  row->row.flops = 2 * m * n * k;
  row->row.bytes = sizeof(float) * (m * k + k * n + (gemm->beta != 0 ? 2 : 1) * m * n);
  return siam_bench_write_tape(bench, row, write);
}

static const siam_bench_kind gemm_kind = {.device_clock = true,
                                          .compared = true,
                                          .prepare = prepare,
                                          .run = siam_bench_run_tape,
                                          .release = siam_bench_release_tape};

static siam_status add(siam_bench *bench, const siam_gemm *gemm) {
  gemm_row *own = siam_allocate(1, sizeof *own);
  if (own == NULL) return SIAM_ERROR_MEMORY;
  own->gemm = *gemm;
  siam_bench_reserve(bench, SIAM_BENCH_A, product(gemm->m, gemm->k));
  siam_bench_reserve(bench, SIAM_BENCH_B, product(gemm->k, gemm->n));
  siam_bench_reserve(bench, SIAM_BENCH_OUT, product(gemm->m, gemm->n));
  return siam_bench_add(bench, &gemm_kind, own, "gemm/%c%c/%dx%dx%d", gemm->transpose_a ? 't' : 'n',
                        gemm->transpose_b ? 't' : 'n', gemm->m, gemm->n, gemm->k);
}

/// y = x W, dW += xᵀ dy, dx = dy Wᵀ.
static siam_status add_layer(siam_bench *bench, int images, int in, int out) {
  SIAM_RETURN_IF_FAILED(add(bench, &(siam_gemm){.m = images, .n = out, .k = in}));
  SIAM_RETURN_IF_FAILED(
      add(bench, &(siam_gemm){.transpose_a = true, .m = in, .n = out, .k = images, .beta = 1}));
  return add(bench, &(siam_gemm){.transpose_b = true, .m = images, .n = in, .k = out});
}

siam_status siam_bench_plan_gemm(siam_bench *bench) {
  for (int side = 256; side <= 2048; side *= 2)
    SIAM_RETURN_IF_FAILED(add(bench, &(siam_gemm){.m = side, .n = side, .k = side}));
  for (size_t e = 0; e < bench->encoder_count; e++) {
    const siam_network *network = bench->encoders[e].network;
    for (size_t i = 0; i < network->count; i++) {
      const siam_layer *layer = &network->layers[i];
      if (strcmp(layer->type->name, "linear") != 0) continue;
      SIAM_RETURN_IF_FAILED(
          add_layer(bench, 2 * bench->options.batch, layer->in.channels, layer->out.channels));
    }
  }
  return SIAM_OK;
}
