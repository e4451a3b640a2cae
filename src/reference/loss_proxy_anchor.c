// The loss proxy_anchor in float64, twice: as its formula, and with its derivatives and what they may be off
// by.
#include "reference/loss_case.h"

#include <math.h>

static double value(const siam_loss_case *c, const double *matrix, const double *held) {
  double of_same = 0, of_different = 0, present = 0;
  double margin = siam_case_option(c, "margin"), alpha = siam_case_option(c, "alpha");
  (void)held;
  for (int k = 0; k < c->classes; k++) {
    double same = 0, different = 0;
    for (int i = 0; i < c->rows; i++) {
      double s = matrix[k * c->rows + i];
      if (c->labels[i] == k)
        same += exp(-alpha * (s - margin));
      else
        different += exp(alpha * (s + margin));
    }
    of_same += log1p(same);
    of_different += log1p(different);
    present += same > 0;
  }
  return of_same / fmax(present, 1) + of_different / c->classes;
}

static siam_bounded exponent(const siam_loss_case *c, siam_bounded s, bool same) {
  siam_bounded margin = bounded_exactly(siam_case_option(c, "margin"));
  double alpha = siam_case_option(c, "alpha");
  return same ? bounded_scaled(bounded_minus(s, margin), -alpha)
              : bounded_scaled(bounded_plus(s, margin), alpha);
}

static siam_bounded derive(const siam_loss_case *c, const siam_bounded *matrix, siam_bounded *factors,
                           int *active) {
  static siam_bounded logarithms[2][SIAM_BATCH_ROWS];
  int present = 0;
  for (int k = 0; k < c->classes; k++) {
    siam_bounded terms[2][SIAM_BATCH_ROWS + 1] = {{bounded_exactly(0)}, {bounded_exactly(0)}};
    int numbers[2] = {1, 1};
    for (int i = 0; i < c->rows; i++) {
      bool same = c->labels[i] == k;
      terms[same][numbers[same]++] = exponent(c, matrix[k * c->rows + i], same);
    }
    present += numbers[1] > 1;
    for (int same = 0; same < 2; same++)
      logarithms[same][k] = bounded_log_sum_exp(terms[same], numbers[same]);
  }
  const siam_bounded divisors[2] = {bounded_exactly(c->classes), bounded_exactly(present > 0 ? present : 1)};
  for (int k = 0; k < c->classes; k++)
    for (int i = 0; i < c->rows; i++) {
      bool same = c->labels[i] == k;
      siam_bounded share = bounded_over(bounded_exactly(siam_case_option(c, "alpha")), divisors[same]);
      siam_bounded part =
          bounded_exp(bounded_minus(exponent(c, matrix[k * c->rows + i], same), logarithms[same][k]));
      factors[k * c->rows + i] = bounded_scaled(bounded_times(part, share), same ? -1 : 1);
    }
  *active = present;
  return bounded_plus(bounded_over(bounded_sum(logarithms[1], c->classes), divisors[1]),
                      bounded_over(bounded_sum(logarithms[0], c->classes), divisors[0]));
}

const siam_loss_reference siam_proxy_anchor_reference = {"proxy_anchor", value, derive, NULL};
