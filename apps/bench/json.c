#include "bench/json.h"

#include "common/json.h"
#include "common/message.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static json_t *list_caches(void) {
  static const struct {
    const char *type;
    int level, size;
  } caches[] = {{"Data", 1, _SC_LEVEL1_DCACHE_SIZE},
                {"Instruction", 1, _SC_LEVEL1_ICACHE_SIZE},
                {"Unified", 2, _SC_LEVEL2_CACHE_SIZE},
                {"Unified", 3, _SC_LEVEL3_CACHE_SIZE}};
  json_t *list = json_array();
  for (size_t i = 0; i < sizeof caches / sizeof *caches; i++) {
    const long size = sysconf(caches[i].size);
    if (size <= 0) continue;
    json_array_append_new(list, json_pack("{ss si sI si}", "type", caches[i].type, "level", caches[i].level,
                                          "size", (json_int_t)size, "num_sharing", 0));
  }
  return list;
}

static json_t *describe_device(const bench_result *result) {
  const siam_device_info *device = &result->device;
  json_t *object =
      json_pack("{so so so ss ss sI sI sI}", "name", app_json_text(device->name), "platform",
                app_json_text(device->platform), "driver", app_json_text(device->driver), "type",
                device->type, "version", device->version, "compute_units", (json_int_t)device->compute_units,
                "clock_mhz", (json_int_t)device->clock_mhz, "global_bytes", (json_int_t)device->global_bytes);
  const siam_bench_report *report = result->report;
  if (report == NULL) {
    json_object_set_new(object, "error_message", app_json_text(result->reason));
    return object;
  }
  json_object_set_new(object, "fma_flops_per_second", app_json_number(report->fma.median));
  json_object_set_new(object, "copy_bytes_per_second", app_json_number(report->copy.median));
  json_object_set_new(object, "launch_seconds", app_json_number(report->launch.median));
  json_object_set_new(object, "timer", json_string(report->has_events ? "device" : "host"));
  json_object_set_new(object, "rounds", json_integer(report->rounds));
  json_object_set_new(object, "retaken", json_integer(report->retaken));
  json_object_set_new(object, "seconds", app_json_number(report->seconds));
  return object;
}

static json_t *make_context(const bench_results *results, const char *executable) {
  char date[64] = "", host[256] = "";
  const time_t now = time(NULL);
  double loads[3] = {0};
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S%z", localtime(&now));
  gethostname(host, sizeof host - 1);
  json_t *load_avg = json_array();
  for (int i = 0; i < getloadavg(loads, 3); i++) json_array_append_new(load_avg, app_json_number(loads[i]));
  json_t *devices = json_array();
  for (size_t i = 0; i < results->count; i++)
    json_array_append_new(devices, describe_device(&results->list[i]));
  return json_pack("{ss so so sI sI so so ss ss si so}", "date", date, "host_name", app_json_text(host),
                   "executable", app_json_text(executable), "num_cpus",
                   (json_int_t)sysconf(_SC_NPROCESSORS_ONLN), "mhz_per_cpu", (json_int_t)0, "caches",
                   list_caches(), "load_avg", load_avg, "library_version", SIAMESE_VERSION,
                   "library_build_type", "release", "json_schema_version", 1, "devices", devices);
}

/// What every entry of a row begins with. `aggregate` is NULL for a sample.
static json_t *begin_entry(const bench_results *results, const bench_result *result, size_t row,
                           const char *aggregate) {
  const siam_bench_row *of = &result->report->rows[row];
  const char *name = bench_row_name(results, result, of);
  json_t *entry = json_object();
  char full[sizeof of->name + 64];
  snprintf(full, sizeof full, "%s%s%s", name, aggregate != NULL ? "_" : "",
           aggregate != NULL ? aggregate : "");
  json_object_set_new(entry, "name", json_string(full));
  json_object_set_new(entry, "family_index", json_integer((json_int_t)row));
  json_object_set_new(entry, "per_family_instance_index", json_integer(0));
  json_object_set_new(entry, "run_name", json_string(name));
  json_object_set_new(entry, "run_type", json_string(aggregate != NULL ? "aggregate" : "iteration"));
  json_object_set_new(entry, "repetitions", json_integer((json_int_t)of->sample_count));
  json_object_set_new(entry, "threads", json_integer(1));
  if (aggregate == NULL) return entry;
  json_object_set_new(entry, "aggregate_name", json_string(aggregate));
  json_object_set_new(entry, "aggregate_unit", json_string("time"));
  return entry;
}

static void set_times(json_t *entry, double seconds, double cpu_seconds) {
  json_object_set_new(entry, "real_time", app_json_number(1e9 * seconds));
  json_object_set_new(entry, "cpu_time", app_json_number(1e9 * cpu_seconds));
  json_object_set_new(entry, "time_unit", json_string("ns"));
}

static void set_rate(json_t *entry, const char *name, double amount, double seconds) {
  if (amount > 0) json_object_set_new(entry, name, app_json_number(amount / seconds));
}

/// User counters of a time: rates, and shares of the ceilings beside it.
static void set_counters(json_t *entry, const siam_bench_row *row, double seconds, double fma, double copy) {
  set_rate(entry, "flops_per_second", row->flops, seconds);
  set_rate(entry, "bytes_per_second", row->bytes, seconds);
  set_rate(entry, "items_per_second", row->items, seconds);
  if (fma > 0 && row->flops > 0)
    json_object_set_new(entry, "fma_share", app_json_number(row->flops / seconds / fma));
  if (copy > 0 && row->bytes > 0)
    json_object_set_new(entry, "copy_share", app_json_number(row->bytes / seconds / copy));
  if (fma > 0) json_object_set_new(entry, "fma_ceiling", app_json_number(fma));
  if (copy > 0) json_object_set_new(entry, "copy_ceiling", app_json_number(copy));
  if (row->arena_bytes > 0) {
    json_object_set_new(entry, "arena_bytes", app_json_number(row->arena_bytes));
    json_object_set_new(entry, "separate_bytes", app_json_number(row->separate_bytes));
  }
  if (row->engine[0] != '\0') json_object_set_new(entry, "label", json_string(row->engine));
  if (row->unit[0] != '\0') json_object_set_new(entry, "unit", json_string(row->unit));
  if (row->limit != SIAM_BENCH_UNKNOWN)
    json_object_set_new(entry, "limit", json_string(siam_bench_limit_name(row->limit)));
  json_object_set_new(entry, "timer", json_string(row->by_events ? "device" : "host"));
}

static void add_samples(json_t *list, const bench_results *results, const bench_result *result, size_t row) {
  const siam_bench_row *of = &result->report->rows[row];
  for (size_t i = 0; i < of->sample_count; i++) {
    const siam_bench_sample *sample = &of->samples[i];
    json_t *entry = begin_entry(results, result, row, NULL);
    json_object_set_new(entry, "repetition_index", json_integer((json_int_t)i));
    json_object_set_new(entry, "iterations", json_integer((json_int_t)of->iterations));
    set_times(entry, sample->seconds, sample->cpu_seconds);
    set_counters(entry, of, sample->seconds, sample->fma, sample->copy);
    json_array_append_new(list, entry);
  }
}

/// Mean and standard deviation of the samples' times: [0] real, [1] processor.
static void moments(const siam_bench_row *row, double mean[2], double deviation[2]) {
  const double count = (double)row->sample_count;
  double sums[2] = {0}, squares[2] = {0};
  for (size_t i = 0; i < row->sample_count; i++) {
    sums[0] += row->samples[i].seconds;
    sums[1] += row->samples[i].cpu_seconds;
  }
  for (int k = 0; k < 2; k++) mean[k] = sums[k] / count;
  for (size_t i = 0; i < row->sample_count; i++) {
    squares[0] += pow(row->samples[i].seconds - mean[0], 2);
    squares[1] += pow(row->samples[i].cpu_seconds - mean[1], 2);
  }
  for (int k = 0; k < 2; k++) deviation[k] = count > 1 ? sqrt(squares[k] / (count - 1)) : 0;
}

static void add_aggregates(json_t *list, const bench_results *results, const bench_result *result,
                           size_t row) {
  const siam_bench_row *of = &result->report->rows[row];
  double mean[2], deviation[2];
  moments(of, mean, deviation);
  const struct {
    const char *name;
    double seconds, cpu_seconds;
    bool is_time; ///< Rates follow from it.
  } aggregates[] = {{"median", of->seconds.median, of->cpu_seconds.median, true},
                    {"mean", mean[0], mean[1], true},
                    {"stddev", deviation[0], deviation[1], false},
                    {"min", of->seconds.least, of->cpu_seconds.least, true},
                    {"max", of->seconds.most, of->cpu_seconds.most, true}};
  for (size_t i = 0; i < sizeof aggregates / sizeof *aggregates; i++) {
    json_t *entry = begin_entry(results, result, row, aggregates[i].name);
    json_object_set_new(entry, "iterations", json_integer((json_int_t)of->sample_count));
    set_times(entry, aggregates[i].seconds, aggregates[i].cpu_seconds);
    if (aggregates[i].is_time) set_counters(entry, of, aggregates[i].seconds, 0, 0);
    if (i == 0 && of->fma_share > 0) json_object_set_new(entry, "fma_share", app_json_number(of->fma_share));
    if (i == 0 && of->copy_share > 0)
      json_object_set_new(entry, "copy_share", app_json_number(of->copy_share));
    json_array_append_new(list, entry);
  }
}

/// A row without times. Newer readers look at "skipped", older ones at "error_occurred".
static json_t *describe_failure(const bench_results *results, const bench_result *result, size_t row) {
  const siam_bench_row *of = &result->report->rows[row];
  json_t *entry = begin_entry(results, result, row, NULL);
  const bool failed = of->status == SIAM_BENCH_FAILED;
  json_object_set_new(entry, failed ? "error_occurred" : "skipped", json_true());
  json_object_set_new(entry, failed ? "error_message" : "skip_message", app_json_text(of->reason));
  return entry;
}

json_t *bench_json(const bench_results *results, const char *executable) {
  json_t *list = json_array();
  for (size_t r = 0; r < results->count; r++) {
    const bench_result *result = &results->list[r];
    for (size_t row = 0; result->report != NULL && row < result->report->row_count; row++) {
      if (result->report->rows[row].status != SIAM_BENCH_MEASURED) {
        json_array_append_new(list, describe_failure(results, result, row));
        continue;
      }
      add_samples(list, results, result, row);
      add_aggregates(list, results, result, row);
    }
  }
  return json_pack("{so so}", "context", make_context(results, executable), "benchmarks", list);
}
