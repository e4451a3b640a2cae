// The loss nt_xent in float64, twice: as its formula, and with its derivatives and what they may be off by.
#include "reference/loss_case.h"

#include <math.h>

static double value(const siam_loss_case *c, const double *matrix, const double *held) {
  double sum = 0, number = 0, temperature = siam_case_option(c, "temperature");
  (void)held;
  for (int i = 0; i < c->rows; i++)
    for (int p = 0; p < c->rows; p++) {
      if (!siam_case_same(c, i, p)) continue;
      double own = exp(matrix[i * c->rows + p] / temperature), different = 0;
      for (int n = 0; n < c->rows; n++)
        if (siam_case_different(c, i, n)) different += exp(matrix[i * c->rows + n] / temperature);
      sum -= log(own / (own + different));
      number++;
    }
  return sum / fmax(number, 1);
}

/// The row's similarities to different rows divided by the temperature; returns how many.
static int different_of(const siam_loss_case *c, const siam_bounded *mine, int row, siam_bounded *found) {
  int count = 0;
  for (int n = 0; n < c->rows; n++)
    if (siam_case_different(c, row, n))
      found[count++] = bounded_over(mine[n], bounded_exactly(siam_case_option(c, "temperature")));
  return count;
}

static siam_bounded derive(const siam_loss_case *c, const siam_bounded *matrix, siam_bounded *factors,
                           int *active) {
  static siam_bounded costs[SIAM_BATCH_ROWS * SIAM_BATCH_ROWS];
  const siam_bounded temperature = bounded_exactly(siam_case_option(c, "temperature"));
  int pairs = 0, number = 0;
  for (int i = 0; i < c->rows; i++)
    for (int p = 0; p < c->rows; p++) pairs += siam_case_same(c, i, p);
  siam_bounded share = bounded_over(bounded_exactly(1), bounded_scaled(temperature, pairs > 0 ? pairs : 1));
  for (int i = 0; i < c->rows; i++) {
    const siam_bounded *mine = &matrix[i * c->rows];
    siam_bounded found[SIAM_BATCH_ROWS], pushes[SIAM_BATCH_ROWS];
    int count = different_of(c, mine, i, found), same = 0;
    // Nothing is pushed from different rows where there are none.
    if (count == 0) continue;
    siam_bounded different = bounded_log_sum_exp(found, count);
    for (int p = 0; p < c->rows; p++) {
      if (!siam_case_same(c, i, p)) continue;
      siam_bounded excess = bounded_minus(different, bounded_over(mine[p], temperature));
      costs[number++] = bounded_softplus(excess);
      pushes[same++] = bounded_sigmoid(excess);
      factors[i * c->rows + p] = bounded_scaled(bounded_times(bounded_sigmoid(excess), share), -1);
    }
    siam_bounded push = bounded_sum(pushes, same);
    for (int n = 0; n < c->rows; n++) {
      if (!siam_case_different(c, i, n)) continue;
      siam_bounded part = bounded_exp(bounded_minus(bounded_over(mine[n], temperature), different));
      factors[i * c->rows + n] = bounded_times(bounded_times(push, part), share);
    }
  }
  *active = pairs;
  return bounded_over(bounded_sum(costs, number), bounded_exactly(pairs > 0 ? pairs : 1));
}

const siam_loss_reference siam_nt_xent_reference = {"nt_xent", value, derive, NULL};
