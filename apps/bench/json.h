/// json.h: results in the form of Google Benchmark's JSON, so that its tools can read and compare them.
#ifndef SIAM_APPS_BENCH_JSON_H
#define SIAM_APPS_BENCH_JSON_H

#include "bench/format.h"

#include <jansson.h>

/// {"context": …, "benchmarks": […]}: for each row its samples ("run_type": "iteration") and their median,
/// mean, stddev, min and max ("aggregate"). Times are in nanoseconds; "cpu_time" is that of the whole
/// process. A row that was skipped or failed has "error_occurred" and "error_message". The caller releases
/// it.
json_t *bench_json(const bench_results *results, const char *executable);

#endif
