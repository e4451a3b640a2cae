// The loss circle in float64, twice: as its formula, and with its derivatives and what they may be off by.
#include "reference/loss_case.h"

#include <math.h>

static double value(const siam_loss_case *c, const double *matrix, const double *held) {
  double sum = 0, number = 0, margin = siam_case_option(c, "margin"), gamma = siam_case_option(c, "gamma");
  for (int i = 0; i < c->rows; i++) {
    double same = 0, different = 0;
    for (int a = 0; a < c->rows; a++) {
      double s = matrix[i * c->rows + a], now = held[i * c->rows + a];
      if (siam_case_same(c, i, a)) same += exp(-gamma * fmax(0, 1 + margin - now) * (s - 1 + margin));
      if (siam_case_different(c, i, a)) different += exp(gamma * fmax(0, now + margin) * (s - margin));
    }
    sum += log1p(same * different);
    number += same > 0 && different > 0;
  }
  return sum / fmax(number, 1);
}

static siam_bounded weight_of(const siam_loss_case *c, siam_bounded s, bool same) {
  siam_bounded margin = bounded_exactly(siam_case_option(c, "margin"));
  siam_bounded missing =
      same ? bounded_minus(bounded_plus(bounded_exactly(1), margin), s) : bounded_plus(s, margin);
  // Both sides of 0 agree there, so that a choice that rounding turns does no harm.
  return bounded_scaled(bounded_positive(missing), siam_case_option(c, "gamma"));
}

static siam_bounded exponent_of(const siam_loss_case *c, siam_bounded s, bool same) {
  siam_bounded margin = bounded_exactly(siam_case_option(c, "margin"));
  siam_bounded wanted = same ? bounded_minus(bounded_exactly(1), margin) : margin;
  return bounded_scaled(bounded_times(weight_of(c, s, same), bounded_minus(s, wanted)), same ? -1 : 1);
}

static siam_bounded derive(const siam_loss_case *c, const siam_bounded *matrix, siam_bounded *factors,
                           int *active) {
  static siam_bounded costs[SIAM_BATCH_ROWS], sums[SIAM_BATCH_ROWS][2];
  int number = 0, counts[SIAM_BATCH_ROWS];
  for (int i = 0; i < c->rows; i++) {
    siam_bounded exponents[2][SIAM_BATCH_ROWS];
    int numbers[2] = {0, 0};
    for (int a = 0; a < c->rows; a++) {
      if (a == i) continue;
      bool same = siam_case_same(c, i, a);
      exponents[same][numbers[same]++] = exponent_of(c, matrix[i * c->rows + a], same);
    }
    counts[i] = numbers[0] > 0 && numbers[1] > 0;
    if (!counts[i]) continue;
    for (int same = 0; same < 2; same++) sums[i][same] = bounded_log_sum_exp(exponents[same], numbers[same]);
    costs[number++] = bounded_softplus(bounded_plus(sums[i][1], sums[i][0]));
  }
  siam_bounded divisor = bounded_exactly(number > 0 ? number : 1);
  for (int i = 0; i < c->rows; i++) {
    if (!counts[i]) continue;
    siam_bounded slope = bounded_over(bounded_sigmoid(bounded_plus(sums[i][1], sums[i][0])), divisor);
    for (int a = 0; a < c->rows; a++) {
      if (a == i) continue;
      bool same = siam_case_same(c, i, a);
      siam_bounded s = matrix[i * c->rows + a];
      siam_bounded part = bounded_exp(bounded_minus(exponent_of(c, s, same), sums[i][same]));
      factors[i * c->rows + a] =
          bounded_scaled(bounded_times(bounded_times(slope, part), weight_of(c, s, same)), same ? -1 : 1);
    }
  }
  *active = number;
  return bounded_over(bounded_sum(costs, number), divisor);
}

const siam_loss_reference siam_circle_reference = {"circle", value, derive, NULL};
