#include "reference/loss_softmax.h"

#include <math.h>

double siam_softmax_value(const siam_softmax_target *target, const siam_loss_case *c, const double *matrix) {
  double sum = 0, scale = siam_case_option(c, "scale");
  for (int i = 0; i < c->rows; i++) {
    double own = exp(scale * target->value(c, matrix[c->labels[i] * c->rows + i])), all = own;
    for (int k = 0; k < c->classes; k++)
      if (k != c->labels[i]) all += exp(scale * matrix[k * c->rows + i]);
    sum -= log(own / all);
  }
  return sum / c->rows;
}

siam_bounded siam_softmax_derive(const siam_softmax_target *target, const siam_loss_case *c,
                                 const siam_bounded *matrix, siam_bounded *factors, int *active) {
  siam_bounded costs[SIAM_BATCH_ROWS];
  double scale = siam_case_option(c, "scale");
  const siam_bounded share = bounded_over(bounded_exactly(scale), bounded_exactly(c->rows));
  for (int i = 0; i < c->rows; i++) {
    siam_bounded logits[SIAM_BATCH_ROWS], slope = bounded_exactly(1);
    for (int k = 0; k < c->classes; k++) {
      siam_bounded s = matrix[k * c->rows + i];
      logits[k] = bounded_scaled(k == c->labels[i] ? target->derive(c, s, &slope) : s, scale);
    }
    siam_bounded logarithm = bounded_log_sum_exp(logits, c->classes);
    costs[i] = bounded_minus(logarithm, logits[c->labels[i]]);
    for (int k = 0; k < c->classes; k++) {
      siam_bounded part = bounded_exp(bounded_minus(logits[k], logarithm));
      if (k == c->labels[i]) part = bounded_times(bounded_minus(part, bounded_exactly(1)), slope);
      factors[k * c->rows + i] = bounded_times(part, share);
    }
  }
  *active = c->rows;
  return bounded_over(bounded_sum(costs, c->rows), bounded_exactly(c->rows));
}
