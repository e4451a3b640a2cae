#include "base/random.h"
#include "pipeline/cross_calibration.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { CLASSES = 12, SAME = 15, DIFFERENT = 8, MOST = CLASSES * SAME + CLASSES * CLASSES * DIFFERENT };

/// Pairs of made-up classes: 15 same ones of each, 8 different ones of every two.
typedef struct made_pairs {
  float distances[MOST];
  uint8_t same[MOST];
  uint32_t a[MOST], b[MOST];
  siam_measured_pairs measured;
} made_pairs;

static double deviate(uint64_t seed, uint64_t index) {
  siam_draw draw = siam_random(seed, SIAM_STREAM_EVALUATE, 0, index);
  return (double)siam_normal(draw.word[0], draw.word[1]);
}

static void add(made_pairs *made, double distance, bool same, uint32_t a, uint32_t b) {
  size_t i = made->measured.count++;
  made->distances[i] = (float)distance;
  made->same[i] = same;
  made->a[i] = a;
  made->b[i] = b;
}

/// `quirk` is how much classes differ in how far apart their pictures lie; `noise`, pairs.
static void make(uint64_t seed, uint32_t classes, double quirk, double noise, made_pairs *made) {
  double own[CLASSES];
  uint64_t next = 0;
  *made = (made_pairs){0};
  for (uint32_t c = 0; c < classes; c++) own[c] = quirk * deviate(seed, next++);
  for (uint32_t a = 0; a < classes; a++) {
    for (int i = 0; i < SAME; i++) add(made, 0.8 + own[a] + noise * deviate(seed, next++), true, a, a);
    for (uint32_t b = 0; b < a; b++)
      for (int i = 0; i < DIFFERENT; i++)
        add(made, 1.3 + (own[a] + own[b]) / 2 + noise * deviate(seed, next++), false, a, b);
  }
  made->measured = (siam_measured_pairs){.count = made->measured.count,
                                         .distances = made->distances,
                                         .same = made->same,
                                         .unit_a = made->a,
                                         .unit_b = made->b,
                                         .units = classes};
}

static siam_ranking rank(const made_pairs *made) {
  siam_ranking ranking = {0};
  cr_assert_eq(siam_ranking_create(made->distances, made->same, made->measured.count, &ranking), SIAM_OK);
  return ranking;
}

Test(cross_calibration, says_what_new_classes_show_where_the_own_pairs_flatter) {
  static made_pairs made, fresh;
  double own = 0, crossed = 0, truth = 0;
  enum { SETS = 40 };
  for (uint64_t seed = 1; seed <= SETS; seed++) {
    siam_calibration calibration;
    siam_calibration_quality quality;
    uint32_t folds = 0;
    make(seed, CLASSES, 0.2, 0.15, &made);
    make(1000 + seed, CLASSES, 0.2, 0.15, &fresh);
    siam_ranking ranking = rank(&made), of_fresh = rank(&fresh);
    cr_assert_eq(siam_calibration_fit_platt(&ranking, &calibration), SIAM_OK);
    cr_assert_eq(siam_calibration_measure(&calibration, &ranking, &quality), SIAM_OK);
    own += quality.expected_error / SETS;
    cr_assert_eq(siam_calibration_measure(&calibration, &of_fresh, &quality), SIAM_OK);
    truth += quality.expected_error / SETS;
    cr_assert_eq(siam_calibration_cross_measure(&made.measured, &folds, &quality), SIAM_OK);
    crossed += quality.expected_error / SETS;
    cr_assert_eq(folds, 5);
    siam_ranking_clear(&ranking);
    siam_ranking_clear(&of_fresh);
  }
  cr_expect_lt(own, truth, "own %g, crossed %g, new classes %g", own, crossed, truth);
  cr_expect_gt(crossed, own);
  cr_expect_lt(fabs(crossed - truth), fabs(own - truth), "own %g, crossed %g, new classes %g", own, crossed,
               truth);
}

Test(cross_calibration, the_mix_of_both_kinds_is_that_of_all_pairs) {
  static made_pairs made;
  siam_calibration_quality quality;
  uint32_t folds = 0;
  // All distances are one, so that the similarity is the share of same pairs; without two of five folds it
  // would be 0.35 instead of 0.25. Platt's targets move it by less than 1 / 180, the fewest pairs of a fit.
  make(1, CLASSES, 0, 0, &made);
  for (size_t i = 0; i < made.measured.count; i++) made.distances[i] = 1;
  cr_assert_eq(siam_calibration_cross_measure(&made.measured, &folds, &quality), SIAM_OK);
  cr_assert_eq(folds, 5);
  for (size_t i = 0; i < SIAM_CALIBRATION_BINS; i++)
    cr_expect_float_eq(quality.bins[i].similarity, 180.0 / (180 + 66 * DIFFERENT), 1.0 / 180);
}

Test(cross_calibration, folds_are_as_many_as_leave_two_classes_outside) {
  static made_pairs made;
  static const uint32_t expected[] = {0, 0, 0, 0, 3, 3, 4, 4, 5, 5, 5};
  for (uint32_t classes = 2; classes <= CLASSES; classes++) {
    siam_calibration_quality quality;
    uint32_t folds = 9;
    memset(&quality, 0x55, sizeof quality);
    siam_calibration_quality before = quality;
    make(classes, classes, 0.1, 0.1, &made);
    cr_assert_eq(siam_calibration_cross_measure(&made.measured, &folds, &quality), SIAM_OK);
    cr_expect_eq(folds, expected[classes - 2], "%u classes: %u folds", classes, folds);
    cr_expect_eq(memcmp(&quality, &before, sizeof quality) == 0, folds == 0);
  }
}

Test(cross_calibration, without_both_kinds_outside_of_the_folds_there_is_none) {
  static made_pairs made;
  siam_calibration_quality quality;
  uint32_t folds = 9;
  make(1, CLASSES, 0.1, 0.1, &made);
  // Same pairs are of the first class alone, whose fold some fit has to do without.
  for (size_t i = 0; i < made.measured.count; i++) made.same[i] = made.a[i] == 0;
  cr_assert_eq(siam_calibration_cross_measure(&made.measured, &folds, &quality), SIAM_OK);
  cr_expect_eq(folds, 0);
  folds = 9;
  made.measured.unit_a = made.measured.unit_b = NULL;
  cr_assert_eq(siam_calibration_cross_measure(&made.measured, &folds, &quality), SIAM_OK);
  cr_expect_eq(folds, 0);
}
