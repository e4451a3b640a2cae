#include "device_memory.h"
#include "loss_check.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(triplet, .fini = siam_test_device_close);

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

static const siam_loss_reference reference = {"triplet", value, derive, NULL};

Test(triplet, all_of_a_batch_equal_the_reference) {
  siam_check_loss_edges(&reference, "triplet all margin=1");
}

Test(triplet, semi_hard_ones_equal_the_reference) {
  siam_check_loss_edges(&reference, "triplet semi_hard margin=1");
}

Test(triplet, hardest_ones_equal_the_reference) {
  siam_check_loss_edges(&reference, "triplet hardest margin=1");
}

Test(triplet, equals_pytorch_metric_learning) {
  siam_check_loss_golden(&reference, 6);
}

Test(triplet, extremes_are_borne) {
  siam_check_loss_extremes(&reference, "triplet all margin=1");
  siam_check_loss_extremes(&reference, "triplet semi_hard margin=1");
  siam_check_loss_extremes(&reference, "triplet hardest margin=1");
}

/// One class on a line at 0 and 1, another at the given place.
static float loss_with_negative_at(const char *loss, float place) {
  static siam_loss_case c;
  static siam_loss_outcome outcome;
  siam_loss_fill(&c, loss, 3, 1, 1, 1);
  c.embeddings[0] = 0;
  c.embeddings[1] = 1;
  c.embeddings[2] = place;
  c.labels[2] = 1;
  siam_loss_run(&c, &outcome);
  return outcome.result[SIAM_LOSS_VALUE];
}

Test(triplet, semi_hard_negatives_lie_between_the_positive_and_the_margin) {
  // For the anchor at 0: too near at 0.9, semi-hard at 1.1, far enough at 1.3. That at 1 has it at 1.9 … 2.3.
  cr_expect_eq(loss_with_negative_at("triplet semi_hard margin=0.25", -0.9F), 0);
  cr_expect_float_eq(loss_with_negative_at("triplet semi_hard margin=0.25", -1.1F), 0.15F, 1e-6);
  cr_expect_eq(loss_with_negative_at("triplet semi_hard margin=0.25", -1.3F), 0);
  cr_expect_float_eq(loss_with_negative_at("triplet all margin=0.25", -0.9F), 0.35F, 1e-6);
}
