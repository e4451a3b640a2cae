// Parameters of CLBlast: which are tried, kept and used. A CLBlast made for these tests stands before the
// real one, so that it can be fast, wrong or broken as a test needs; test_cli_tune has the real one.
#include "base/clock.h"
#include "compute/clblast_search.h"
#include "compute/gemm_engines.h"
#include "device_memory.h"
#include "pictures.h"
#include "reference/self_test.h"
#include "scratch.h"

#include <clblast_c.h>
#include <criterion/criterion.h>
#include <siamese/tune.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OWN = 0, MOST_SETS = 16 };

/// How it works with its own parameters (place 0), and with set i (place 1 + i).
typedef enum behaviour { FAST, SLOW, WRONG, BROKEN, REFUSED } behaviour;

static struct {
  behaviour with[1 + MOST_SETS];
  int in_force; ///< A place in `with`; −1: siam_clblast_generic.
  unsigned overrides, products;
  size_t values[3]; ///< MWG, WGD, XGEMM_MIN_INDIRECT_SIZE as they were given last.
} fake;

static char *folder;
static char messages[4096];

static void begin(void) {
  folder = siam_scratch_create();
  setenv("SIAMESE_CACHE_DIR", folder, 1);
  setenv("SIAMESE_GEMM", "clblast", 1);
  messages[0] = '\0';
}
static void end(void) {
  siam_test_device_close();
  siam_scratch_remove(folder);
}
TestSuite(clblast, .init = begin, .fini = end, .timeout = 120);

static void note(void *context, siam_log_level level, const char *message) {
  (void)context;
  if (level == SIAM_LOG_WARNING) strncat(messages, message, sizeof messages - strlen(messages) - 1);
}

static siam_device *open_device(void) {
  siam_device *device = siam_test_device();
  device->logger.write = note;
  return device;
}

/// The device as the next process finds it.
static siam_device *open_anew(void) {
  siam_test_device_close();
  fake.in_force = OWN;
  fake.overrides = 0;
  return open_device();
}

static size_t value_of(const char *name, size_t count, const char **names, const size_t *values) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(names[i], name) == 0) return values[i];
  cr_assert_fail("%s is missing", name);
  return 0;
}

/// The place of the set with these values of Xgemm.
static int place_of(const size_t *values) {
  const siam_clblast_set *set = NULL;
  for (size_t i = 0; (set = siam_clblast_set_at(siam_test_device(), i)) != NULL; i++)
    if (memcmp(set->indirect, values, sizeof set->indirect) == 0) return 1 + (int)i;
  cr_assert_eq(memcmp(siam_clblast_generic.indirect, values, sizeof siam_clblast_generic.indirect), 0);
  return -1;
}

CLBlastStatusCode CLBlastOverrideParameters(const cl_device_id device, const char *kernel,
                                            const CLBlastPrecision precision, const size_t count,
                                            const char **names, const size_t *values) {
  cr_assert_eq(device, siam_test_device()->id);
  cr_assert_eq(precision, CLBlastPrecisionSingle);
  if (strcmp(kernel, "GemmRoutine") == 0)
    fake.values[2] = value_of("XGEMM_MIN_INDIRECT_SIZE", count, names, values);
  if (strcmp(kernel, "XgemmDirect") == 0) fake.values[1] = value_of("WGD", count, names, values);
  if (strcmp(kernel, "Xgemm") != 0) return CLBlastSuccess;
  const int place = place_of(values);
  if (place >= 0 && fake.with[place] == REFUSED) return CLBlastMissingOverrideParameter;
  fake.values[0] = value_of("MWG", count, names, values);
  fake.in_force = place;
  fake.overrides++;
  return CLBlastSuccess;
}

static float *read_all(cl_mem buffer, cl_command_queue queue, size_t *bytes) {
  cr_assert_eq(clGetMemObjectInfo(buffer, CL_MEM_SIZE, sizeof *bytes, bytes, NULL), CL_SUCCESS);
  float *values = malloc(*bytes);
  cr_assert_eq(clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, *bytes, values, 0, NULL, NULL), CL_SUCCESS);
  return values;
}

CLBlastStatusCode CLBlastSgemm(const CLBlastLayout layout, const CLBlastTranspose a_transpose,
                               const CLBlastTranspose b_transpose, const size_t m, const size_t n,
                               const size_t k, const float alpha, const cl_mem a_buffer,
                               const size_t a_offset, const size_t a_ld, const cl_mem b_buffer,
                               const size_t b_offset, const size_t b_ld, const float beta, cl_mem c_buffer,
                               const size_t c_offset, const size_t c_ld, cl_command_queue *queue,
                               cl_event *event) {
  (void)event;
  const behaviour how = fake.in_force < 0 ? SLOW : fake.with[fake.in_force];
  size_t bytes = 0;
  cr_assert(layout == CLBlastLayoutRowMajor && alpha == 1);
  fake.products++;
  if (how == BROKEN) return CLBlastOpenCLBuildProgramFailure;
  const double began = siam_seconds();
  float *a = read_all(a_buffer, *queue, &bytes), *b = read_all(b_buffer, *queue, &bytes);
  float *c = read_all(c_buffer, *queue, &bytes);
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < n; j++) {
      double sum = beta == 0 ? 0 : (double)beta * (double)c[c_offset + i * c_ld + j];
      for (size_t l = 0; l < k; l++)
        sum += (double)a[a_offset + (a_transpose == CLBlastTransposeYes ? l * a_ld + i : i * a_ld + l)] *
               (double)b[b_offset + (b_transpose == CLBlastTransposeYes ? j * b_ld + l : l * b_ld + j)];
      c[c_offset + i * c_ld + j] = how == WRONG ? 7 : (float)sum;
    }
  clEnqueueWriteBuffer(*queue, c_buffer, CL_TRUE, 0, bytes, c, 0, NULL, NULL);
  const double fast = siam_seconds() - began;
  while (how == SLOW && siam_seconds() - began < 3 * fast + 0.001) {
  }
  free(a);
  free(b);
  free(c);
  return CLBlastSuccess;
}

/// Computes a product by CLBlast and requires that it is right.
static void expect_right(void) {
  static const float a[6] = {1, 2, 3, 4, 5, 6}, b[6] = {1, 0, 2, 1, 0, 3}, zeros[4];
  float c[4];
  siam_gemm gemm = {.m = 2, .n = 2, .k = 3};
  gemm.a = siam_test_upload(a, 6);
  gemm.b = siam_test_upload(b, 6);
  gemm.c = siam_test_upload(zeros, 4);
  siam_tape *tape = siam_test_tape();
  siam_test_ok(siam_gemm_add(tape, &gemm));
  siam_test_run(tape);
  siam_test_download(gemm.c, c);
  cr_expect(c[0] == 5 && c[1] == 11 && c[2] == 14 && c[3] == 23, "%g %g %g %g", (double)c[0], (double)c[1],
            (double)c[2], (double)c[3]);
}

/// What is kept, as text.
static const char *kept(siam_device *device) {
  const siam_clblast_set *set = NULL;
  return siam_clblast_kept(device, &set) ? siam_clblast_set_name(set) : "nothing";
}

Test(clblast, every_set_is_one_that_its_kernels_are_made_for) {
  siam_device *device = open_device();
  const siam_clblast_set *set = NULL, *other = NULL;
  cr_expect(siam_clblast_set_is_valid(&siam_clblast_generic));
  for (int cpu = 0; cpu < 2; cpu++) {
    device->traits.is_cpu = cpu;
    device->traits.group_limit = 1024;
    device->traits.local_bytes = 1 << 16;
    size_t count = 0;
    for (; (set = siam_clblast_set_at(device, count)) != NULL; count++) {
      cr_expect(siam_clblast_set_is_valid(set), "%s", set->name);
      cr_expect_lt(strlen(set->name), SIAM_TUNING_CHOICE_SIZE);
      for (size_t i = 0; i < count && (other = siam_clblast_set_at(device, i)) != NULL; i++)
        cr_expect_str_neq(other->name, set->name);
    }
    cr_expect(count >= 4 && count <= MOST_SETS);
  }
  siam_clblast_set uneven = siam_clblast_generic;
  uneven.indirect[6] = 40; // MWG: no whole number of vectors for each work-item.
  cr_expect(!siam_clblast_set_is_valid(&uneven));
  siam_clblast_set odd = *siam_clblast_set_at(device, 0);
  odd.indirect[2] = 1; // KWG: eight columns of odd length are no whole number of vectors of 16.
  cr_expect(!siam_clblast_set_is_valid(&odd));
}

Test(clblast, sets_that_the_device_cannot_hold_are_not_offered) {
  siam_device *device = open_device();
  device->traits.is_cpu = false;
  device->traits.group_limit = 64;
  device->traits.local_bytes = 1 << 16;
  const siam_clblast_set *set = NULL;
  size_t small = 0;
  for (; (set = siam_clblast_set_at(device, small)) != NULL; small++)
    cr_expect(set->indirect[5] * set->indirect[8] <= 64 && set->direct[2] * set->direct[4] <= 64, "%s",
              set->name);
  cr_expect_gt(small, 0);
  device->traits.local_bytes = 1024;
  cr_expect_null(siam_clblast_set_at(device, 0));
}

Test(clblast, without_anything_kept_it_works_with_its_own) {
  open_device();
  expect_right();
  cr_expect_eq(fake.overrides, 0);
}

Test(clblast, a_kept_set_is_used_from_the_first_product_of_the_next_process) {
  siam_device *device = open_device();
  const siam_clblast_set *set = siam_clblast_set_at(device, 1);
  siam_test_ok(siam_clblast_keep(device, set));
  device = open_anew();
  expect_right();
  expect_right();
  cr_expect_eq(fake.overrides, 1);
  cr_expect_eq(fake.in_force, 2);
  cr_expect_eq(device->clblast_set, siam_clblast_set_at(device, 1));
  cr_expect(fake.values[0] == set->indirect[6] && fake.values[1] == set->direct[9] &&
            fake.values[2] == set->large);
  cr_expect_str_eq(messages, "");
}

Test(clblast, what_is_kept_and_means_nothing_counts_as_none) {
  static const char *const texts[] = {"its own", "64x64", "32x8x2", "32x8x2 by 1x1 more"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    siam_test_ok(siam_tuning_keep(open_device(), "clblast parameters", texts[i]));
    open_anew();
    expect_right();
    cr_expect_eq(fake.overrides, 0, "%s", texts[i]);
    cr_expect_str_eq(kept(open_device()), i == 0 ? "its own" : "nothing");
  }
}

Test(clblast, a_kept_set_that_fails_is_forgotten_with_what_was_measured_beside_it) {
  static const behaviour failures[] = {BROKEN, REFUSED};
  for (int i = 0; i < 2; i++) {
    siam_device *device = open_device();
    messages[0] = '\0';
    siam_test_ok(siam_clblast_keep(device, siam_clblast_set_at(device, 0)));
    siam_test_ok(siam_tuning_keep(device, "gemm nn 2x2x3", "clblast"));
    siam_test_ok(siam_tuning_keep(device, "conv forward", "direct"));
    fake.with[1] = failures[i];
    device = open_anew();
    expect_right();
    cr_expect_eq(siam_tuning_find(device, "conv forward") != NULL, device->traits.is_cpu);
    cr_expect_eq(fake.in_force, -1);
    cr_expect_not_null(strstr(messages, siam_clblast_set_at(device, 0)->name), "%s", messages);
    cr_expect_null(siam_tuning_find(device, "gemm nn 2x2x3"));
    device = open_anew();
    expect_right();
    cr_expect_eq(fake.overrides, 0);
    cr_expect_str_eq(kept(device), "nothing");
  }
}

Test(clblast, its_own_parameters_that_fail_are_an_error) {
  fake.with[OWN] = BROKEN;
  open_device();
  siam_tape *tape = siam_test_tape();
  static const float numbers[4];
  siam_gemm gemm = {.m = 2, .n = 2, .k = 2};
  gemm.a = gemm.b = siam_test_upload(numbers, 4);
  gemm.c = siam_test_upload(numbers, 4);
  siam_test_ok(siam_gemm_add(tape, &gemm));
  siam_test_ok(siam_tape_seal(tape));
  cr_expect_eq(siam_tape_run(tape), SIAM_ERROR_DEVICE);
}

Test(clblast, the_self_test_forgets_a_kept_set_that_is_wrong) {
  siam_device *device = open_device();
  siam_self_test_report *report = NULL;
  siam_test_ok(siam_clblast_keep(device, siam_clblast_set_at(device, 0)));
  siam_test_ok(siam_tuning_keep(device, "gemm nn 2x2x3", "clblast"));
  fake.with[1] = FAST;
  siam_test_ok(siam_self_test(device, &(siam_self_test_options){.seconds = 0.001}, &report));
  cr_expect_eq(report->rows[0].status, SIAM_SELF_TEST_PASSED, "%s", report->rows[0].reason);
  cr_expect_eq(report->struck, 0);
  siam_self_test_free(report);
  fake.with[1] = WRONG;
  siam_test_ok(siam_self_test(device, &(siam_self_test_options){.seconds = 0.001}, &report));
  cr_expect_not_null(strstr(report->rows[0].name, siam_clblast_set_at(device, 0)->name));
  cr_expect_eq(report->rows[0].status, SIAM_SELF_TEST_WRONG);
  cr_expect_eq(report->struck, 1);
  cr_expect_not(report->passed);
  cr_expect_str_eq(kept(device), "nothing");
  cr_expect_null(siam_tuning_find(device, "gemm nn 2x2x3"));
  siam_self_test_free(report);
  expect_right();
}

// The search

static char asked[512];

static bool remember(void *context, const char *name) {
  strncat(asked, name, sizeof asked - strlen(asked) - 1);
  strncat(asked, ";", sizeof asked - strlen(asked) - 1);
  return context == NULL || strstr(asked, context) == NULL;
}

static siam_status search(double seconds, const char *stop_at, siam_clblast_result *result) {
  static siam_tunable tunables[3];
  const siam_gemm small = {.m = 9, .n = 20, .k = 30}, wide = {.m = 12, .n = 65, .k = 40, .transpose_b = true};
  siam_gemm_tunable(&small, &tunables[0]);
  siam_gemm_tunable(&wide, &tunables[1]);
  snprintf(tunables[2].name, sizeof tunables[2].name, "conv, which is passed over");
  siam_tuner *tuner = NULL;
  asked[0] = '\0';
  siam_test_ok(siam_tuner_create(open_device(), 1, &tuner));
  const siam_status status = siam_clblast_search_run(tuner,
                                                     &(siam_clblast_search){.tunables = tunables,
                                                                            .count = 3,
                                                                            .seconds = seconds,
                                                                            .progress = remember,
                                                                            .context = (void *)stop_at},
                                                     result);
  siam_tuner_destroy(tuner);
  return status;
}

/// Its own slow, and one set each that is wrong, broken, refused; the last one fast.
static void mix(void) {
  open_device()->traits.is_cpu = true;
  fake.with[OWN] = SLOW;
  fake.with[1] = WRONG;
  fake.with[2] = BROKEN;
  fake.with[3] = REFUSED;
  fake.with[4] = FAST;
}

Test(clblast, sets_that_are_wrong_or_fail_are_out_and_the_fastest_is_in_force) {
  siam_clblast_result result;
  mix();
  siam_test_ok(search(100, NULL, &result));
  cr_assert_not_null(result.set);
  cr_expect_str_eq(result.set->name, siam_clblast_set_at(siam_test_device(), 3)->name);
  cr_expect(result.sound == 1 && result.wrong == 1 && result.failed == 2 && result.untried == 0);
  cr_expect_eq(result.products, 2);
  cr_expect_gt(result.speed, 1.5);
  cr_expect_float_eq(result.own_seconds / result.seconds, result.speed, 1e-9 * result.speed);
  cr_expect_eq(fake.in_force, 4);
  cr_expect(strncmp(asked, "CLBlast's own parameters;", 25) == 0, "%s", asked);
  expect_right();
}

Test(clblast, where_no_set_is_better_the_last_one_does_not_stay_in_force) {
  siam_clblast_result result;
  mix();
  fake.with[OWN] = FAST;
  fake.with[4] = WRONG;
  siam_test_ok(search(100, NULL, &result));
  cr_expect_null(result.set);
  cr_expect_eq(result.speed, 1);
  cr_expect(result.sound == 0 && result.wrong == 2 && result.failed == 2);
  cr_expect_eq(fake.in_force, -1);
  expect_right();
}

Test(clblast, without_time_nothing_is_overridden) {
  siam_clblast_result result;
  mix();
  cr_expect_eq(search(0, NULL, &result), SIAM_ERROR_ARGUMENT);
  cr_expect_eq(fake.overrides, 0);
}

Test(clblast, a_search_that_is_stopped_leaves_no_set_that_may_be_wrong) {
  siam_clblast_result result;
  mix();
  const char *second = siam_clblast_set_at(siam_test_device(), 1)->name;
  cr_expect_eq(search(100, second, &result), SIAM_INTERRUPTED);
  cr_expect_eq(fake.in_force, -1);
  expect_right();
}

Test(clblast, there_is_no_search_once_another_set_is_in_force) {
  siam_clblast_result result;
  mix();
  siam_test_ok(siam_clblast_keep(siam_test_device(), siam_clblast_set_at(siam_test_device(), 3)));
  expect_right();
  cr_expect_eq(search(100, NULL, &result), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "no way back"), "%s", siam_last_error());
  cr_expect_eq(fake.in_force, 4);
}

// All of tuning

/// Overrides so far whenever something was about to be measured.
static bool watch(void *context, size_t done, size_t count, const char *name) {
  (void)context;
  cr_expect_leq(done, count);
  if (strncmp(name, "gemm ", 5) == 0)
    snprintf(asked + strlen(asked), sizeof asked - strlen(asked), "%d ", fake.in_force);
  return true;
}

static siam_tune_report *tune(siam_tune_clblast wish, double minutes) {
  static const char encoder[] = "input 4 4 1\nflatten\nlinear 8\nl2_normalize\n";
  const char *path = siam_scratch_path(folder, "flat.txt");
  siam_test_write(path, encoder, sizeof encoder - 1);
  siam_tune_report *report = NULL;
  asked[0] = '\0';
  unsetenv("SIAMESE_GEMM");
  siam_test_ok(
      siam_tune(open_device(),
                &(siam_tune_options){
                    .encoder = path, .batch = 2, .minutes = minutes, .clblast = wish, .progress = watch},
                &report));
  setenv("SIAMESE_GEMM", "clblast", 1);
  return report;
}

Test(clblast, everything_is_measured_with_its_own_and_again_with_a_set_that_wins) {
  mix();
  siam_tune_report *report = tune(SIAM_TUNE_CLBLAST_ON, 5);
  siam_device *device = siam_test_device();
  cr_expect(report->clblast.tried);
  cr_expect_str_eq(report->clblast.choice, siam_clblast_set_at(device, 3)->name, "%s",
                   report->clblast.reason);
  cr_expect_gt(report->clblast.speed, 1.5);
  // Products of four pictures forward and for the weights, of 128 and of one; twice, before and after.
  cr_expect_str_eq(asked, "0 0 0 0 4 4 4 4 ");
  cr_expect_str_eq(kept(device), report->clblast.choice);
  for (size_t i = 0; i < report->row_count; i++)
    cr_expect_str_eq(siam_tuning_find(device, report->rows[i].name), report->rows[i].choice);
  siam_tune_report_free(report);
  open_anew()->traits.is_cpu = true;
  expect_right();
  cr_expect_eq(fake.in_force, 4);
}

Test(clblast, trying_again_begins_with_its_own_and_forgets_what_was_kept) {
  mix();
  siam_device *device = siam_test_device();
  siam_test_ok(siam_clblast_keep(device, siam_clblast_set_at(device, 3)));
  siam_test_ok(siam_tuning_keep(device, "gemm nn 2x2x3", "clblast"));
  fake.with[4] = WRONG;
  siam_tune_report *report = tune(SIAM_TUNE_CLBLAST_ON, 5);
  cr_expect_str_eq(report->clblast.choice, "its own");
  cr_expect_str_eq(asked, "0 0 0 0 ");
  cr_expect_str_eq(kept(device), "its own");
  cr_expect_null(siam_tuning_find(device, "gemm nn 2x2x3"));
  siam_tune_report_free(report);
}

Test(clblast, sets_are_tried_by_themselves_on_devices_that_are_no_cpus_once) {
  siam_device *device = open_device();
  device->traits.is_cpu = true;
  siam_tune_report *report = tune(SIAM_TUNE_CLBLAST_STANDARD, 5);
  cr_expect(!report->clblast.tried);
  siam_tune_report_free(report);
  device->traits.is_cpu = false;
  report = tune(SIAM_TUNE_CLBLAST_OFF, 5);
  cr_expect(!report->clblast.tried);
  siam_tune_report_free(report);
  report = tune(SIAM_TUNE_CLBLAST_STANDARD, 5);
  cr_expect(report->clblast.tried);
  cr_expect_str_neq(kept(device), "nothing");
  siam_tune_report_free(report);
  report = tune(SIAM_TUNE_CLBLAST_STANDARD, 5);
  cr_expect(!report->clblast.tried);
  siam_tune_report_free(report);
}
