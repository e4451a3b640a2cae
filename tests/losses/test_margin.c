#include "base/random.h"
#include "device_memory.h"
#include "loss_check.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(margin, .fini = siam_test_device_close);

enum { DISTANCE, ALL };
enum { ONE = 1, CLASS };

static double boundary_of(const siam_loss_case *c, int row) {
  int learn = (int)siam_case_option(c, "learn");
  return learn == CLASS ? siam_case_parameter(c->labels[row])
         : learn == ONE ? siam_case_parameter(0)
                        : siam_case_option(c, "beta");
}

/// log(1/q(d)) of Wu et al., section 4.
static siam_bounded log_rarity(const siam_loss_case *c, siam_bounded distance) {
  siam_bounded cutoff = bounded_exactly(siam_case_option(c, "cutoff"));
  siam_bounded d = bounded_above(cutoff, distance) ? cutoff : distance;
  siam_bounded across = bounded_minus(bounded_exactly(1), bounded_scaled(bounded_times(d, d), 0.25));
  return bounded_minus(bounded_scaled(bounded_log(d), 2.0 - c->dimensions),
                       bounded_scaled(bounded_log(across), 0.5 * (c->dimensions - 3)));
}

/// Writes how likely each row is to be drawn by `row`, up to a factor; false without any different row.
static bool weigh(const siam_loss_case *c, const siam_bounded *mine, int row, siam_bounded *weights) {
  const siam_bounded far = bounded_exactly(siam_case_option(c, "far"));
  siam_bounded rarities[SIAM_BATCH_ROWS], largest = {-INFINITY, 0};
  bool can[SIAM_BATCH_ROWS], any = false;
  for (int n = 0; n < c->rows; n++) {
    can[n] = siam_case_different(c, row, n) && bounded_above(far, mine[n]);
    any = any || siam_case_different(c, row, n);
    if (!can[n]) continue;
    rarities[n] = log_rarity(c, mine[n]);
    if (rarities[n].value > largest.value) largest = rarities[n];
  }
  bool evenly = isinf(largest.value);
  for (int n = 0; n < c->rows; n++) {
    weights[n] = bounded_exactly(0);
    if (evenly && siam_case_different(c, row, n)) weights[n] = bounded_exactly(1);
    // What the largest is off by is a common factor of all weights; so only their differences count.
    if (!evenly && can[n])
      weights[n] = bounded_exp(bounded_minus(rarities[n], (siam_bounded){largest.value, 0}));
  }
  return any;
}

/// The row that the anchor draws for its pair with p.
static int draw(const siam_loss_case *c, const siam_bounded *weights, int anchor, int p) {
  siam_draw words = siam_random(c->seed, SIAM_STREAM_MINE, c->step, (uint64_t)(anchor * c->rows + p));
  siam_bounded total = bounded_sum(weights, c->rows);
  siam_bounded target = bounded_scaled(total, (double)siam_uniform(words.word[0]));
  int found = -1;
  for (int n = 0; n < c->rows; n++) {
    if (weights[n].value == 0) continue;
    found = n;
    if (bounded_above(bounded_sum(weights, n + 1), target)) break;
  }
  return found;
}

/// How often each pair [anchor, other] is in a triplet.
static void count_triplets(const siam_loss_case *c, const siam_bounded *matrix, int *counts) {
  memset(counts, 0, (size_t)(c->rows * c->rows) * sizeof *counts);
  bool all = siam_case_option(c, "sampling") == ALL;
  for (int a = 0; a < c->rows; a++) {
    siam_bounded weights[SIAM_BATCH_ROWS];
    bool any = weigh(c, &matrix[a * c->rows], a, weights);
    for (int p = 0; p < c->rows; p++) {
      if (!siam_case_same(c, a, p) || !any) continue;
      int drawn = all ? -1 : draw(c, weights, a, p);
      for (int n = 0; n < c->rows; n++) {
        if (!siam_case_different(c, a, n) || (!all && n != drawn)) continue;
        counts[a * c->rows + p]++;
        counts[a * c->rows + n]++;
      }
    }
  }
}

static double value(const siam_loss_case *c, const double *matrix, const double *held) {
  static int counts[SIAM_BATCH_ROWS * SIAM_BATCH_ROWS];
  static siam_bounded choice[SIAM_BATCH_ROWS * SIAM_BATCH_ROWS];
  double sum = 0, number = 0, margin = siam_case_option(c, "margin");
  // Which rows are drawn is chosen, and has no gradient.
  for (int i = 0; i < c->rows * c->rows; i++) choice[i] = (siam_bounded){held[i], 0};
  count_triplets(c, choice, counts);
  for (int a = 0; a < c->rows; a++)
    for (int o = 0; o < c->rows; o++) {
      double beyond = matrix[a * c->rows + o] - boundary_of(c, a);
      double cost = margin + (siam_case_same(c, a, o) ? beyond : -beyond);
      if (cost <= 0) continue;
      sum += counts[a * c->rows + o] * cost;
      number += counts[a * c->rows + o];
    }
  return sum / fmax(number, 1);
}

/// Counts of the halves that cost, of the last call of derive(), and how many there are.
static int costly[SIAM_BATCH_ROWS * SIAM_BATCH_ROWS], costly_count;

static siam_bounded derive(const siam_loss_case *c, const siam_bounded *matrix, siam_bounded *factors,
                           int *active) {
  static siam_bounded costs[SIAM_BATCH_ROWS * SIAM_BATCH_ROWS];
  const siam_bounded margin = bounded_exactly(siam_case_option(c, "margin"));
  int number = 0;
  count_triplets(c, matrix, costly);
  costly_count = 0;
  for (int a = 0; a < c->rows; a++)
    for (int o = 0; o < c->rows; o++) {
      int *count = &costly[a * c->rows + o];
      if (*count == 0) continue;
      siam_bounded d = matrix[a * c->rows + o], boundary = bounded_exactly(boundary_of(c, a));
      siam_bounded cost = siam_case_same(c, a, o) ? bounded_plus(bounded_minus(d, boundary), margin)
                                                  : bounded_minus(bounded_plus(boundary, margin), d);
      if (!bounded_above(cost, bounded_exactly(0))) *count = 0;
      if (*count > 0) costs[number++] = bounded_scaled(cost, *count);
      costly_count += *count;
    }
  siam_bounded share = bounded_over(bounded_exactly(1), bounded_exactly(fmax(costly_count, 1)));
  for (int a = 0; a < c->rows; a++)
    for (int o = 0; o < c->rows; o++) {
      int i = a * c->rows + o;
      factors[i] = bounded_scaled(share, siam_case_same(c, a, o) ? costly[i] : -costly[i]);
    }
  *active = costly_count;
  return bounded_over(bounded_sum(costs, number), bounded_exactly(fmax(costly_count, 1)));
}

/// Each half that costs moves the boundary of its anchor by one; sums of whole numbers are exact.
static void derive_boundary(const siam_loss_case *c, siam_bounded *slopes) {
  int balance[SIAM_BATCH_ROWS] = {0};
  for (int a = 0; a < c->rows; a++)
    for (int o = 0; o < c->rows; o++) {
      int boundary = siam_case_option(c, "learn") == CLASS ? c->labels[a] : 0;
      balance[boundary] += siam_case_same(c, a, o) ? -costly[a * c->rows + o] : costly[a * c->rows + o];
    }
  for (int i = 0; i < c->parameter_count; i++)
    slopes[i] = bounded_over(bounded_exactly(balance[i]), bounded_exactly(fmax(costly_count, 1)));
}

static const siam_loss_reference reference = {"margin", value, derive, derive_boundary};

Test(margin, all_triplets_equal_the_reference) {
  siam_check_loss_edges(&reference, "margin all");
}

Test(margin, drawn_ones_equal_the_reference) {
  siam_check_loss_edges(&reference, "margin");
  siam_check_loss_edges(&reference, "margin cutoff=1 far=1.3");
}

Test(margin, boundaries_that_are_trained_equal_the_reference) {
  siam_check_loss_edges(&reference, "margin learn=one");
  siam_check_loss_edges(&reference, "margin all learn=class");
}

Test(margin, equals_pytorch_metric_learning) {
  siam_check_loss_golden(&reference, 6);
}

Test(margin, extremes_are_borne) {
  siam_check_loss_extremes(&reference, "margin all");
  siam_check_loss_extremes(&reference, "margin");
  siam_check_loss_extremes(&reference, "margin learn=class");
}

Test(margin, gradients_of_boundaries_are_added_to_what_is_there) {
  static siam_loss_case c;
  siam_loss_fill(&c, "margin all learn=class", 12, 16, 4, 3);
  c.prior = 2;
  siam_check_loss(&reference, &c);
}

/// Which of the rows 2 … are drawn how often over many steps, for an anchor whose distances to them are
/// given.
static void count_draws(const double *distances, int count, int steps, int *drawn) {
  static siam_loss_case c;
  static siam_loss_outcome outcome;
  // Different classes each, but for the anchor 0 and row 1, which are the same in class and place.
  siam_loss_fill(&c, "margin margin=2 beta=1", count + 2, 3, count + 2, 1);
  c.labels[1] = 0;
  c.classes = count + 2;
  for (int i = 0; i < count + 2; i++) {
    // On a great circle a chord of d spans an angle of 2 asin(d/2).
    double angle = i < 2 ? 0 : 2 * asin(distances[i - 2] / 2);
    c.embeddings[3 * i] = (float)cos(angle);
    c.embeddings[3 * i + 1] = (float)sin(angle);
    c.embeddings[3 * i + 2] = 0;
  }
  for (c.step = 1; c.step <= (uint32_t)steps; c.step++) {
    siam_loss_run(&c, &outcome);
    // The anchor draws one row and row 1 another; each pushes what it draws.
    for (int i = 0; i < count; i++) {
      const float *pushed = &outcome.gradients[3 * (i + 2)];
      drawn[i] += pushed[0] != 0 || pushed[1] != 0;
    }
  }
}

Test(margin, rare_distances_are_drawn_more_often) {
  // On a sphere in 3 dimensions q(d) = d: a row at 0.6 is drawn twice as often as one at 1.2, one at 0.1 as
  // if it were at 0.5, and one at 1.9 never.
  static const double distances[] = {0.1, 0.6, 1.2, 1.9};
  enum { STEPS = 600 };
  int drawn[4] = {0};
  count_draws(distances, 4, STEPS, drawn);
  const double weights[] = {1 / 0.5, 1 / 0.6, 1 / 1.2, 0}, sum = 1 / 0.5 + 1 / 0.6 + 1 / 1.2;
  for (int i = 0; i < 4; i++) {
    // Drawn by the one, the other or both; five deviations.
    double once = weights[i] / sum, either = 1 - (1 - once) * (1 - once);
    double expected = STEPS * either, deviation = sqrt(STEPS * either * (1 - either));
    cr_expect(fabs(drawn[i] - expected) <= 5 * deviation, "%d: drawn %d times, expected %.0f ± %.0f", i,
              drawn[i], expected, deviation);
  }
}

Test(margin, the_same_step_draws_the_same_rows_and_another_step_others) {
  static siam_loss_case c;
  static siam_loss_outcome first, again, other;
  siam_loss_fill(&c, "margin", 32, 16, 8, 5);
  siam_loss_run(&c, &first);
  siam_loss_run(&c, &again);
  cr_expect_arr_eq(first.gradients, again.gradients, 32 * 16 * sizeof(float));
  c.step++;
  siam_loss_run(&c, &other);
  cr_expect_arr_neq(first.gradients, other.gradients, 32 * 16 * sizeof(float));
}
