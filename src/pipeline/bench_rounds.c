#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "pipeline/bench.h"

#include <math.h>

enum { LEAST_ROUNDS = 3, MOST_RETAKES = 1 };
/// Ceilings that differ by more than this, before and after a sample, are not of one state of the machine.
static const double steady = 0.15;

/// The share of the run that is over: of the time or of the rounds, whichever will end it.
static double share_done(const siam_bench *bench, size_t place) {
  const siam_bench_options *options = &bench->options;
  double share = 0;
  if (options->minutes > 0) share = (siam_seconds() - bench->begun) / (60 * options->minutes);
  if (options->repeats > 0)
    share = fmax(share, (bench->round + (double)place / (double)bench->case_count) / options->repeats);
  return share;
}

siam_status siam_bench_tell(const siam_bench *bench, size_t place, const char *what) {
  const siam_bench_options *options = &bench->options;
  const double done = fmin(share_done(bench, place), 1);
  if (options->progress == NULL || options->progress(options->context, done, what)) return SIAM_OK;
  return siam_fail(SIAM_INTERRUPTED, "stopped while measuring %s", what);
}

static bool are_steady(double before, double after) {
  return fabs(before - after) <= steady * fmax(before, after);
}

/// One sample between two measurements of the ceilings; again where the machine changed its speed meanwhile.
static siam_status take_compared(siam_bench *bench, siam_bench_case *row, siam_bench_sample *sample) {
  for (int retakes = 0;; retakes++) {
    if (!bench->ceiling_fresh) SIAM_RETURN_IF_FAILED(siam_bench_probe(bench, false));
    const double fma = bench->fma, copy = bench->copy;
    bench->ceiling_fresh = false;
    SIAM_RETURN_IF_FAILED(siam_bench_time(bench, row, row->count, &sample->seconds, &sample->cpu_seconds));
    SIAM_RETURN_IF_FAILED(siam_bench_probe(bench, false));
    sample->fma = (fma + bench->fma) / 2;
    sample->copy = (copy + bench->copy) / 2;
    if (are_steady(fma, bench->fma) || retakes == MOST_RETAKES) return SIAM_OK;
    bench->retaken++;
  }
}

static siam_status sample_row(siam_bench *bench, siam_bench_case *row) {
  siam_bench_sample sample = {0};
  if (row->kind->compared) {
    SIAM_RETURN_IF_FAILED(take_compared(bench, row, &sample));
  } else {
    bench->ceiling_fresh = false;
    SIAM_RETURN_IF_FAILED(siam_bench_time(bench, row, row->count, &sample.seconds, &sample.cpu_seconds));
  }
  sample.seconds /= (double)row->row.iterations;
  sample.cpu_seconds /= (double)row->row.iterations;
  return siam_bench_keep_sample(row, &sample);
}

static siam_status run_round(siam_bench *bench, uint32_t *order) {
  const uint32_t rows = (uint32_t)(bench->case_count - SIAM_BENCH_CEILINGS);
  for (uint32_t i = 0; i < rows; i++) order[i] = SIAM_BENCH_CEILINGS + i;
  siam_shuffle(order, rows, 1, SIAM_STREAM_SAMPLE, bench->round);
  SIAM_RETURN_IF_FAILED(siam_bench_probe(bench, true));
  for (uint32_t i = 0; i < rows; i++) {
    siam_bench_case *row = &bench->cases[order[i]];
    if (row->row.status != SIAM_BENCH_MEASURED) continue;
    SIAM_RETURN_IF_FAILED(siam_bench_tell(bench, i, row->row.name));
    const siam_status status = sample_row(bench, row);
    if (status == SIAM_ERROR_MEMORY) return status;
    if (status != SIAM_OK) siam_bench_fail(row);
  }
  bench->round++;
  return SIAM_OK;
}

static bool is_over(const siam_bench *bench, double round_seconds) {
  const siam_bench_options *options = &bench->options;
  if (options->repeats > 0 && bench->round >= options->repeats) return true;
  if (options->minutes <= 0) return false;
  const uint32_t least = options->repeats > 0 ? 1 : LEAST_ROUNDS;
  return bench->round >= least && siam_seconds() + round_seconds / 2 - bench->begun > 60 * options->minutes;
}

siam_status siam_bench_run_rounds(siam_bench *bench) {
  siam_status status = SIAM_OK;
  uint32_t *order = NULL;
  double round_seconds = 0;
  SIAM_TRY_ALLOCATE(order, bench->case_count);
  while (!is_over(bench, round_seconds)) {
    const double begun = siam_seconds();
    SIAM_TRY(run_round(bench, order));
    round_seconds = siam_seconds() - begun;
  }
cleanup:
  siam_free(order);
  return status;
}
