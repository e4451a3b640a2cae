#include "device_memory.h"
#include "losses/mean_squared_error.h"
#include "reference/target_loss_check.h"
#include "reference/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

TestSuite(mean_squared_error, .fini = siam_test_device_close);

/// Runs it on `count` numbers; the caller frees the gradient.
static float *run(const float *output, const float *target, size_t count, float *result) {
  siam_tape *tape = siam_test_tape();
  siam_view y = siam_test_upload(output, count), t = siam_test_upload(target, count);
  // What was there before must not matter.
  siam_view dy = siam_test_upload(target, count);
  const float before[SIAM_LOSS_WORDS] = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
  siam_view words = siam_test_upload(before, SIAM_LOSS_WORDS);
  siam_test_ok(siam_mean_squared_error_add(tape, y, t, dy, words));
  siam_test_run(tape);
  float *gradient = calloc(count, sizeof *gradient);
  siam_test_download(dy, gradient);
  siam_test_download(words, result);
  return gradient;
}

static void check(size_t count, uint32_t seed) {
  const siam_target_loss *loss = NULL;
  siam_product_result result = {0};
  siam_test_ok(siam_target_loss_find("mean_squared_error", &loss));
  siam_test_ok(siam_target_loss_check(siam_test_device(), loss, 1, (int)count, 1, seed, &result));
  cr_assert_str_empty(result.failure, "%zu: %s", count, result.failure);
}

Test(mean_squared_error, loss_and_gradient_equal_their_formulas_at_every_edge) {
  static const size_t counts[] = {1, 3, 4, 15, 16, 17, 33, 4095, 4096, 4097, 12345, 150001};
  for (uint32_t i = 0; i < sizeof counts / sizeof *counts; i++) check(counts[i], i);
}

Test(mean_squared_error, what_is_right_costs_nothing_and_nan_is_not_lost) {
  float y[20], result[SIAM_LOSS_WORDS];
  siam_check_fill(y, 20, SIAM_VALUES_SPREAD, 1);
  float *gradient = run(y, y, 20, result);
  cr_expect_eq(result[SIAM_LOSS_VALUE], 0);
  for (int i = 0; i < 20; i++) cr_expect_eq(gradient[i], 0);
  free(gradient);
  float spoilt[20];
  for (int i = 0; i < 20; i++) spoilt[i] = i == 18 ? NAN : y[i];
  gradient = run(spoilt, y, 20, result);
  cr_expect(isnan(result[SIAM_LOSS_VALUE]));
  for (int i = 0; i < 20; i++) cr_expect_eq(isnan(gradient[i]) != 0, i == 18);
  free(gradient);
}
