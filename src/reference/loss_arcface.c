// The loss arcface in float64, twice: as its formula, and with its derivatives and what they may be off by.
#include "reference/loss_softmax.h"

#include <math.h>

static double target_value(const siam_loss_case *c, double s) {
  double margin = siam_case_option(c, "margin"), angle = acos(fmax(-1, fmin(1, s)));
  return angle + margin > M_PI ? s - margin * sin(margin) : cos(angle + margin);
}

/// A cosine or sine of the margin, which OpenCL allows 4 ulp.
static siam_bounded rounded(double value) {
  return (siam_bounded){value, 8 * 0x1p-24 * fabs(value)};
}

static siam_bounded target_derive(const siam_loss_case *c, siam_bounded s, siam_bounded *slope) {
  const siam_bounded one = bounded_exactly(1), margin = bounded_exactly(siam_case_option(c, "margin"));
  const siam_bounded cosine = rounded(cos(margin.value)), sine = rounded(sin(margin.value));
  *slope = one;
  if (bounded_above(bounded_scaled(cosine, -1), s)) return bounded_minus(s, bounded_times(margin, sine));
  siam_bounded across = bounded_root(bounded_times(bounded_minus(one, s), bounded_plus(one, s)));
  siam_bounded least = bounded_exactly(1e-3);
  siam_bounded divisor = bounded_above(least, across) ? least : across;
  *slope = bounded_plus(cosine, bounded_over(bounded_times(s, sine), divisor));
  return bounded_minus(bounded_times(s, cosine), bounded_times(across, sine));
}

static const siam_softmax_target target = {target_value, target_derive};

static double value(const siam_loss_case *c, const double *matrix, const double *held) {
  (void)held;
  return siam_softmax_value(&target, c, matrix);
}

static siam_bounded derive(const siam_loss_case *c, const siam_bounded *matrix, siam_bounded *factors,
                           int *active) {
  return siam_softmax_derive(&target, c, matrix, factors, active);
}

const siam_loss_reference siam_arcface_reference = {"arcface", value, derive, NULL};
