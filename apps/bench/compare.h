/// compare.h: results beside those of an older file.
#ifndef SIAM_APPS_BENCH_COMPARE_H
#define SIAM_APPS_BENCH_COMPARE_H

#include "bench/format.h"

#include <jansson.h>

/// What an older file says. Opaque.
typedef struct bench_baseline bench_baseline;

/// Reads a file that siamese-bench --json wrote. NULL after a message; release with bench_baseline_free().
bench_baseline *bench_baseline_read(const char *path);
void bench_baseline_free(bench_baseline *baseline);

/// A row that both have. Where it is work of the device, the samples of either side are times at the ceiling
/// that was measured beside each, so that a machine that changes its speed does not count.
typedef struct bench_change {
  char name[128];
  double before, after; ///< Median seconds, as they were measured.
  bool by_ceiling;      ///< `difference` is one of times at the ceilings.
  siam_bench_difference difference;
} bench_change;

typedef struct bench_comparison {
  bench_change *changes;
  size_t count;
  size_t slower, faster, too_few;
  size_t only_before, only_after; ///< Rows that one side has alone, or did not measure.
} bench_comparison;

/// Compares all but the ceilings themselves; false after a message: no row is in both. Release with
/// bench_comparison_clear().
bool bench_compare(const bench_results *results, const bench_baseline *baseline,
                   bench_comparison *comparison);
void bench_comparison_clear(bench_comparison *comparison);

void bench_print_comparison(const bench_comparison *comparison, const bench_baseline *baseline,
                            bool markdown);
json_t *bench_comparison_json(const bench_comparison *comparison);

#endif
