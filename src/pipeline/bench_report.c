#include "base/clock.h"
#include "base/memory.h"
#include "pipeline/bench.h"

static siam_status summarise(siam_bench *bench, siam_bench_report *report) {
  siam_bench_case *cases = bench->cases;
  for (size_t i = 0; i < bench->case_count; i++) {
    const double launch = i < SIAM_BENCH_CEILINGS ? 0 : report->launch.median;
    SIAM_RETURN_IF_FAILED(siam_bench_summarise(&cases[i], launch));
    const siam_bench_spread *seconds = &cases[i].row.seconds;
    if (i == SIAM_BENCH_CEILINGS - 1) report->launch = *seconds;
  }
  const siam_bench_spread fma = cases[0].row.seconds, copy = cases[1].row.seconds;
  const double flops = cases[0].row.flops, bytes = cases[1].row.bytes;
  report->fma = (siam_bench_spread){flops / fma.most, flops / fma.median, flops / fma.least};
  report->copy = (siam_bench_spread){bytes / copy.most, bytes / copy.median, bytes / copy.least};
  return SIAM_OK;
}

siam_status siam_bench_make_report(siam_bench *bench, siam_bench_report **report) {
  siam_status status = SIAM_OK;
  siam_bench_report *made = NULL;
  siam_bench_row *rows = NULL;
  SIAM_TRY_ALLOCATE(made, 1);
  SIAM_TRY_ALLOCATE(rows, bench->case_count);
  SIAM_TRY(summarise(bench, made));
  for (size_t i = 0; i < bench->case_count; i++) {
    rows[i] = bench->cases[i].row;
    bench->cases[i].samples = NULL;
  }
  made->device = bench->device->info;
  made->has_events = siam_timer_has_events(bench->timer);
  made->rounds = bench->round;
  made->retaken = bench->retaken;
  made->seconds = siam_seconds() - bench->begun;
  made->rows = rows;
  made->row_count = bench->case_count;
  *report = made;
  made = NULL;
  rows = NULL;
cleanup:
  siam_free(made);
  siam_free(rows);
  return status;
}

void siam_bench_report_free(siam_bench_report *report) {
  if (report == NULL) return;
  for (size_t i = 0; i < report->row_count; i++) siam_free((void *)report->rows[i].samples);
  siam_free((void *)report->rows);
  siam_free(report);
}
