#include "pipeline/leakage.h"

#include "base/random.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>

enum { COUNT = 784 };

static uint8_t first[COUNT], second[COUNT];

static void draw(uint8_t *bytes, uint64_t seed) {
  for (uint32_t i = 0; i < COUNT; i++)
    bytes[i] = (uint8_t)siam_below(siam_random(seed, SIAM_STREAM_EVALUATE, 1, i).word[0], 256);
}

Test(leakage, brightness_and_contrast_do_not_count) {
  draw(first, 1);
  for (int i = 0; i < COUNT; i++) second[i] = (uint8_t)(first[i] / 2 + 60);
  // Halving rounds by a quarter on average; against the spread of 256/√12 that is below 1 in 10,000.
  cr_expect_float_eq(siam_picture_correlation(first, first, COUNT), 1, COUNT * DBL_EPSILON);
  cr_expect_gt(siam_picture_correlation(first, second, COUNT), 0.9999);
  for (int i = 0; i < COUNT; i++) second[i] = (uint8_t)(255 - first[i]);
  cr_expect_float_eq(siam_picture_correlation(first, second, COUNT), -1, COUNT * DBL_EPSILON);
}

Test(leakage, pictures_that_have_nothing_to_do_with_each_other_do_not_correlate) {
  draw(first, 1);
  draw(second, 2);
  // Standard error 1/√784.
  cr_expect_float_eq(siam_picture_correlation(first, second, COUNT), 0, 5 / sqrt(COUNT));
  for (int i = 0; i < COUNT; i++) second[i] = 7;
  cr_expect_eq(siam_picture_correlation(first, second, COUNT), 0);
}
