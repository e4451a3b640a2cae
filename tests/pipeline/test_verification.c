#include "base/random.h"
#include "pipeline/bootstrap.h"
#include "pipeline/verification.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { CLASSES = 40, SAME_EACH = 8, PAIRS = 2 * CLASSES * SAME_EACH };

/// Pairs of classes that differ in how hard they are: a same pair lies at 1 + u + e, a different one at
/// 1.5 + (u + v) / 2 + e, with u, v of its classes and e of its own, all normal.
typedef struct population {
  float distances[PAIRS];
  uint8_t same[PAIRS];
  uint32_t a[PAIRS], b[PAIRS];
} population;
static const double CLASS_DEVIATION = 0.35, PAIR_DEVIATION = 0.15;

static double normal(uint64_t seed, uint32_t what, uint64_t index) {
  siam_draw draw = siam_random(seed, SIAM_STREAM_EVALUATE, what, index);
  return siam_normal(draw.word[0], draw.word[1]);
}

static void draw_population(uint64_t seed, population *drawn) {
  for (uint32_t i = 0; i < PAIRS; i++) {
    uint32_t a = i / 2 % CLASSES;
    uint32_t b =
        (a + 1 + siam_below(siam_random(seed, SIAM_STREAM_EVALUATE, 3, i).word[0], CLASSES - 1)) % CLASSES;
    drawn->same[i] = i % 2;
    drawn->a[i] = a;
    drawn->b[i] = drawn->same[i] ? a : b;
    double of_a = CLASS_DEVIATION * normal(seed, 1, a), of_b = CLASS_DEVIATION * normal(seed, 1, b);
    double own = PAIR_DEVIATION * normal(seed, 2, i);
    drawn->distances[i] = (float)(drawn->same[i] ? 1 + of_a + own : 1.5 + (of_a + of_b) / 2 + own);
  }
}

static siam_measured_pairs measure(const population *drawn) {
  return (siam_measured_pairs){PAIRS, drawn->distances, drawn->same, drawn->a, drawn->b, CLASSES};
}

/// The difference of the two distances is normal: mean 1/2, variance u² + u²/2 + 2 e².
static double true_auc(void) {
  double variance = 1.5 * CLASS_DEVIATION * CLASS_DEVIATION + 2 * PAIR_DEVIATION * PAIR_DEVIATION;
  return 0.5 * erfc(-0.5 / sqrt(variance) / sqrt(2));
}

/// Share of data sets whose interval of the AUC holds the truth.
static double coverage(bool by_class, int sets) {
  static population drawn;
  int covered = 0;
  for (int set = 0; set < sets; set++) {
    draw_population((uint64_t)set + 1, &drawn);
    siam_measured_pairs pairs = measure(&drawn);
    if (!by_class) pairs.unit_a = pairs.unit_b = NULL;
    siam_verification found;
    siam_verification_options options = {.repetitions = 300, .seed = (uint64_t)set};
    cr_assert_eq(siam_verification_compute(&pairs, &options, &found), SIAM_OK);
    covered += found.auc.low <= true_auc() && true_auc() <= found.auc.high;
  }
  return (double)covered / sets;
}

Test(verification, intervals_over_classes_hold_the_truth_as_often_as_they_say) {
  // Of 300 sets 95 % within 3 standard errors (1.26 points each), less the 2 points or so that percentile
  // intervals of 40 units are known to lack.
  double share = coverage(true, 300);
  cr_assert(share >= 0.95 - 0.02 - 0.038 && share <= 0.95 + 0.038, "%g", share);
}

Test(verification, intervals_over_pairs_would_be_too_narrow_here) {
  double share = coverage(false, 300);
  cr_assert_lt(share, 0.85, "%g", share);
}

/// AUC where a pair within a class counts as often as that was drawn, any other the product of both.
static double reference_auc(const population *drawn, const uint32_t *counts) {
  double nearer = 0, all = 0;
  for (size_t i = 0; i < PAIRS; i++) {
    for (size_t k = 0; k < PAIRS; k++) {
      if (!drawn->same[i] || drawn->same[k]) continue;
      double weight = (double)counts[drawn->a[i]] * counts[drawn->a[k]] * counts[drawn->b[k]];
      all += weight;
      nearer += drawn->distances[i] < drawn->distances[k] ? weight : 0;
    }
  }
  return nearer / all;
}

Test(verification, an_interval_is_that_of_a_quadratic_reference) {
  // 41 repetitions, so that the quantiles 2.5 % and 97.5 % are the second smallest and the second largest.
  static population drawn;
  draw_population(7, &drawn);
  siam_measured_pairs pairs = measure(&drawn);
  siam_verification found;
  siam_verification_options options = {.repetitions = 41, .seed = 5};
  cr_assert_eq(siam_verification_compute(&pairs, &options, &found), SIAM_OK);
  double values[41];
  for (uint32_t repetition = 0; repetition < 41; repetition++) {
    uint32_t counts[CLASSES];
    siam_bootstrap_draw(5, repetition, CLASSES, counts);
    values[repetition] = reference_auc(&drawn, counts);
  }
  int below = 0, above = 0;
  for (int i = 0; i < 41; i++) {
    below += values[i] < found.auc.low - 1e-12;
    above += values[i] > found.auc.high + 1e-12;
  }
  cr_assert_eq(below, 1);
  cr_assert_eq(above, 1);
  double nearest_low = 1, nearest_high = 1;
  for (int i = 0; i < 41; i++) {
    nearest_low = fmin(nearest_low, fabs(values[i] - found.auc.low));
    nearest_high = fmin(nearest_high, fabs(values[i] - found.auc.high));
  }
  // Sums of a hundred thousand weights: far below what lies between two repetitions.
  cr_assert_lt(nearest_low, 1e-10);
  cr_assert_lt(nearest_high, 1e-10);
}

Test(verification, the_same_seed_gives_the_same_intervals) {
  static population drawn;
  draw_population(1, &drawn);
  siam_measured_pairs pairs = measure(&drawn);
  siam_verification first, second, other;
  memset(&first, 0, sizeof first);
  memset(&second, 0, sizeof second);
  cr_assert_eq(siam_verification_compute(&pairs, NULL, &first), SIAM_OK);
  cr_assert_eq(siam_verification_compute(&pairs, NULL, &second), SIAM_OK);
  cr_assert_eq(siam_verification_compute(&pairs, &(siam_verification_options){.seed = 9}, &other), SIAM_OK);
  cr_assert_arr_eq(&first.auc, &second.auc, sizeof first.auc);
  cr_assert_arr_eq(&first.accuracy, &second.accuracy, sizeof first.accuracy);
  cr_assert_arr_eq(&first.eer, &second.eer, sizeof first.eer);
  cr_assert_eq(first.auc.value, other.auc.value);
  cr_assert_neq(first.auc.low, other.auc.low);
}

Test(verification, states_every_figure_with_an_interval_around_it) {
  static population drawn;
  draw_population(2, &drawn);
  siam_measured_pairs pairs = measure(&drawn);
  siam_verification found;
  siam_verification_options options = {.rates = {0.05, 0.001}, .rate_count = 2};
  cr_assert_eq(siam_verification_compute(&pairs, &options, &found), SIAM_OK);
  cr_assert_eq(found.same_pairs, PAIRS / 2);
  cr_assert_eq(found.different_pairs, PAIRS / 2);
  const siam_figure *figures[] = {&found.accuracy, &found.auc, &found.eer, &found.rates[0].tar};
  for (int i = 0; i < 4; i++) {
    cr_assert(figures[i]->low < figures[i]->value && figures[i]->value < figures[i]->high, "figure %d", i);
    cr_assert(figures[i]->low >= 0 && figures[i]->high <= 1);
  }
  cr_assert(found.rates[0].supported);
  // 320 different pairs are too few for one in a thousand.
  cr_assert_not(found.rates[1].supported);
  cr_assert(isnan(found.rates[1].tar.value));
}

Test(verification, the_accuracy_is_that_of_the_threshold_asked_for) {
  static population drawn;
  draw_population(3, &drawn);
  siam_measured_pairs pairs = measure(&drawn);
  siam_verification best, nothing;
  const double below = -10;
  cr_assert_eq(siam_verification_compute(&pairs, NULL, &best), SIAM_OK);
  cr_assert_eq(siam_verification_compute(&pairs, &(siam_verification_options){.threshold = &below}, &nothing),
               SIAM_OK);
  cr_assert_eq(nothing.threshold, -10);
  cr_assert_eq(nothing.accuracy.value, 0.5);
  cr_assert_gt(best.accuracy.value, 0.7);
  cr_assert_eq(best.rate_count, 2);
  cr_assert_eq(best.rates[0].rate, 1e-2);
  cr_assert_eq(best.rates[1].rate, 1e-3);
}

Test(verification, two_classes_are_too_few_for_an_interval) {
  const float distances[] = {0.1f, 0.2f, 0.8f};
  const uint8_t same[] = {1, 1, 0};
  const uint32_t a[] = {0, 1, 0}, b[] = {0, 1, 1};
  siam_measured_pairs pairs = {3, distances, same, a, b, 2};
  siam_verification found;
  cr_assert_eq(siam_verification_compute(&pairs, NULL, &found), SIAM_OK);
  cr_assert_eq(found.auc.value, 1);
  cr_assert(isnan(found.auc.low) && isnan(found.auc.high));
}

Test(verification, refuses_what_cannot_be_judged) {
  const float distances[] = {0.1f, NAN};
  const uint8_t same[] = {1, 0};
  const uint32_t a[] = {0, 0}, b[] = {0, 2};
  siam_measured_pairs pairs = {2, distances, same, NULL, NULL, 0};
  siam_verification found = {.threshold = 77};
  cr_assert_eq(siam_verification_compute(&pairs, NULL, &found), SIAM_ERROR_NUMERIC);
  pairs = (siam_measured_pairs){2, distances, same, a, b, 2};
  cr_assert_eq(siam_verification_compute(&pairs, NULL, &found), SIAM_ERROR_ARGUMENT);
  cr_assert_not_null(strstr(siam_last_error(), "pair 1"));
  cr_assert_eq(found.threshold, 77);
}
