/// apps/bench holds what siamese-bench prints: tables, JSON in Google Benchmark's form, and comparisons with
/// an older file of it.
///
/// format.h: tables of what was measured.
#ifndef SIAM_APPS_BENCH_FORMAT_H
#define SIAM_APPS_BENCH_FORMAT_H

#include <siamese/bench.h>

/// What was measured on a device.
typedef struct bench_result {
  siam_device_info device;
  siam_bench_report *report; ///< NULL where the device could not be used at all …
  char *reason;              ///< … because of this.
} bench_result;

typedef struct bench_results {
  bench_result *list;
  size_t count;
  bool all; ///< --device all: rows say which device they are of.
} bench_results;

/// The name of a row: with "@PLATFORM:DEVICE" behind it where there are several devices. One of two rotating
/// static texts.
const char *bench_row_name(const bench_results *results, const bench_result *result,
                           const siam_bench_row *row);

/// "1.23 ms" with three digits, into `text`.
void bench_format_seconds(double seconds, char *text, size_t size);

/// What the devices are, and a table of all rows: for people, or in Markdown.
void bench_print(const bench_results *results, bool markdown);

#endif
