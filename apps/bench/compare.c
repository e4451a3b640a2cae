#include "bench/compare.h"

#include "bench/json.h"
#include "common/json.h"
#include "common/message.h"
#include "common/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Of all rows together, chance calls a difference where there is none with at most this probability.
static const double error_probability = 0.05;
/// Differences of the medians below this are none: separate runs of one program differ so much by where its
/// memory happens to lie.
static const double least_difference = 0.05;

struct bench_baseline {
  char *path;
  json_t *file;
};

bench_baseline *bench_baseline_read(const char *path) {
  json_error_t error;
  json_t *file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
  if (file == NULL) {
    app_fail("%s: %s%s; give a file that siamese-bench --json wrote", path, error.text,
             error.line > 0 ? ", so it is no JSON" : "");
    return NULL;
  }
  if (!json_is_array(json_object_get(file, "benchmarks"))) {
    app_fail("%s: holds no \"benchmarks\"; give a file that siamese-bench --json wrote", path);
    json_decref(file);
    return NULL;
  }
  bench_baseline *baseline = app_allocate(1, sizeof *baseline);
  baseline->path = strdup(path);
  baseline->file = file;
  return baseline;
}

void bench_baseline_free(bench_baseline *baseline) {
  if (baseline == NULL) return;
  json_decref(baseline->file);
  free(baseline->path);
  free(baseline);
}

/// Times of a row; at the ceiling beside each where all have one.
typedef struct series {
  double *seconds, *ceilings;
  size_t count;
} series;

static series series_create(size_t most) {
  return (series){.seconds = app_allocate(most, sizeof(double)),
                  .ceilings = app_allocate(most, sizeof(double))};
}

static void series_release(series *of) {
  free(of->seconds);
  free(of->ceilings);
}

static bool has_text(const json_t *entry, const char *key, const char *text) {
  const char *value = json_string_value(json_object_get(entry, key));
  return value != NULL && strcmp(value, text) == 0;
}

static double number_of(const json_t *entry, const char *key) {
  return json_number_value(json_object_get(entry, key));
}

/// Seconds of a sample in the file; 0 for every other entry.
static double seconds_of(const json_t *entry) {
  static const struct {
    const char *name;
    double seconds;
  } units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}};
  if (!has_text(entry, "run_type", "iteration")) return 0;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (has_text(entry, "time_unit", units[i].name))
      return fmax(0, number_of(entry, "real_time") * units[i].seconds);
  return 0;
}

static series read_before(const bench_baseline *baseline, const char *name, bool by_copy) {
  const json_t *list = json_object_get(baseline->file, "benchmarks");
  series before = series_create(json_array_size(list));
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *entry = json_array_get(list, i);
    const double seconds = seconds_of(entry);
    if (seconds == 0 || !has_text(entry, "run_name", name)) continue;
    before.ceilings[before.count] = number_of(entry, by_copy ? "copy_ceiling" : "fma_ceiling");
    before.seconds[before.count++] = seconds;
  }
  return before;
}

static series read_after(const siam_bench_row *row, bool by_copy) {
  series after = series_create(row->sample_count);
  for (; after.count < row->sample_count; after.count++) {
    const siam_bench_sample *sample = &row->samples[after.count];
    after.seconds[after.count] = sample->seconds;
    after.ceilings[after.count] = by_copy ? sample->copy : sample->fma;
  }
  return after;
}

static bool has_ceilings(const series *of) {
  for (size_t i = 0; i < of->count; i++)
    if (!(of->ceilings[i] > 0)) return false;
  return true;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(const series *of) {
  double *sorted = app_allocate(of->count, sizeof *sorted);
  memcpy(sorted, of->seconds, of->count * sizeof *sorted);
  qsort(sorted, of->count, sizeof *sorted, ascending);
  const double middle = (sorted[(of->count - 1) / 2] + sorted[of->count / 2]) / 2;
  free(sorted);
  return middle;
}

/// A row that both have.
typedef struct common_row {
  bench_change change;
  series before, after;
} common_row;

static void take_ceilings(common_row *row) {
  row->change.by_ceiling = has_ceilings(&row->before) && has_ceilings(&row->after);
  if (!row->change.by_ceiling) return;
  for (size_t i = 0; i < row->before.count; i++) row->before.seconds[i] *= row->before.ceilings[i];
  for (size_t i = 0; i < row->after.count; i++) row->after.seconds[i] *= row->after.ceilings[i];
}

static size_t rows_of(const bench_result *result) {
  return result->report != NULL ? result->report->row_count : 0;
}

static bool is_comparable(const siam_bench_row *row) {
  return row->status == SIAM_BENCH_MEASURED && row->sample_count > 0 &&
         strncmp(row->name, "ceiling/", strlen("ceiling/")) != 0;
}

/// Fills `row` where the file has it too.
static bool find_common(const bench_baseline *baseline, const char *name, const siam_bench_row *measured,
                        common_row *row) {
  const bool by_copy = measured->limit == SIAM_BENCH_MEMORY;
  *row = (common_row){.before = read_before(baseline, name, by_copy)};
  if (row->before.count == 0) {
    series_release(&row->before);
    return false;
  }
  row->after = read_after(measured, by_copy);
  snprintf(row->change.name, sizeof row->change.name, "%s", name);
  row->change.before = median(&row->before);
  row->change.after = median(&row->after);
  take_ceilings(row);
  return true;
}

static size_t find_all(const bench_results *results, const bench_baseline *baseline, common_row *rows,
                       bench_comparison *comparison) {
  size_t count = 0;
  for (size_t r = 0; r < results->count; r++)
    for (size_t i = 0; i < rows_of(&results->list[r]); i++) {
      const siam_bench_row *measured = &results->list[r].report->rows[i];
      if (!is_comparable(measured)) continue;
      const char *name = bench_row_name(results, &results->list[r], measured);
      if (find_common(baseline, name, measured, &rows[count]))
        count++;
      else
        comparison->only_after++;
    }
  return count;
}

/// How many rows the file measured; their samples lie together.
static size_t count_rows_before(const bench_baseline *baseline) {
  const json_t *list = json_object_get(baseline->file, "benchmarks");
  const char *last = "";
  size_t count = 0;
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *entry = json_array_get(list, i);
    const char *name = json_string_value(json_object_get(entry, "run_name"));
    if (name == NULL || seconds_of(entry) == 0 || strcmp(name, last) == 0) continue;
    last = name;
    count += strncmp(name, "ceiling/", strlen("ceiling/")) != 0;
  }
  return count;
}

/// The rows share the error probability (Dunn 1961), so that many rows make no more false alarms than one.
static void judge(common_row *row, size_t rows, bench_comparison *comparison) {
  siam_bench_difference *difference = &row->change.difference;
  if (siam_bench_judge(row->before.seconds, row->before.count, row->after.seconds, row->after.count,
                       error_probability / (double)rows, least_difference, difference) != SIAM_OK)
    exit(app_fail_library());
  comparison->slower += difference->verdict == SIAM_BENCH_SLOWER;
  comparison->faster += difference->verdict == SIAM_BENCH_FASTER;
  comparison->too_few += difference->verdict == SIAM_BENCH_TOO_FEW;
}

bool bench_compare(const bench_results *results, const bench_baseline *baseline,
                   bench_comparison *comparison) {
  size_t most = 0;
  for (size_t r = 0; r < results->count; r++) most += rows_of(&results->list[r]);
  common_row *rows = app_allocate(most, sizeof *rows);
  *comparison = (bench_comparison){.changes = app_allocate(most, sizeof(bench_change))};
  comparison->count = find_all(results, baseline, rows, comparison);
  for (size_t i = 0; i < comparison->count; i++) {
    judge(&rows[i], comparison->count, comparison);
    comparison->changes[i] = rows[i].change;
    series_release(&rows[i].before);
    series_release(&rows[i].after);
  }
  free(rows);
  const size_t before = count_rows_before(baseline);
  comparison->only_before = before > comparison->count ? before - comparison->count : 0;
  if (comparison->count > 0) return true;
  app_fail(
      "%s: has no row that was measured now; measure the same things with the same --encoder and --batch",
      baseline->path);
  bench_comparison_clear(comparison);
  return false;
}

void bench_comparison_clear(bench_comparison *comparison) {
  free(comparison->changes);
  *comparison = (bench_comparison){0};
}

static const char *verdict_name(siam_bench_verdict verdict) {
  switch (verdict) {
  case SIAM_BENCH_FASTER:
    return "faster";
  case SIAM_BENCH_SLOWER:
    return "slower";
  case SIAM_BENCH_TOO_FEW:
    return "too few samples";
  case SIAM_BENCH_SAME:
    break;
  }
  return "no difference beyond the spread";
}

void bench_print_comparison(const bench_comparison *comparison, const bench_baseline *baseline,
                            bool markdown) {
  static const app_column columns[] = {{"row", false},       {"before", true}, {"now", true},
                                       {"time ratio", true}, {"p", true},      {"verdict", false}};
  app_table *table = app_table_create(columns, sizeof columns / sizeof columns[0]);
  for (size_t i = 0; i < comparison->count; i++) {
    const bench_change *change = &comparison->changes[i];
    char before[32], after[32];
    bench_format_seconds(change->before, before, sizeof before);
    bench_format_seconds(change->after, after, sizeof after);
    app_table_add(table, "%s", change->name);
    app_table_add(table, "%s", before);
    app_table_add(table, "%s", after);
    app_table_add(table, "%.2f%s", change->difference.ratio, change->by_ceiling ? "*" : " ");
    app_table_add(table, "%.1g", change->difference.probability);
    app_table_add(table, "%s", verdict_name(change->difference.verdict));
  }
  printf("\n%sCompared with %s\n\n", markdown ? "## " : "", app_show(baseline->path));
  if (markdown)
    app_table_print_markdown(table, stdout);
  else
    app_table_print(table, stdout);
  app_table_destroy(table);
  printf("\n%zu slower, %zu faster of %zu rows; %zu only before, %zu only now. * of times at the ceilings "
         "beside them.\n",
         comparison->slower, comparison->faster, comparison->count, comparison->only_before,
         comparison->only_after);
  if (comparison->too_few > 0)
    printf("%zu rows have too few samples to tell anything from chance: use more --repeats.\n",
           comparison->too_few);
}

json_t *bench_comparison_json(const bench_comparison *comparison) {
  json_t *list = json_array();
  for (size_t i = 0; i < comparison->count; i++) {
    const bench_change *change = &comparison->changes[i];
    json_array_append_new(
        list, json_pack("{ss so so so so sb ss}", "name", change->name, "before_seconds",
                        app_json_number(change->before), "after_seconds", app_json_number(change->after),
                        "time_ratio", app_json_number(change->difference.ratio), "probability",
                        app_json_number(change->difference.probability), "by_ceiling", change->by_ceiling,
                        "verdict", verdict_name(change->difference.verdict)));
  }
  return list;
}
