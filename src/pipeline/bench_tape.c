#include "pipeline/bench_tape.h"

#include "base/memory.h"

#include <math.h>

unsigned siam_bench_copies(double flops) {
  enum { MOST = 32 };
  const double worth = 5e7;
  return (unsigned)fmin(fmax(worth / fmax(flops, 1), 1), MOST);
}

siam_status siam_bench_write_tape(siam_bench *bench, siam_bench_case *row, siam_bench_write write) {
  siam_bench_tape *own = row->state;
  const unsigned copies = siam_bench_copies(row->row.flops);
  SIAM_RETURN_IF_FAILED(siam_tape_create(bench->device, &own->tape));
  for (unsigned i = 0; i < copies; i++) SIAM_RETURN_IF_FAILED(write(bench, row, own->tape));
  SIAM_RETURN_IF_FAILED(siam_tape_seal(own->tape));
  row->runs_each = copies;
  siam_bench_describe(row, own->tape, copies);
  return SIAM_OK;
}

siam_status siam_bench_run_tape(siam_bench_case *row, uint64_t count) {
  const siam_bench_tape *own = row->state;
  for (uint64_t i = 0; i < count; i++) SIAM_RETURN_IF_FAILED(siam_tape_run(own->tape));
  return SIAM_OK;
}

void siam_bench_release_tape(void *state) {
  siam_bench_tape *own = state;
  siam_tape_destroy(own->tape);
  siam_free(own);
}
