// The loss multi_similarity in float64, twice: as its formula, and with its derivatives and what they may be
// off by.
#include "reference/loss_case.h"

#include <math.h>

/// The row's farthest same row (`sign` −1), or its nearest different one (1); −1 without one.
static int extreme(const siam_loss_case *c, const siam_bounded *mine, int row, int sign) {
  int found = -1;
  for (int other = 0; other < c->rows; other++) {
    if (!(sign < 0 ? siam_case_same : siam_case_different)(c, row, other)) continue;
    // What comes earlier stays where both are equal, and for their similarity it does not matter.
    if (found < 0 || sign * mine[other].value > sign * mine[found].value) found = other;
  }
  return found;
}

/// Whether each pair of the row counts.
static void choose(const siam_loss_case *c, const siam_bounded *mine, int row, bool *counts) {
  siam_bounded epsilon = bounded_exactly(siam_case_option(c, "epsilon"));
  int farthest = extreme(c, mine, row, -1), nearest = extreme(c, mine, row, 1);
  for (int other = 0; other < c->rows; other++) {
    counts[other] = false;
    if (other == row || farthest < 0 || nearest < 0) continue;
    counts[other] = siam_case_same(c, row, other)
                        ? bounded_above(mine[nearest], bounded_minus(mine[other], epsilon))
                        : bounded_above(bounded_plus(mine[other], epsilon), mine[farthest]);
  }
}

static double value(const siam_loss_case *c, const double *matrix, const double *held) {
  double sum = 0, base = siam_case_option(c, "base");
  double alpha = siam_case_option(c, "alpha"), beta = siam_case_option(c, "beta");
  for (int i = 0; i < c->rows; i++) {
    double same = 0, different = 0;
    siam_bounded choice[SIAM_BATCH_ROWS];
    bool counts[SIAM_BATCH_ROWS];
    // Which pairs count is chosen, and has no gradient.
    for (int a = 0; a < c->rows; a++) choice[a] = (siam_bounded){held[i * c->rows + a], 0};
    choose(c, choice, i, counts);
    for (int a = 0; a < c->rows; a++) {
      double s = matrix[i * c->rows + a];
      if (!counts[a]) continue;
      if (siam_case_same(c, i, a))
        same += exp(-alpha * (s - base));
      else
        different += exp(beta * (s - base));
    }
    sum += log1p(same) / alpha + log1p(different) / beta;
  }
  return sum / c->rows;
}

static siam_bounded exponent(const siam_loss_case *c, siam_bounded s, bool same) {
  siam_bounded above = bounded_minus(s, bounded_exactly(siam_case_option(c, "base")));
  return bounded_scaled(above, same ? -siam_case_option(c, "alpha") : siam_case_option(c, "beta"));
}

static siam_bounded derive(const siam_loss_case *c, const siam_bounded *matrix, siam_bounded *factors,
                           int *active) {
  siam_bounded costs[SIAM_BATCH_ROWS];
  const siam_bounded scale[2] = {bounded_exactly(siam_case_option(c, "beta")),
                                 bounded_exactly(siam_case_option(c, "alpha"))};
  siam_bounded share = bounded_over(bounded_exactly(1), bounded_exactly(c->rows));
  *active = 0;
  for (int i = 0; i < c->rows; i++) {
    const siam_bounded *mine = &matrix[i * c->rows];
    siam_bounded terms[2][SIAM_BATCH_ROWS] = {{bounded_exactly(0)}, {bounded_exactly(0)}}, logarithms[2];
    int numbers[2] = {1, 1};
    bool counts[SIAM_BATCH_ROWS];
    choose(c, mine, i, counts);
    for (int a = 0; a < c->rows; a++) {
      if (!counts[a]) continue;
      bool same = siam_case_same(c, i, a);
      terms[same][numbers[same]++] = exponent(c, mine[a], same);
      (*active)++;
    }
    for (int same = 0; same < 2; same++) logarithms[same] = bounded_log_sum_exp(terms[same], numbers[same]);
    costs[i] = bounded_plus(bounded_over(logarithms[1], scale[1]), bounded_over(logarithms[0], scale[0]));
    for (int a = 0; a < c->rows; a++) {
      if (!counts[a]) continue;
      bool same = siam_case_same(c, i, a);
      siam_bounded part = bounded_exp(bounded_minus(exponent(c, mine[a], same), logarithms[same]));
      factors[i * c->rows + a] = bounded_scaled(bounded_times(part, share), same ? -1 : 1);
    }
  }
  return bounded_over(bounded_sum(costs, c->rows), bounded_exactly(c->rows));
}

const siam_loss_reference siam_multi_similarity_reference = {"multi_similarity", value, derive, NULL};
