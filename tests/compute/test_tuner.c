#include "compute/tuner.h"

#include "compute/conv_engines.h"
#include "compute/gemm_engines.h"
#include "device_memory.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *folder;
static void begin(void) {
  folder = siam_scratch_create();
  setenv("SIAMESE_CACHE_DIR", folder, 1);
  unsetenv("SIAMESE_GEMM");
  unsetenv("SIAMESE_CONV");
}
static void end(void) {
  siam_test_device_close();
  siam_scratch_remove(folder);
}
TestSuite(tuner, .init = begin, .fini = end);

// A computation made for these tests: out = a, or out += a where it adds. Its candidates are what their names
// say.
enum { COUNT = 100000 };
static const char *const *ways;

static bool way(const siam_device *device, const siam_tunable *tunable, size_t index, char *choice) {
  (void)device, (void)tunable;
  if (ways[index] != NULL) snprintf(choice, SIAM_TUNING_CHOICE_SIZE, "%s", ways[index]);
  return ways[index] != NULL;
}

static siam_status add_way(siam_tape *tape, const siam_tunable *tunable, const char *choice, siam_view a,
                           siam_view b, siam_view out) {
  (void)tunable, (void)b;
  siam_program *program = NULL;
  if (strcmp(choice, "does not build") == 0)
    return siam_program_get_source(siam_tape_device(tape), "broken", "this is no kernel", "", &program);
  if (strcmp(choice, "nothing") == 0) return SIAM_OK;
  if (strcmp(choice, "zero") == 0) return siam_tape_fill(tape, out, 0);
  if (strcmp(choice, "not a number") == 0) return siam_tape_fill(tape, siam_view_part(out, 7, 1), NAN);
  const int copies = strcmp(choice, "slow") == 0 ? 50 : 1;
  for (int i = 0; i < copies; i++) SIAM_RETURN_IF_FAILED(siam_tape_copy(tape, a, out));
  // One element of all, and none of those that are computed in float64.
  if (strcmp(choice, "one wrong") == 0) return siam_tape_fill(tape, siam_view_part(out, 31, 1), 5);
  return SIAM_OK;
}

static double expect_copy(const siam_tunable *tunable, const float *a, const float *b, float before,
                          size_t index) {
  (void)tunable, (void)b, (void)before;
  return (double)a[index];
}

static const siam_tunable_type copying = {.candidate = way, .add = add_way, .expect = expect_copy};
static const siam_tunable copy = {
    .name = "copy", .type = &copying, .a_count = COUNT, .b_count = 1, .out_count = COUNT, .terms = 1};

static siam_status tune(const siam_tunable *tunable, double seconds, siam_tuner_result *result) {
  siam_tuner *tuner = NULL;
  siam_test_ok(siam_tuner_create(siam_test_device(), 1, &tuner));
  const siam_status status = siam_tuner_run(tuner, tunable, seconds, result);
  siam_tuner_destroy(tuner);
  return status;
}

Test(tuner, candidates_that_are_wrong_or_do_not_build_are_out_however_fast) {
  ways = (const char *const[]){"slow",           "zero", "not a number", "one wrong",
                               "does not build", "copy", "nothing",      NULL};
  siam_tuner_result result;
  siam_test_ok(tune(&copy, 60, &result));
  cr_expect_str_eq(result.choice, "copy");
  cr_expect_str_eq(result.safe, "slow");
  cr_expect_eq(result.sound, 2);
  cr_expect_eq(result.wrong, 4);
  cr_expect_eq(result.failed, 1);
  cr_expect_eq(result.untried, 0);
  cr_expect_lt(result.seconds, result.safe_seconds);
}

Test(tuner, the_safe_candidate_stays_where_nothing_is_clearly_faster) {
  ways = (const char *const[]){"copy", "slow", "zero", NULL};
  siam_tuner_result result;
  siam_test_ok(tune(&copy, 60, &result));
  cr_expect_str_eq(result.choice, "copy");
  cr_expect_eq(result.sound, 2);
}

Test(tuner, a_safe_candidate_that_is_wrong_leaves_nothing_to_choose) {
  ways = (const char *const[]){"zero", "copy", NULL};
  siam_tuner_result result;
  cr_expect_eq(tune(&copy, 60, &result), SIAM_ERROR_NUMERIC);
  cr_expect_not_null(strstr(siam_last_error(), "zero"), "%s", siam_last_error());
  ways = (const char *const[]){"does not build", "copy", NULL};
  cr_expect_eq(tune(&copy, 60, &result), SIAM_ERROR_DEVICE);
}

Test(tuner, without_time_only_the_safe_candidate_is_tried) {
  ways = (const char *const[]){"slow", "copy", "zero", NULL};
  siam_tuner_result result;
  siam_test_ok(tune(&copy, 0, &result));
  cr_expect_str_eq(result.choice, "slow");
  cr_expect_eq(result.sound, 1);
  cr_expect_eq(result.untried, 2);
}

/// Every candidate of a computation must be right: an error would be a variant that is in the table and
/// wrong.
static void expect_all_sound(const siam_tunable *tunable) {
  siam_tuner_result result;
  siam_test_ok(tune(tunable, 1e9, &result));
  cr_expect_eq(result.wrong, 0, "%s: %u candidates are wrong", tunable->name, result.wrong);
  cr_expect_eq(result.failed, 0, "%s: %u candidates failed: %s", tunable->name, result.failed,
               siam_last_error());
  cr_expect_lt(result.error, 1, "%s: %g", tunable->name, result.error);
}

static siam_gemm product(int form, int m, int n, int k, float beta) {
  return (siam_gemm){.transpose_a = form & 1,
                     .transpose_b = form & 2,
                     .m = m,
                     .n = n,
                     .k = k,
                     .lda = form & 1 ? m : k,
                     .ldb = form & 2 ? k : n,
                     .ldc = n,
                     .beta = beta};
}

Test(tuner, every_way_of_a_product_is_right, .timeout = 300) {
  static const int sizes[][3] = {{13, 65, 33}, {50, 17, 300}, {130, 400, 70}};
  siam_tunable tunable;
  for (int form = 0; form < 4; form++) {
    const int *size = sizes[form % 3];
    const siam_gemm gemm = product(form, size[0], size[1], size[2], form % 2 == 0 ? 0 : 1);
    siam_gemm_tunable(&gemm, &tunable);
    expect_all_sound(&tunable);
  }
}

/// Engines that transform their operands may exceed the bound where sums are short, and are out there; that
/// each computes what it should is for test_conv to prove.
static void expect_one_sound(const siam_tunable *tunable) {
  siam_tuner_result result;
  siam_test_ok(tune(tunable, 1e9, &result));
  cr_expect_geq(result.sound, 1, "%s", tunable->name);
  cr_expect_eq(result.failed, 0, "%s: %u candidates failed: %s", tunable->name, result.failed,
               siam_last_error());
  cr_expect_lt(result.error, 1, "%s: %g", tunable->name, result.error);
}

Test(tuner, every_pass_of_a_convolution_gets_a_way_that_is_right, .timeout = 300) {
  static const siam_conv_shape shapes[] = {{.images = 2,
                                            .height = 9,
                                            .width = 7,
                                            .channels = 3,
                                            .filters = 20,
                                            .kernel_height = 3,
                                            .kernel_width = 3,
                                            .stride = 1,
                                            .pad_y = 1,
                                            .pad_x = 1},
                                           {.images = 3,
                                            .height = 11,
                                            .width = 8,
                                            .channels = 16,
                                            .filters = 17,
                                            .kernel_height = 5,
                                            .kernel_width = 2,
                                            .stride = 2,
                                            .pad_y = 2,
                                            .pad_x = 0}};
  siam_tunable tunable;
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
    for (int pass = SIAM_CONV_FORWARD; pass <= SIAM_CONV_BACKWARD_WEIGHT; pass++) {
      siam_conv conv = {.pass = (siam_conv_pass)pass, .shape = shapes[s]};
      siam_test_ok(siam_conv_shape_complete(&conv.shape));
      siam_conv_tunable(&conv, &tunable);
      expect_one_sound(&tunable);
    }
}

/// The engines on a tape with one product.
static const char *engine_of(siam_gemm gemm) {
  static float values[64 * 64];
  gemm.a = gemm.b = gemm.c = siam_test_upload(values, 64 * 64);
  siam_tape *tape = siam_test_tape();
  siam_test_ok(siam_gemm_add(tape, &gemm));
  return siam_tape_engine(tape, 0);
}

Test(tuner, the_door_for_products_does_what_is_kept_and_passes_over_what_means_nothing) {
  siam_device *device = siam_test_device();
  const siam_gemm gemm = product(0, 20, 30, 40, 0), other = product(0, 20, 30, 41, 0);
  siam_tunable tunable;
  siam_gemm_tunable(&gemm, &tunable);
  const char *standard = engine_of(gemm);
  siam_test_ok(siam_tuning_keep(device, tunable.name, "clblast"));
  cr_expect_str_eq(engine_of(gemm), "clblast");
  cr_expect_str_eq(engine_of(other), standard);
  static const char *const stale[] = {"fastest",
                                      "tile vectors=9 depth=256 rows=96",
                                      "tile vectors=2 depth=99 rows=96",
                                      "tile vectors=2",
                                      "tile of old",
                                      "tile vectors=2 depth=128 rows=96 more=1",
                                      "clblast 2"};
  for (size_t i = 0; i < sizeof stale / sizeof *stale; i++) {
    siam_test_ok(siam_tuning_keep(device, tunable.name, stale[i]));
    cr_expect_str_eq(engine_of(gemm), standard, "%s", stale[i]);
  }
  siam_test_ok(siam_tuning_keep(device, tunable.name, "clblast"));
  if (device->traits.is_cpu) {
    // The environment goes before what is kept.
    setenv("SIAMESE_GEMM", "tile", 1);
    cr_expect_str_eq(engine_of(gemm), "tile");
  }
}

Test(tuner, the_door_for_convolutions_does_what_is_kept) {
  siam_device *device = siam_test_device();
  siam_conv conv = {.shape = {.images = 1,
                              .height = 6,
                              .width = 6,
                              .channels = 2,
                              .filters = 4,
                              .kernel_height = 3,
                              .kernel_width = 3,
                              .stride = 1}};
  siam_test_ok(siam_conv_shape_complete(&conv.shape));
  siam_tunable tunable;
  siam_conv_tunable(&conv, &tunable);
  static float values[200];
  const siam_view view = siam_test_upload(values, 200);
  static const char *const kept[] = {"im2col", "no engine"};
  const char *standard = siam_conv_engine_standard(device, &conv)->name;
  for (int i = 0; i < 2; i++) {
    siam_test_ok(siam_tuning_keep(device, tunable.name, kept[i]));
    siam_tape *tape = siam_test_tape();
    siam_test_ok(siam_conv_forward(tape, &conv.shape, view, view, NULL, view));
    cr_expect_str_eq(siam_tape_engine(tape, 0), i == 0 ? "im2col" : standard);
  }
}

/// A gigabyte of floats or more for each tensor: whoever runs a candidate to choose makes buffers and
/// programs.
Test(tuner, nothing_is_computed_to_choose) {
  siam_device *device = siam_test_device();
  const uint64_t used = device->used_bytes;
  const struct siam_program *programs = device->programs;
  static const int kernels[] = {3, 4, 5, 7, 10};
  for (int k = 0; k < 5; k++)
    for (siam_conv_pass pass = SIAM_CONV_FORWARD; pass <= SIAM_CONV_BACKWARD_WEIGHT; pass++) {
      siam_conv conv = {.pass = pass,
                        .shape = {.images = 5000,
                                  .height = 56,
                                  .width = 56,
                                  .channels = 64,
                                  .kernel_height = kernels[k],
                                  .kernel_width = kernels[k],
                                  .stride = 1,
                                  .filters = 64}};
      const siam_conv_engine *engine = NULL;
      siam_test_ok(siam_conv_shape_complete(&conv.shape));
      siam_test_ok(siam_conv_pick(device, &conv, &engine));
      cr_expect_not_null(engine);
      siam_conv_can_pool(device, &conv.shape, true);
      siam_conv_can_gate(device, &conv.shape, true, true);
    }
  cr_expect_eq(device->programs, programs);
  siam_tape *tape = siam_test_tape();
  const int side = 16384;
  const size_t count = (size_t)side * (size_t)side;
  const siam_gemm gemm = {.m = side,
                          .n = side,
                          .k = side,
                          .a = siam_tape_tensor(tape, count),
                          .b = siam_tape_tensor(tape, count),
                          .c = siam_tape_tensor(tape, count)};
  siam_test_ok(siam_gemm_add(tape, &gemm));
  cr_expect_eq(device->used_bytes, used);
}
