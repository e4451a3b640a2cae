#include "device_memory.h"
#include "pictures.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <siamese/bench.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *folder;

/// The benchmark's own files must lie, and vanish, in a folder that the test can look into.
static void begin(void) {
  static const char encoder[] = "input 8 8 1\nconv 4 3 pad=1\nrelu\nflatten\nlinear 6\nl2_normalize\n";
  folder = siam_scratch_create();
  siam_test_write(siam_scratch_path(folder, "tiny.txt"), encoder, strlen(encoder));
}
static void end(void) {
  siam_test_device_close();
  siam_scratch_remove(folder);
}
TestSuite(bench_rows, .init = begin, .fini = end);

/// Measures, and finds out whether all files that this took are gone.
static siam_bench_report *measure(const char *what, const char *compare_program) {
  const siam_bench_options options = {.what = &what,
                                      .what_count = 1,
                                      .encoder = siam_scratch_path(folder, "tiny.txt"),
                                      .batch = 3,
                                      .repeats = 1,
                                      .compare_program = compare_program};
  siam_bench_report *report = NULL;
  setenv("TMPDIR", folder, 1);
  siam_test_ok(siam_bench_run(siam_test_device(), &options, &report));
  char line[600];
  snprintf(line, sizeof line, "test \"$(ls -A '%s')\" = tiny.txt", folder);
  cr_expect_eq(system(line), 0, "%s: files of the benchmark are left in its folder", what);
  return report;
}

static const siam_bench_row *find(const siam_bench_report *report, const char *name) {
  for (size_t i = 0; i < report->row_count; i++)
    if (strcmp(report->rows[i].name, name) == 0) return &report->rows[i];
  cr_assert_fail("there is no row %s", name);
  return NULL;
}

static void expect_measured(const siam_bench_row *row, double items, const char *unit) {
  cr_expect_eq(row->status, SIAM_BENCH_MEASURED, "%s: %s", row->name, row->reason);
  cr_expect_eq(row->items, items, "%s: %g", row->name, row->items);
  cr_expect_str_eq(row->unit, unit);
  cr_expect_gt(row->seconds.median, 0);
}

/// Of the tiny encoder: a convolution with 9 · 4 multiply-adds for each of 64 pixels, and a linear layer of
/// 256 × 6.
static const double forward_flops = 2.0 * (64 * 9 * 4 + 256 * 6);

Test(bench_rows, a_training_step_counts_its_pairs_work_and_memory) {
  siam_bench_report *report = measure("train", NULL);
  const siam_bench_row *row = find(report, "train/tiny.txt/3");
  expect_measured(row, 3, "pairs");
  // Backward: the convolution's weights; the linear layer's weights and its input.
  cr_expect_eq(row->flops, 6 * (forward_flops + 2.0 * (64 * 9 * 4 + 2 * 256 * 6)), "%g", row->flops);
  cr_expect_gt(row->arena_bytes, 0);
  cr_expect_lt(row->arena_bytes, row->separate_bytes, "tensors that are never alive together share memory");
  // Every kind of work there is: augmentation, forward, loss, backward, optimizer.
  cr_expect_gt(row->commands, 8);
  cr_expect_gt(strlen(row->engine), 0);
  siam_bench_report_free(report);
}

Test(bench_rows, embeddings_are_counted_in_batches_and_one_by_one) {
  siam_bench_report *report = measure("embed", NULL);
  const siam_bench_row *many = find(report, "embed/tiny.txt/6"), *one = find(report, "embed/tiny.txt/1");
  expect_measured(many, 6, "pictures");
  expect_measured(one, 1, "pictures");
  cr_expect_eq(many->flops, 6 * forward_flops);
  cr_expect_eq(one->flops, forward_flops);
  siam_bench_report_free(report);
}

Test(bench_rows, picture_files_of_every_format_are_decoded) {
  siam_bench_report *report = measure("decode", NULL);
  static const char *const names[] = {"decode/png/256x256", "decode/jpg/256x256", "decode/webp/256x256"};
  for (size_t i = 0; i < 3; i++) expect_measured(find(report, names[i]), 256, "pictures");
  siam_bench_report_free(report);
}

Test(bench_rows, comparisons_are_of_two_files) {
  siam_bench_report *report = measure("compare", NULL);
  expect_measured(find(report, "compare/pair/tiny.txt"), 1, "pairs");
  siam_bench_report_free(report);
}

Test(bench_rows, starts_are_of_whole_processes) {
  siam_bench_report *report = measure("start", SIAMESE_BINARY_DIR "/bin/siamese-compare");
  const siam_bench_row *program = find(report, "start/program");
  const siam_bench_row *process = find(report, "start/compare/tiny.txt");
  expect_measured(program, 1, "starts");
  expect_measured(process, 1, "pairs");
  cr_expect_lt(program->seconds.median, process->seconds.median);
  siam_bench_report_free(report);
}

Test(bench_rows, a_process_that_cannot_be_started_or_fails_is_a_row_with_the_reason) {
  siam_bench_report *report = measure("start", NULL);
  const siam_bench_row *row = find(report, "start/compare/tiny.txt");
  cr_expect_eq(row->status, SIAM_BENCH_SKIPPED);
  cr_expect_not_null(strstr(row->reason, "siamese-compare"), "%s", row->reason);
  siam_bench_report_free(report);
  // A shell takes the options of siamese-compare for mistakes of its own, and ends with 2.
  static const char *const programs[] = {"/nowhere/siamese-compare", "/bin/sh"};
  for (size_t i = 0; i < 2; i++) {
    report = measure("start", programs[i]);
    row = find(report, "start/compare/tiny.txt");
    cr_expect_eq(row->status, SIAM_BENCH_FAILED);
    cr_expect_not_null(strstr(row->reason, programs[i]), "%s", row->reason);
    siam_bench_report_free(report);
  }
}
