#include "base/random.h"

#include <criterion/criterion.h>
#include <math.h>

Test(random, equals_the_published_philox_vectors) {
  // Known answers of Random123 (kat_vectors, philox4x32 10).
  siam_draw zero = siam_random(0, (siam_stream)0, 0, 0);
  uint32_t expected[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  for (int i = 0; i < 4; i++) cr_assert_eq(zero.word[i], expected[i]);
  siam_draw ones = siam_random(UINT64_MAX, (siam_stream)UINT32_MAX, UINT32_MAX, UINT64_MAX);
  uint32_t of_ones[4] = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
  for (int i = 0; i < 4; i++) cr_assert_eq(ones.word[i], of_ones[i]);
}

Test(random, shuffle_is_a_permutation_and_repeats) {
  uint32_t first[100], second[100];
  int seen[100] = {0};
  for (uint32_t i = 0; i < 100; i++) first[i] = second[i] = i;
  siam_shuffle(first, 100, 7, SIAM_STREAM_SAMPLE, 3);
  siam_shuffle(second, 100, 7, SIAM_STREAM_SAMPLE, 3);
  int moved = 0;
  for (uint32_t i = 0; i < 100; i++) {
    cr_assert_eq(first[i], second[i]);
    seen[first[i]]++;
    moved += first[i] != i;
  }
  for (int i = 0; i < 100; i++) cr_assert_eq(seen[i], 1);
  cr_assert_gt(moved, 80);
}

Test(random, uniform_and_normal_have_their_moments) {
  double sum = 0, normal_sum = 0, normal_squares = 0;
  int count = 20000;
  for (int i = 0; i < count; i++) {
    siam_draw draw = siam_random(1, SIAM_STREAM_AUGMENT, 0, (uint64_t)i);
    float u = siam_uniform(draw.word[0]);
    cr_assert(u >= 0 && u < 1);
    sum += u;
    float z = siam_normal(draw.word[1], draw.word[2]);
    cr_assert(isfinite(z));
    normal_sum += z;
    normal_squares += (double)z * z;
  }
  // Six standard errors of each mean.
  cr_assert_float_eq(sum / count, 0.5, 6 * 0.2887 / sqrt(count));
  cr_assert_float_eq(normal_sum / count, 0, 6 / sqrt(count));
  cr_assert_float_eq(normal_squares / count, 1, 6 * sqrt(2.0 / count));
}

Test(random, below_stays_below) {
  cr_assert_eq(siam_below(UINT32_MAX, 10), 9);
  cr_assert_eq(siam_below(0, 10), 0);
}
