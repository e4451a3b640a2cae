// The loss cosface in float64, twice: as its formula, and with its derivatives and what they may be off by.
#include "reference/loss_softmax.h"

static double target_value(const siam_loss_case *c, double s) {
  return s - siam_case_option(c, "margin");
}

static siam_bounded target_derive(const siam_loss_case *c, siam_bounded s, siam_bounded *slope) {
  *slope = bounded_exactly(1);
  return bounded_minus(s, bounded_exactly(siam_case_option(c, "margin")));
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

const siam_loss_reference siam_cosface_reference = {"cosface", value, derive, NULL};
