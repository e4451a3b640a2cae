#include "golden_metrics.h"
#include "pipeline/calibration.h"
#include "pipeline/metrics.h"
#include "pipeline/operating_point.h"

#include <criterion/criterion.h>
#include <float.h>

enum { COUNT = sizeof golden_same };

/// Sums of a few hundred terms of size 1, in another order.
static const double ROUNDING = 1024 * DBL_EPSILON;

static siam_ranking ranking;
static void begin(void) {
  cr_assert_eq(siam_ranking_create(golden_distances, golden_same, COUNT, &ranking), SIAM_OK);
}
static void end(void) {
  siam_ranking_clear(&ranking);
}
TestSuite(golden_metrics, .init = begin, .fini = end);

Test(golden_metrics, auc_and_equal_error_rate_are_those_of_scikit_learn) {
  siam_curve curve;
  cr_assert_eq(siam_curve_create(&ranking, &curve), SIAM_OK);
  cr_assert_float_eq(siam_curve_auc(&curve), golden_auc, ROUNDING);
  // The root was sought to 1e-15.
  cr_assert_float_eq(siam_curve_eer(&curve), golden_eer, ROUNDING);
  siam_curve_clear(&curve);
}

Test(golden_metrics, the_logistic_curve_is_the_one_that_newton_finds) {
  siam_calibration calibration;
  cr_assert_eq(siam_calibration_fit_platt(&ranking, &calibration), SIAM_OK);
  // The fit ends with derivatives below 1e-10 of the pairs; the smallest curvature here is above 0.01 of
  // them.
  cr_assert_float_eq(calibration.slope, golden_slope, 1e-8 * golden_slope);
  cr_assert_float_eq(calibration.offset, golden_offset, -1e-8 * golden_offset);
  siam_calibration_quality quality;
  cr_assert_eq(siam_calibration_measure(&calibration, &ranking, &quality), SIAM_OK);
  cr_assert_float_eq(quality.brier, golden_brier, 1e-8);
}

Test(golden_metrics, isotonic_regression_is_that_of_scikit_learn) {
  siam_calibration calibration;
  cr_assert_eq(siam_calibration_fit_isotonic(&ranking, &calibration), SIAM_OK);
  for (size_t i = 0; i < sizeof golden_asked / sizeof *golden_asked; i++)
    cr_assert_float_eq(siam_calibration_evaluate(&calibration, golden_asked[i]), golden_isotonic[i], ROUNDING,
                       "at %g", golden_asked[i]);
  siam_calibration_clear(&calibration);
}

Test(golden_metrics, wilson_intervals_are_those_of_scipy) {
  const uint64_t hits[] = {0, 1, 10, 500, 1000};
  for (int i = 0; i < 5; i++) {
    double low, high;
    siam_wilson_interval(hits[i], 1000, &low, &high);
    cr_assert_float_eq(low, golden_wilson_low[i], ROUNDING);
    cr_assert_float_eq(high, golden_wilson_high[i], ROUNDING);
  }
}
