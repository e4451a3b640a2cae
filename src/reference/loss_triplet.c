// The loss triplet in float64, twice: as its formula, and with its derivatives and what they may be off by.
#include "reference/loss_case.h"

#include <math.h>

enum { ALL, SEMI_HARD, HARDEST };

/// The farthest row of the same class (`sign` 1), or the nearest of another (−1); −1 without one.
static int extreme(const siam_loss_case *c, const siam_bounded *matrix, int row, int sign) {
  int found = -1;
  for (int other = 0; other < c->rows; other++) {
    const siam_bounded *mine = &matrix[row * c->rows];
    if (!(sign > 0 ? siam_case_same : siam_case_different)(c, row, other)) continue;
    if (found < 0 ||
        (sign > 0 ? bounded_above(mine[other], mine[found]) : bounded_above(mine[found], mine[other])))
      found = other;
  }
  return found;
}

/// Whether the mining lets the anchor, its positive and its negative count.
static bool counts(const siam_loss_case *c, const siam_bounded *matrix, int a, int p, int n) {
  int mining = (int)siam_case_option(c, "mining");
  if (!siam_case_same(c, a, p) || !siam_case_different(c, a, n)) return false;
  if (mining == SEMI_HARD) return bounded_above(matrix[a * c->rows + n], matrix[a * c->rows + p]);
  return mining == ALL || (p == extreme(c, matrix, a, 1) && n == extreme(c, matrix, a, -1));
}

static double value(const siam_loss_case *c, const double *matrix, const double *held) {
  static siam_bounded choice[SIAM_BATCH_ROWS * SIAM_BATCH_ROWS];
  double sum = 0, number = 0, margin = siam_case_option(c, "margin");
  // Which triplets count is chosen, and has no gradient.
  for (int i = 0; i < c->rows * c->rows; i++) choice[i] = (siam_bounded){held[i], 0};
  for (int a = 0; a < c->rows; a++)
    for (int p = 0; p < c->rows; p++)
      for (int n = 0; n < c->rows; n++) {
        if (!counts(c, choice, a, p, n)) continue;
        double cost = matrix[a * c->rows + p] - matrix[a * c->rows + n] + margin;
        sum += fmax(cost, 0);
        number += cost > 0;
      }
  return sum / fmax(number, 1);
}

static siam_bounded derive(const siam_loss_case *c, const siam_bounded *matrix, siam_bounded *factors,
                           int *active) {
  static siam_bounded costs[SIAM_BATCH_ROWS * SIAM_BATCH_ROWS * SIAM_BATCH_ROWS];
  static int numbers[SIAM_BATCH_ROWS * SIAM_BATCH_ROWS];
  int count = 0;
  const siam_bounded margin = bounded_exactly(siam_case_option(c, "margin"));
  for (int i = 0; i < c->rows * c->rows; i++) numbers[i] = 0;
  for (int a = 0; a < c->rows; a++)
    for (int p = 0; p < c->rows; p++)
      for (int n = 0; n < c->rows; n++) {
        if (!counts(c, matrix, a, p, n)) continue;
        siam_bounded positive = matrix[a * c->rows + p], negative = matrix[a * c->rows + n];
        siam_bounded cost = bounded_plus(bounded_minus(positive, negative), margin);
        if (!bounded_above(cost, bounded_exactly(0))) continue;
        costs[count++] = cost;
        numbers[a * c->rows + p]++;
        numbers[a * c->rows + n]--;
      }
  siam_bounded share = bounded_over(bounded_exactly(1), bounded_exactly(fmax(count, 1)));
  for (int i = 0; i < c->rows * c->rows; i++) factors[i] = bounded_scaled(share, numbers[i]);
  *active = count;
  return bounded_over(bounded_sum(costs, count), bounded_exactly(fmax(count, 1)));
}

const siam_loss_reference siam_triplet_reference = {"triplet", value, derive, NULL};
