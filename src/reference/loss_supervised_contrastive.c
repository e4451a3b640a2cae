// The loss supervised_contrastive in float64, twice: as its formula, and with its derivatives and what they
// may be off by.
#include "reference/loss_case.h"

#include <math.h>

static double value(const siam_loss_case *c, const double *matrix, const double *held) {
  double sum = 0, number = 0, temperature = siam_case_option(c, "temperature");
  (void)held;
  for (int i = 0; i < c->rows; i++) {
    double all = 0, logarithms = 0, same = 0;
    for (int a = 0; a < c->rows; a++)
      if (a != i) all += exp(matrix[i * c->rows + a] / temperature);
    for (int p = 0; p < c->rows; p++) {
      if (!siam_case_same(c, i, p)) continue;
      logarithms += log(exp(matrix[i * c->rows + p] / temperature) / all);
      same++;
    }
    sum -= same > 0 ? logarithms / same : 0;
    number += same > 0;
  }
  return sum / fmax(number, 1);
}

static siam_bounded derive(const siam_loss_case *c, const siam_bounded *matrix, siam_bounded *factors,
                           int *active) {
  static siam_bounded costs[SIAM_BATCH_ROWS];
  const siam_bounded temperature = bounded_exactly(siam_case_option(c, "temperature"));
  int sizes[SIAM_BATCH_ROWS] = {0}, number = 0;
  for (int i = 0; i < c->rows; i++) {
    for (int p = 0; p < c->rows; p++) sizes[i] += siam_case_same(c, i, p);
    number += sizes[i] > 0;
  }
  siam_bounded share = bounded_over(bounded_exactly(1), bounded_scaled(temperature, number > 0 ? number : 1));
  number = 0;
  for (int i = 0; i < c->rows; i++) {
    siam_bounded all[SIAM_BATCH_ROWS], same[SIAM_BATCH_ROWS], size = bounded_exactly(sizes[i]);
    int count = 0, same_count = 0;
    if (sizes[i] == 0) continue;
    for (int a = 0; a < c->rows; a++) {
      if (a == i) continue;
      all[count] = bounded_over(matrix[i * c->rows + a], temperature);
      if (siam_case_same(c, i, a)) same[same_count++] = all[count];
      count++;
    }
    siam_bounded logarithm = bounded_log_sum_exp(all, count);
    costs[number++] = bounded_minus(logarithm, bounded_over(bounded_sum(same, same_count), size));
    for (int a = 0; a < c->rows; a++) {
      if (a == i) continue;
      siam_bounded z = bounded_over(matrix[i * c->rows + a], temperature);
      siam_bounded part = bounded_exp(bounded_minus(z, logarithm));
      if (siam_case_same(c, i, a)) part = bounded_minus(part, bounded_over(bounded_exactly(1), size));
      factors[i * c->rows + a] = bounded_times(part, share);
    }
  }
  *active = number;
  return bounded_over(bounded_sum(costs, number), bounded_exactly(number > 0 ? number : 1));
}

const siam_loss_reference siam_supervised_contrastive_reference = {"supervised_contrastive", value, derive,
                                                                   NULL};
