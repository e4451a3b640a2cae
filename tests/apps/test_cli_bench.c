#include "cli.h"
#include "pictures.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/// Few pictures and a small encoder, so that no row takes long.
#define BENCH "siamese-bench --encoder tiny.txt --batch 1 "

static void begin(void) {
  siam_cli_begin(false);
}
TestSuite(cli_bench, .init = begin, .fini = siam_cli_end, .timeout = 300);

static const char *text_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text != NULL ? text : "";
}

static double number_of(const json_t *object, const char *key) {
  return json_number_value(json_object_get(object, key));
}

/// The first entry of that name and kind ("iteration", or an aggregate's name); fails the test without one.
static json_t *find(const json_t *report, const char *run_name, const char *kind) {
  const json_t *list = json_object_get(report, "benchmarks");
  for (size_t i = 0; i < json_array_size(list); i++) {
    json_t *entry = json_array_get(list, i);
    const char *own =
        strcmp(text_of(entry, "run_type"), "aggregate") == 0 ? text_of(entry, "aggregate_name") : "iteration";
    if (strcmp(text_of(entry, "run_name"), run_name) == 0 && strcmp(own, kind) == 0) return entry;
  }
  cr_assert_fail("there is no %s of %s", kind, run_name);
  return NULL;
}

static json_t *run_json(const char *line) {
  return siam_cli_json(0, line, "context benchmarks");
}

Test(cli_bench, json_has_the_form_of_google_benchmark) {
  json_t *report = run_json(BENCH "conv --repeats 2");
  const json_t *context = json_object_get(report, "context"), *list = json_object_get(report, "benchmarks");
  static const char *const context_keys[] = {
      "date",   "host_name", "executable",      "num_cpus",           "mhz_per_cpu",
      "caches", "load_avg",  "library_version", "library_build_type", "json_schema_version"};
  for (size_t i = 0; i < sizeof context_keys / sizeof *context_keys; i++)
    cr_expect_not_null(json_object_get(context, context_keys[i]), "%s", context_keys[i]);
  // What google/benchmark's tools/gbench/report.py reads of an entry, and what its reporter writes besides.
  static const char *const keys[] = {"name",     "family_index", "per_family_instance_index",
                                     "run_name", "run_type",     "repetitions",
                                     "threads",  "iterations",   "real_time",
                                     "cpu_time", "time_unit"};
  for (size_t i = 0; i < json_array_size(list); i++)
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
      cr_assert_not_null(json_object_get(json_array_get(list, i), keys[k]), "%s",
                         text_of(json_array_get(list, i), "name"));
  json_t *median = find(report, "conv/forward/2x16x16x1/3x3x8p1", "median");
  cr_expect_str_eq(text_of(median, "name"), "conv/forward/2x16x16x1/3x3x8p1_median");
  cr_expect_eq(number_of(median, "repetitions"), 2);
  json_decref(report);
}

Test(cli_bench, figures_of_a_row_agree_with_each_other) {
  json_t *report = run_json(BENCH "conv --repeats 3");
  const char *name = "conv/weight/2x7x7x64/3x3x64p1";
  const double flops = 2.0 * 2 * 7 * 7 * 9 * 64 * 64, floats = 2 * 2 * 7 * 7 * 64 + 2 * 9 * 64 * 64;
  const json_t *sample = find(report, name, "iteration");
  const double seconds = 1e-9 * number_of(sample, "real_time");
  cr_expect_gt(seconds, 0);
  // Nine digits are printed.
  cr_expect_float_eq(number_of(sample, "flops_per_second") * seconds / flops, 1, 1e-7);
  cr_expect_float_eq(number_of(sample, "bytes_per_second") * seconds / (4 * floats), 1, 1e-7);
  cr_expect_float_eq(number_of(sample, "fma_share") * number_of(sample, "fma_ceiling") /
                         number_of(sample, "flops_per_second"),
                     1, 1e-7);
  cr_expect_gt(strlen(text_of(sample, "label")), 0);
  const double least = number_of(find(report, name, "min"), "real_time");
  const double median = number_of(find(report, name, "median"), "real_time");
  const double most = number_of(find(report, name, "max"), "real_time");
  cr_expect(least <= median && median <= most, "%g, %g, %g", least, median, most);
  cr_expect_gt(number_of(find(report, "ceiling/fma", "median"), "flops_per_second"), 0);
  cr_expect_gt(number_of(find(report, "ceiling/copy", "median"), "bytes_per_second"), 0);
  json_decref(report);
}

Test(cli_bench, blocks_are_a_convolution_with_all_that_runs_with_it) {
  json_t *report = run_json(BENCH "conv --repeats 1");
  static const char *const blocks[] = {"2x28x28x64/3x3x64p1/relu", "2x7x7x64/3x3x64p1/relu/max_pool2"};
  static const char *const parts[] = {"forward", "embed", "weight", "backward"};
  for (int b = 0; b < 2; b++)
    for (int part = 0; part < 4; part++) {
      char name[96];
      snprintf(name, sizeof name, "conv/block/%s/%s", parts[part], blocks[b]);
      const json_t *row = find(report, name, "iteration");
      // Both ways back take as many operations as the way forward each.
      const double pixels = b == 0 ? 28.0 * 28 : 7.0 * 7, passes = part == 3 ? 2 : 1;
      const double flops = number_of(row, "flops_per_second") * 1e-9 * number_of(row, "real_time");
      cr_expect_float_eq(flops / (passes * 2 * 2 * pixels * 9 * 64 * 64), 1, 1e-7, "%s: %g", name, flops);
      cr_expect_gt(strlen(text_of(row, "label")), 0, "%s", name);
    }
  // A first convolution has no way back to the picture.
  static const char first[] = "2x16x16x1/3x3x8p1/batch_norm/relu/max_pool2";
  const json_t *list = json_object_get(report, "benchmarks");
  int of_first = 0, backward = 0;
  for (size_t i = 0; i < json_array_size(list); i++) {
    const char *name = text_of(json_array_get(list, i), "name");
    of_first += strstr(name, first) != NULL;
    backward += strstr(name, first) != NULL && strstr(name, "/backward/") != NULL;
  }
  cr_expect_geq(of_first, 3);
  cr_expect_eq(backward, 0);
  json_decref(report);
}

Test(cli_bench, choosing_engines_takes_a_small_part_of_a_start) {
  json_t *report = run_json(BENCH "start --repeats 1");
  const json_t *row = find(report, "start/choice/tiny.txt", "iteration");
  cr_expect_str_eq(text_of(row, "error_message"), "");
  // Two seconds are what nobody should wait; choosing reads a file and looks into tables.
  cr_expect_lt(1e-9 * number_of(row, "real_time"), 0.1);
  cr_expect_gt(number_of(row, "items_per_second"), 0);
  json_decref(report);
}

Test(cli_bench, the_engine_that_was_forced_is_the_one_that_is_named) {
  const siam_command_options options = {
      .environment = (const char *const[]){"SIAMESE_CONV=im2col", "SIAMESE_GEMM=clblast", NULL}};
  siam_command_result result = siam_cli_run(&options, BENCH "conv --repeats 1 --quiet");
  cr_assert_eq(result.code, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.out, "im2col, clblast"), "%s", result.out);
  cr_expect_null(strstr(result.out, "direct"));
  cr_expect_str_eq(result.err, "");
  siam_command_release(&result);
}

Test(cli_bench, tables_are_for_people_or_in_markdown) {
  char *out = siam_cli_out(0, BENCH "conv --repeats 1 --quiet");
  cr_expect_not_null(strstr(out, "\nrow  "), "%s", out);
  cr_expect_not_null(strstr(out, "\nconv/forward/2x16x16x1/3x3x8p1  "), "%s", out);
  cr_expect_not_null(strstr(out, "\nconv/block/embed/2x14x14x64/3x3x64p1/relu/max_pool2  "), "%s", out);
  cr_expect_null(strstr(out, "gemm/"));
  free(out);
  out = siam_cli_out(0, BENCH "conv --repeats 1 --quiet --markdown");
  cr_expect_not_null(strstr(out, "- device: "), "%s", out);
  cr_expect_not_null(strstr(out, "\n| row "), "%s", out);
  cr_expect_not_null(strstr(out, "\n| conv/forward/2x16x16x1/3x3x8p1 "), "%s", out);
  cr_expect_not_null(strstr(out, "\n| conv/block/weight/2x14x14x64/3x3x64p1/relu/max_pool2 "), "%s", out);
  free(out);
}

Test(cli_bench, all_devices_stand_in_one_table) {
  json_t *report = run_json("siamese-bench conv --encoder tiny.txt --batch 1 --repeats 1 --device all");
  const json_t *devices = json_object_get(json_object_get(report, "context"), "devices");
  cr_expect_gt(json_array_size(devices), 0);
  const char *name = text_of(json_array_get(json_object_get(report, "benchmarks"), 0), "name");
  cr_expect(siam_cli_begins(name, "ceiling/fma@"), "%s", name);
  json_decref(report);
}

/// Copies a driver's entry to `drivers/` of the test's folder; false where it is not installed.
static bool take_driver(const char *name) {
  glob_t found;
  char pattern[64];
  snprintf(pattern, sizeof pattern, "/etc/OpenCL/vendors*/%s", name);
  const bool is_there = glob(pattern, 0, NULL, &found) == 0;
  if (is_there) {
    char path[64], text[4096];
    FILE *file = fopen(found.gl_pathv[0], "r");
    cr_assert_not_null(file);
    const size_t length = fread(text, 1, sizeof text, file);
    fclose(file);
    snprintf(path, sizeof path, "drivers/%s", name);
    siam_test_write(siam_cli_path(path), text, length);
  }
  globfree(&found);
  return is_there;
}

/// Leaks are not looked for: Mesa's driver has its own.
static siam_command_result run_with_drivers(const char *line, const char *variable) {
  static char vendors[512];
  snprintf(vendors, sizeof vendors, "OCL_ICD_VENDORS=%s", siam_cli_path("drivers"));
  const siam_command_options options = {
      .environment = (const char *const[]){vendors, "RUSTICL_ENABLE=llvmpipe", "SIAMESE_DEVICE",
                                           "ASAN_OPTIONS=detect_leaks=0", variable, NULL},
      .timeout = 250};
  siam_command_result result = siam_cli_run(&options, line);
  cr_assert_eq(result.code, 0, "%s: %s", line, result.err);
  return result;
}

static size_t count_text(const char *text, const char *part) {
  size_t count = 0;
  for (; (text = strstr(text, part)) != NULL; text++) count++;
  return count;
}

Test(cli_bench, drivers_side_by_side_have_the_same_rows_in_one_table) {
  mkdir(siam_cli_path("drivers"), 0700);
  if (!take_driver("pocl.icd") || !take_driver("rusticl.icd"))
    cr_skip_test("PoCL and Mesa's rusticl are not both installed");
  siam_command_result result =
      run_with_drivers(BENCH "embed --repeats 1 --device all --markdown --quiet", NULL);
  cr_expect_eq(count_text(result.out, "- device: "), 2, "%s", result.out);
  cr_expect_eq(count_text(result.out, "| row "), 1, "%s", result.out);
  static const char *const rows[] = {"ceiling/fma", "embed/tiny.txt/2", "embed/tiny.txt/1"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int platform = 0; platform < 2; platform++) {
      char row[64];
      snprintf(row, sizeof row, "\n| %s@%d:0 ", rows[i], platform);
      cr_expect_eq(count_text(result.out, row), 1, "%s: %s", row, result.out);
    }
  cr_expect_null(strstr(result.out, "failed"), "%s", result.out);
  siam_command_release(&result);
  // An engine that only one of them has: the rows of the other one say so.
  result = run_with_drivers(BENCH "embed --repeats 1 --device all --json", "SIAMESE_GEMM=tile");
  json_t *report = json_loads(result.out, 0, NULL);
  cr_assert_not_null(report, "%s", result.out);
  const json_t *devices = json_object_get(json_object_get(report, "context"), "devices");
  cr_expect_eq(json_array_size(devices), 2);
  for (size_t i = 0; i < 2; i++) {
    const json_t *device = json_array_get(devices, i);
    const bool is_mesa = strcmp(text_of(device, "platform"), "rusticl") == 0;
    char name[64];
    snprintf(name, sizeof name, "embed/tiny.txt/1@%zu:0", i);
    const json_t *row = find(report, name, "iteration");
    cr_expect_eq(strlen(text_of(row, "error_message")) > 0, is_mesa, "%s", result.out);
    if (is_mesa) cr_expect_not_null(strstr(text_of(row, "error_message"), "SIAMESE_GEMM"));
  }
  json_decref(report);
  siam_command_release(&result);
}

/// Writes `before.json`: the rows of `report` as eight samples each, `factor` times as long as they took.
static void write_before(const json_t *report, double factor) {
  const json_t *list = json_object_get(report, "benchmarks");
  json_t *samples = json_array();
  for (size_t i = 0; i < json_array_size(list); i++) {
    json_t *entry = json_array_get(list, i);
    if (strcmp(text_of(entry, "run_type"), "iteration") != 0) continue;
    for (int k = 0; k < 8; k++) {
      json_t *sample = json_copy(entry);
      json_object_set_new(sample, "real_time",
                          json_real(number_of(entry, "real_time") * factor * (1 + 0.001 * k)));
      json_array_append_new(samples, sample);
    }
  }
  json_t *file = json_pack("{so}", "benchmarks", samples);
  cr_assert_eq(json_dump_file(file, siam_cli_path("before.json"), 0), 0);
  json_decref(file);
}

Test(cli_bench, a_comparison_says_what_is_faster_or_slower_and_slower_is_exit_code_1) {
  json_t *report = run_json(BENCH "conv --repeats 1");
  // A hundred times: no other program on the machine slows anything so.
  write_before(report, 0.01);
  json_t *slower =
      siam_cli_json(1, BENCH "conv --repeats 6 --compare before.json", "context benchmarks comparison");
  const json_t *rows = json_object_get(slower, "comparison");
  cr_expect_eq(json_array_size(rows), 38);
  for (size_t i = 0; i < json_array_size(rows); i++)
    cr_expect_str_eq(text_of(json_array_get(rows, i), "verdict"), "slower");
  json_decref(slower);
  write_before(report, 100);
  char *out = siam_cli_out(0, BENCH "conv --repeats 6 --quiet --compare before.json");
  cr_expect_not_null(strstr(out, "Compared with before.json"), "%s", out);
  cr_expect_not_null(strstr(out, "\n0 slower, 38 faster of 38 rows"), "%s", out);
  free(out);
  // One sample against eight tells nothing at this level.
  out = siam_cli_out(0, BENCH "conv --repeats 1 --quiet --markdown --compare before.json");
  cr_expect_not_null(strstr(out, "| too few samples "), "%s", out);
  cr_expect_not_null(strstr(out, "use more --repeats"), "%s", out);
  free(out);
  json_decref(report);
}

Test(cli_bench, ctrl_c_stops_with_a_message) {
  const siam_command_options options = {.interrupt_after = 2};
  siam_command_result result = siam_cli_run(&options, "siamese-bench conv --repeats 1000 --quiet");
  cr_expect_eq(result.code, 2, "%s", result.out);
  cr_expect_not_null(strstr(result.err, "stopped"), "%s", result.err);
  cr_expect_str_eq(result.out, "");
  siam_command_release(&result);
}

Test(cli_bench, every_refusal_names_what_is_at_fault) {
  siam_test_write(siam_cli_path("list.json"), "[1]", 3);
  siam_test_write(siam_cli_path("other.json"), "{\"benchmarks\": []}", 18);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-bench frobnicate", {"nothing called 'frobnicate'", "gemm, conv, ", "all"}},
      {"siamese-bench conv --encoder nowhere", {"'nowhere'", "conv4, resnet8"}},
      {"siamese-bench --batch 0", {"--batch 0: must be at least 1"}},
      {"siamese-bench --repeats 0", {"--repeats 0: must be at least 1"}},
      {"siamese-bench --minutes 0", {"--minutes 0: must be above 0"}},
      {"siamese-bench --json --markdown", {"--json and --markdown exclude each other"}},
      {"siamese-bench --device nowhere", {"\"nowhere\""}},
      {"siamese-bench --compare nowhere.json", {"nowhere.json", "siamese-bench --json wrote"}},
      {"siamese-bench --compare tiny.txt", {"tiny.txt", "no JSON", "siamese-bench --json wrote"}},
      {"siamese-bench --compare list.json", {"list.json", "no \"benchmarks\""}},
      {BENCH "conv --repeats 1 --quiet --compare other.json", {"other.json", "no row that was measured now"}},
      {NULL, {0}}});
}
