// The loss margin in float64, twice: as its formula, and with its derivatives and what they may be off by.
#include "base/random.h"
#include "reference/loss_case.h"

#include <math.h>
#include <string.h>

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

bool siam_margin_weigh(const siam_loss_case *c, const siam_bounded *mine, int row, siam_bounded *weights) {
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
  siam_draw words =
      siam_random(c->seed, SIAM_STREAM_MINE, c->step, (uint64_t)anchor * (uint64_t)c->rows + (uint64_t)p);
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
    bool any = siam_margin_weigh(c, &matrix[a * c->rows], a, weights);
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

const siam_loss_reference siam_margin_reference = {"margin", value, derive, derive_boundary};
