#include "bench/format.h"

#include "common/message.h"
#include "common/table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *bench_row_name(const bench_results *results, const bench_result *result,
                           const siam_bench_row *row) {
  static char names[2][sizeof row->name + 32];
  static unsigned turn;
  char *name = names[turn++ % 2];
  if (results->all)
    snprintf(name, sizeof names[0], "%s@%u:%u", row->name, result->device.platform_index,
             result->device.device_index);
  else
    snprintf(name, sizeof names[0], "%s", row->name);
  return name;
}

/// Three digits, whatever the size.
static void three_digits(double number, const char *unit, char *text, size_t size) {
  const int places = number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;
  snprintf(text, size, "%.*f%s", places, number, unit);
}

void bench_format_seconds(double seconds, char *text, size_t size) {
  static const struct {
    double factor;
    const char *unit;
  } units[] = {{1, " s"}, {1e3, " ms"}, {1e6, " µs"}, {1e9, " ns"}};
  size_t u = 0;
  while (u < 3 && seconds * units[u].factor < 0.9995) u++;
  three_digits(seconds * units[u].factor, units[u].unit, text, size);
}

static void add_seconds(app_table *table, double seconds) {
  char text[32];
  bench_format_seconds(seconds, text, sizeof text);
  app_table_add(table, "%s", text);
}

/// A number with three digits, or nothing for 0.
static void add_number(app_table *table, double number) {
  char text[32] = "";
  if (number > 0) three_digits(number, "", text, sizeof text);
  app_table_add(table, "%s", text);
}

static void add_share(app_table *table, double share) {
  if (share > 0)
    app_table_add(table, "%.0f", 100 * share);
  else
    app_table_add(table, "%s", "");
}

static void add_per_second(app_table *table, const siam_bench_row *row) {
  char text[32] = "";
  if (row->items > 0) three_digits(row->items / row->seconds.median, " ", text, sizeof text);
  app_table_add(table, "%s%s", text, row->items > 0 ? row->unit : "");
}

static void add_row(app_table *table, const bench_results *results, const bench_result *result,
                    const siam_bench_row *row) {
  app_table_add(table, "%s", bench_row_name(results, result, row));
  if (row->status != SIAM_BENCH_MEASURED) {
    app_table_add(table, "%s", row->status == SIAM_BENCH_SKIPPED ? "skipped" : "failed");
    for (int i = 0; i < 9; i++) app_table_add(table, "%s", "");
    return;
  }
  add_seconds(table, row->seconds.median);
  add_seconds(table, row->seconds.least);
  add_seconds(table, row->seconds.most);
  add_number(table, row->flops_rate * 1e-9);
  add_share(table, row->fma_share);
  add_number(table, row->bytes_rate * 1e-9);
  add_share(table, row->copy_share);
  app_table_add(table, "%s", siam_bench_limit_name(row->limit));
  app_table_add(table, "%s", row->engine);
  add_per_second(table, row);
}

static size_t count_rows(const bench_result *result) {
  return result->report != NULL ? result->report->row_count : 0;
}

static void print_table(const bench_results *results, bool markdown) {
  static const app_column columns[] = {{"row", false},    {"median", true},  {"least", true},
                                       {"most", true},    {"GFLOP/s", true}, {"% FMA", true},
                                       {"GB/s", true},    {"% copy", true},  {"limit", false},
                                       {"engine", false}, {"a second", true}};
  app_table *table = app_table_create(columns, sizeof columns / sizeof columns[0]);
  for (size_t r = 0; r < results->count; r++)
    for (size_t i = 0; i < count_rows(&results->list[r]); i++)
      add_row(table, results, &results->list[r], &results->list[r].report->rows[i]);
  if (markdown)
    app_table_print_markdown(table, stdout);
  else
    app_table_print(table, stdout);
  app_table_destroy(table);
}

/// Begins a line: of a list in Markdown.
static void begin_line(bool markdown, const char *subject) {
  if (markdown)
    printf("- %s: ", subject);
  else
    printf("%-9s ", subject);
}

/// "FMA 508 GFLOP/s (499 to 515)"
static void print_ceiling(const char *name, const siam_bench_spread *rate, const char *unit) {
  char median[32], least[32], most[32];
  three_digits(rate->median * 1e-9, "", median, sizeof median);
  three_digits(rate->least * 1e-9, "", least, sizeof least);
  three_digits(rate->most * 1e-9, "", most, sizeof most);
  printf("%s %s %s (%s to %s), ", name, median, unit, least, most);
}

static void print_ceilings(const siam_bench_report *report, bool markdown) {
  char launch[32], launch_most[32], retaken[32] = "";
  bench_format_seconds(report->launch.median, launch, sizeof launch);
  bench_format_seconds(report->launch.most, launch_most, sizeof launch_most);
  begin_line(markdown, "ceilings");
  print_ceiling("FMA", &report->fma, "GFLOP/s");
  print_ceiling("copy", &report->copy, "GB/s");
  printf("kernel %s (to %s)\n", launch, launch_most);
  begin_line(markdown, "run");
  if (report->retaken > 0) snprintf(retaken, sizeof retaken, ", %u samples retaken", report->retaken);
  printf("%u round%s in %.0f s%s; %s\n", report->rounds, report->rounds == 1 ? "" : "s", report->seconds,
         retaken,
         report->has_events ? "single kernels timed by the device's clock, the rest by the host's"
                            : "timed by the host's clock");
}

static void print_device(const bench_result *result, bool markdown) {
  const siam_device_info *device = &result->device;
  begin_line(markdown, "device");
  printf("%u:%u %s, %s %s, %s, %u units\n", device->platform_index, device->device_index,
         app_show(device->name), app_show(device->platform), app_show(device->driver), device->type,
         device->compute_units);
  if (result->report != NULL) return print_ceilings(result->report, markdown);
  begin_line(markdown, "failed");
  puts(app_show(result->reason));
}

static void print_reasons(const bench_results *results, bool markdown) {
  bool first = true;
  for (size_t r = 0; r < results->count; r++)
    for (size_t i = 0; i < count_rows(&results->list[r]); i++) {
      const siam_bench_row *row = &results->list[r].report->rows[i];
      if (row->status == SIAM_BENCH_MEASURED) continue;
      printf("%s%s%s: %s\n", first ? "\n" : "", markdown ? "- " : "",
             app_show(bench_row_name(results, &results->list[r], row)), app_show(row->reason));
      first = false;
    }
}

/// What the tensors of a row share, where that was counted.
static void print_memory(const bench_results *results, bool markdown) {
  bool first = true;
  for (size_t r = 0; r < results->count; r++)
    for (size_t i = 0; i < count_rows(&results->list[r]); i++) {
      const siam_bench_row *row = &results->list[r].report->rows[i];
      if (row->status != SIAM_BENCH_MEASURED || row->arena_bytes == 0) continue;
      printf("%s%s%s: activations and gradients take %.1f MiB in one arena, %.1f MiB side by side\n",
             first ? "\n" : "", markdown ? "- " : "",
             app_show(bench_row_name(results, &results->list[r], row)), row->arena_bytes / 1048576,
             row->separate_bytes / 1048576);
      first = false;
    }
}

void bench_print(const bench_results *results, bool markdown) {
  char date[64] = "";
  const time_t now = time(NULL);
  strftime(date, sizeof date, "%Y-%m-%d", localtime(&now));
  begin_line(markdown, "date");
  printf("%s, Siamese %s\n", date, SIAMESE_VERSION);
  for (size_t r = 0; r < results->count; r++) print_device(&results->list[r], markdown);
  putchar('\n');
  print_table(results, markdown);
  print_memory(results, markdown);
  print_reasons(results, markdown);
}
