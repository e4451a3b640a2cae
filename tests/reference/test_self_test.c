#include "base/file.h"
#include "device/tuning.h"
#include "device_memory.h"
#include "reference/product_check.h"
#include "reference/self_test_trial.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *folder;
static void begin(void) {
  folder = siam_scratch_create();
  setenv("SIAMESE_CACHE_DIR", folder, 1);
}
static void end(void) {
  siam_test_device_close();
  siam_scratch_remove(folder);
}
TestSuite(self_test, .init = begin, .fini = end);

/// A computation out = a whose ways are what their names say.
static siam_status add_way(siam_tape *tape, const siam_tunable *tunable, const char *choice, siam_view a,
                           siam_view b, siam_view out) {
  (void)tunable, (void)b;
  SIAM_RETURN_IF_FAILED(siam_tape_copy(tape, a, out));
  if (strcmp(choice, "one wrong") == 0) return siam_tape_fill(tape, siam_view_part(out, 31, 1), 5);
  if (strcmp(choice, "not a number") == 0) return siam_tape_fill(tape, siam_view_part(out, 7, 1), NAN);
  if (strcmp(choice, "one beyond") == 0) return siam_tape_fill(tape, siam_view_part(out, out.count, 1), 0);
  out.first--;
  if (strcmp(choice, "one before") == 0) return siam_tape_fill(tape, siam_view_part(out, 0, 1), 0);
  return SIAM_OK;
}

static double expect_copy(const siam_tunable *tunable, const float *a, const float *b, float before,
                          size_t index) {
  (void)tunable, (void)b, (void)before;
  return (double)a[index];
}

static siam_product_result check(const char *choice) {
  static const siam_tunable_type type = {.add = add_way, .expect = expect_copy};
  static const siam_tunable copy = {
      .name = "copy", .type = &type, .a_count = 100, .b_count = 1, .out_count = 100, .terms = 1};
  siam_product_result result = {0};
  siam_test_ok(siam_product_check(siam_test_device(), &copy, choice, &result));
  return result;
}

Test(self_test, a_wrong_number_and_a_write_beside_the_result_are_found) {
  cr_expect_str_empty(check("right").failure);
  cr_expect_eq(check("right").share, 0);
  cr_expect_not_null(strstr(check("one wrong").failure, "element 31 is 5"), "%s", check("one wrong").failure);
  cr_expect_not_null(strstr(check("not a number").failure, "element 7"), "%s", check("not a number").failure);
  cr_expect_not_null(strstr(check("one beyond").failure, "element 100 of 100 was written"));
  cr_expect_not_null(strstr(check("one before").failure, "element -1 of 100 was written"));
}

static const siam_self_test_row *find(const siam_self_test_report *report, const char *name) {
  for (size_t i = 0; i < report->count; i++)
    if (strstr(report->rows[i].name, name) != NULL) return &report->rows[i];
  cr_assert_fail("there is no row '%s'", name);
  return NULL;
}

Test(self_test, a_tuned_way_that_cannot_run_is_named_and_forgotten, .timeout = 120) {
  siam_self_test_report *report = NULL;
  siam_device *device = siam_test_device();
  siam_test_ok(siam_tuning_keep(device, "gemm nn 5x6x7", "tile vectors=77"));
  siam_test_ok(siam_tuning_keep(device, "gemm nt 9x6x7", device->traits.is_cpu ? "tile" : "clblast"));
  siam_test_ok(siam_self_test(device, &(siam_self_test_options){.seconds = 1e-9}, &report));
  cr_expect_eq(report->struck, 0, "without time nothing is tried");
  cr_expect(report->passed);
  cr_expect_eq(find(report, "gemm nn 5x6x7")->status, SIAM_SELF_TEST_NOT_REACHED);
  siam_self_test_free(report);

  siam_test_ok(siam_self_test(device, &(siam_self_test_options){.seconds = 60}, &report));
  cr_expect_eq(report->struck, 1);
  cr_expect_not(report->passed);
  const siam_self_test_row *broken = find(report, "gemm nn 5x6x7");
  cr_expect_eq(broken->status, SIAM_SELF_TEST_BROKEN);
  cr_expect_not_null(strstr(broken->reason, "struck"), "%s", broken->reason);
  cr_expect_eq(find(report, "gemm nt 9x6x7")->status, SIAM_SELF_TEST_PASSED);
  cr_expect_null(siam_tuning_find(device, "gemm nn 5x6x7"));
  cr_expect_not_null(siam_tuning_find(device, "gemm nt 9x6x7"));
  for (size_t i = 0; i < report->count; i++) {
    const siam_self_test_row *row = &report->rows[i];
    if (row != broken && row->status != SIAM_SELF_TEST_NOT_REACHED)
      cr_expect_eq(row->status, SIAM_SELF_TEST_PASSED, "%s: %s", row->name, row->reason);
  }
  siam_self_test_free(report);
}

Test(self_test, a_file_that_is_no_model_is_an_error_and_no_row) {
  siam_self_test_report *report = NULL;
  const siam_self_test_options options = {.model = "/nonexistent.siamese"};
  cr_expect_neq(siam_self_test(siam_test_device(), &options, &report), SIAM_OK);
  cr_expect_not_null(strstr(siam_last_error(), "/nonexistent.siamese"), "%s", siam_last_error());
}

Test(self_test, wrong_embeddings_make_no_base_file_for_others) {
  enum { DIMENSIONS = 3, PICTURES = 2 };
  static const char description[] = "input 1 1 2\nlinear 3\n";
  const char *path = siam_scratch_path(folder, "base.npy"),
             *encoder = siam_scratch_path(folder, "encoder.txt");
  float embeddings[PICTURES * DIMENSIONS] = {1, 2, 3, 4, 5, 6}, base[PICTURES * DIMENSIONS];
  siam_product_result wrong = {.failure = "a number is wrong"}, right = {0};
  siam_self_test_run run = {.device = siam_test_device(), .options = {.basefile = path}};
  siam_self_test_model found = {.pictures = PICTURES, .pairs = 1, .threshold = 1};
  siam_self_test_trial trial = {.test = &run,
                                .found = &found,
                                .dimensions = DIMENSIONS,
                                .batch = embeddings,
                                .exact = embeddings,
                                .base = base};
  siam_test_ok(siam_file_replace(encoder, description, strlen(description)));
  siam_test_ok(siam_model_create(run.device, &(siam_model_options){.encoder = encoder}, &trial.model));
  siam_test_ok(siam_trial_take_base(&trial, &wrong));
  cr_expect_eq(found.base, SIAM_BASE_WITHHELD);
  cr_expect_neq(access(path, F_OK), 0);
  siam_test_ok(siam_trial_take_base(&trial, &right));
  cr_expect_eq(found.base, SIAM_BASE_WRITTEN);
  siam_test_ok(siam_trial_take_base(&trial, &right));
  cr_expect_eq(found.base, SIAM_BASE_COMPARED);
  cr_expect_arr_eq(base, embeddings, sizeof base);
  siam_model_destroy(trial.model);
}
