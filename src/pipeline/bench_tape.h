/// bench_tape.h: rows that are commands on a tape.
#ifndef SIAM_PIPELINE_BENCH_TAPE_H
#define SIAM_PIPELINE_BENCH_TAPE_H

#include "pipeline/bench.h"

/// What the state of such a row begins with.
typedef struct siam_bench_tape {
  siam_tape *tape;
} siam_bench_tape;

/// Adds the row's commands to the tape once; called for each copy.
typedef siam_status (*siam_bench_write)(siam_bench *bench, const siam_bench_case *row, siam_tape *tape);

/// How many times something of so many operations stands on its tape: small things often, so that handing a
/// tape to the device costs little against them, as in a step of many layers.
unsigned siam_bench_copies(double flops);

/// Writes and seals the tape, once row->row.flops is known.
siam_status siam_bench_write_tape(siam_bench *bench, siam_bench_case *row, siam_bench_write write);

/// The other functions of such a kind.
siam_status siam_bench_run_tape(siam_bench_case *row, uint64_t count);
void siam_bench_release_tape(void *state);

#endif
