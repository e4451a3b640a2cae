#include "device_memory.h"
#include "reference/target_loss_check.h"
#include "reference/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

TestSuite(cross_entropy, .fini = siam_test_device_close);

/// What the device makes of a batch.
typedef struct outcome {
  float *gradient, words[SIAM_LOSS_WORDS];
} outcome;

/// The caller frees the gradient.
static outcome run(const float *y, const float *target, int rows, int classes) {
  const siam_target_loss *loss = NULL;
  siam_test_ok(siam_target_loss_find("cross_entropy", &loss));
  cr_expect(loss->takes_classes);
  const size_t count = (size_t)rows * (size_t)classes;
  // What was there before must not matter.
  const float before[SIAM_LOSS_WORDS] = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
  siam_target_batch batch = {.tape = siam_test_tape(),
                             .rows = rows,
                             .columns = classes,
                             .output = siam_test_upload(y, count),
                             .target = siam_test_upload(target, (size_t)rows),
                             .gradient = siam_test_upload(y, count),
                             .result = siam_test_upload(before, SIAM_LOSS_WORDS)};
  siam_test_ok(loss->add(&batch));
  siam_test_run(batch.tape);
  outcome found = {.gradient = calloc(count, sizeof(float))};
  siam_test_download(batch.gradient, found.gradient);
  siam_test_download(batch.result, found.words);
  return found;
}

static double naive_loss(const float *y, int target, int classes) {
  double sum = 0;
  for (int c = 0; c < classes; c++) sum += exp(y[c]);
  return log(sum) - y[target];
}

/// `scale` spreads the outputs, so that probabilities lie near 0 and 1 too.
static void check(int rows, int classes, float scale, uint32_t seed) {
  const siam_target_loss *loss = NULL;
  siam_product_result result = {0};
  siam_test_ok(siam_target_loss_find("cross_entropy", &loss));
  siam_test_ok(siam_target_loss_check(siam_test_device(), loss, rows, classes, scale, seed, &result));
  cr_assert_str_empty(result.failure, "%d × %d: %s", rows, classes, result.failure);
}

Test(cross_entropy, loss_and_gradient_equal_their_formulas_at_every_edge) {
  static const int shapes[][2] = {{1, 1},  {1, 2},  {3, 3},  {2, 15},   {5, 16},
                                  {4, 17}, {7, 64}, {3, 65}, {129, 33}, {2, 5003}};
  for (uint32_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    check(shapes[i][0], shapes[i][1], 1, i);
    check(shapes[i][0], shapes[i][1], 10, i + 100);
  }
}

Test(cross_entropy, the_gradient_is_the_difference_of_the_loss) {
  enum { CLASSES = 9 };
  const float y[CLASSES] = {0.5F, -1, 2, 0.25F, 0, -0.75F, 1.5F, 1, -2}, target[1] = {3};
  outcome found = run(y, target, 1, CLASSES);
  for (int c = 0; c < CLASSES; c++) {
    // A power of two that the outputs are multiples of: y ± h is exact, and the third derivative is below 1.
    const float h = 0x1p-10F;
    float up[CLASSES], down[CLASSES];
    for (int k = 0; k < CLASSES; k++) {
      up[k] = y[k] + (k == c ? h : 0);
      down[k] = y[k] - (k == c ? h : 0);
    }
    const double slope = (naive_loss(up, 3, CLASSES) - naive_loss(down, 3, CLASSES)) / (2 * (double)h);
    cr_expect_leq(fabs(found.gradient[c] - slope), (double)h * h / 6 + 40 * 0x1p-24, "%d: %g, not %g", c,
                  (double)found.gradient[c], slope);
  }
  free(found.gradient);
}

Test(cross_entropy, huge_outputs_neither_overflow_nor_vanish) {
  enum { CLASSES = 20 };
  float y[CLASSES];
  const float target[1] = {7};
  for (int c = 0; c < CLASSES; c++) y[c] = c == 7 ? -3e38F : c == 2 ? 3e4F : -3e4F;
  y[7] = 2e4F;
  outcome found = run(y, target, 1, CLASSES);
  cr_expect_eq(found.words[SIAM_LOSS_VALUE], 1e4F);
  for (int c = 0; c < CLASSES; c++) cr_expect_eq(found.gradient[c], c == 2 ? 1 : c == 7 ? -1 : 0);
  free(found.gradient);
}

Test(cross_entropy, nan_and_targets_that_are_no_class_show) {
  enum { ROWS = 3, CLASSES = 18 };
  float y[ROWS * CLASSES], target[ROWS] = {1, 17, 0};
  siam_check_fill(y, ROWS * CLASSES, SIAM_VALUES_SPREAD, 1);
  static const struct {
    float value;
    bool in_target;
  } spoilt[] = {{NAN, false}, {-1, true}, {CLASSES, true}, {0.5F, true}, {NAN, true}};
  for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
    float *place = spoilt[i].in_target ? &target[1] : &y[CLASSES + 4], kept = *place;
    *place = spoilt[i].value;
    outcome found = run(y, target, ROWS, CLASSES);
    *place = kept;
    cr_expect(isnan(found.words[SIAM_LOSS_VALUE]));
    // The other rows are as they were.
    for (int k = 0; k < ROWS * CLASSES; k++)
      cr_expect_eq(isnan(found.gradient[k]) != 0, k / CLASSES == 1, "case %zu, element %d", i, k);
    free(found.gradient);
  }
}

Test(cross_entropy, the_same_batch_gives_the_same_bits) {
  enum { ROWS = 70, CLASSES = 333 };
  float *y = calloc((size_t)ROWS * CLASSES, sizeof *y), target[ROWS] = {0};
  siam_check_fill(y, (size_t)ROWS * CLASSES, SIAM_VALUES_SPREAD, 9);
  outcome one = run(y, target, ROWS, CLASSES), two = run(y, target, ROWS, CLASSES);
  cr_expect(siam_check_same_bits(one.gradient, two.gradient, (size_t)ROWS * CLASSES));
  cr_expect(siam_check_same_bits(one.words, two.words, SIAM_LOSS_WORDS));
  free(y), free(one.gradient), free(two.gradient);
}
