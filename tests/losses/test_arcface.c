#include "device_memory.h"
#include "softmax_reference.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(arcface, .fini = siam_test_device_close);

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

static const siam_loss_reference reference = {"arcface", value, derive, NULL};

Test(arcface, equals_the_reference) {
  // In one dimension every angle is 0 or a half turn, where the cosine has no slope by rounding alone.
  siam_check_loss_edges_from(&reference, "arcface", 2);
  siam_check_loss_edges_from(&reference, "arcface margin=1 scale=8", 2);
}

Test(arcface, equals_pytorch_metric_learning) {
  siam_check_loss_golden(&reference, 4);
}

Test(arcface, extremes_are_borne) {
  siam_check_loss_extremes(&reference, "arcface");
  siam_check_loss_extremes(&reference, "arcface scale=300");
}

Test(arcface, pictures_on_their_proxies_have_finite_gradients) {
  static siam_loss_case c;
  static siam_loss_outcome outcome;
  siam_loss_fill(&c, "arcface", 6, 20, 3, 4);
  for (int i = 0; i < 6 * 20; i++) c.parameters[c.labels[i / 20] * 20 + i % 20] = c.embeddings[i];
  siam_loss_run(&c, &outcome);
  cr_expect(isfinite(outcome.result[SIAM_LOSS_VALUE]));
  for (int i = 0; i < 6 * 20; i++) cr_expect(isfinite(outcome.gradients[i]));
  for (int i = 0; i < c.parameter_count; i++) cr_expect(isfinite(outcome.parameter_gradients[i]));
}
