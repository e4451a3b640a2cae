#include "pipeline/closer_fit.h"

#include "base/random.h"

#include <criterion/criterion.h>
#include <math.h>

enum { STRUCTURE, COLOURS, CONTRASTS };

Test(closer_fit, all_but_one_in_a_hundred_same_pairs_are_near) {
  enum { SAME = 100, COUNT = SAME + 20 };
  float distances[COUNT];
  uint8_t same[COUNT];
  double within;
  for (int i = 0; i < COUNT; i++) {
    // 7 has no common divisor with 120, so that each number comes once, in no order.
    const int number = 7 * i % COUNT;
    same[i] = number < SAME;
    distances[i] = (float)(number < SAME ? number + 1 : 1000 + number);
  }
  cr_assert_eq(siam_closer_nearest(distances, same, COUNT, &within), SIAM_OK);
  cr_expect_eq(within, 99);
  cr_assert_eq(siam_closer_nearest((float[]){3, 9, 1}, (uint8_t[]){1, 0, 1}, 3, &within), SIAM_OK);
  cr_expect_eq(within, 3, "of fewer than a hundred none is left out");
  cr_assert_eq(siam_closer_nearest((float[]){3, 9}, (uint8_t[]){0, 0}, 2, &within), SIAM_OK);
  cr_expect_eq(within, 0);
}

enum { PAIRS = 600 };

/// One in four is same. Structure is higher for different pairs, colours for same ones, contrasts are a
/// little higher for different ones, and greyness says nothing. Every 50th pair has no distance at all.
static void draw_pairs(uint64_t seed, siam_closer_pair *pairs) {
  for (uint32_t i = 0; i < PAIRS; i++) {
    const siam_draw words = siam_random(seed, SIAM_STREAM_SAMPLE, 0, i);
    const bool same = i % 4 == 0;
    const double normal = siam_normal(words.word[0], words.word[1]);
    pairs[i] =
        (siam_closer_pair){.distance = i % 50 > 0 ? exp(0.4 * normal - (same ? 1.6 : 1.2)) : 0, .same = same};
    for (int k = 0; k < SIAM_CLOSER_MARKS; k++)
      pairs[i].marks.values[k] = 0.6 * siam_uniform(siam_random(seed, SIAM_STREAM_EVALUATE, k, i).word[0]);
    pairs[i].marks.values[STRUCTURE] += same ? 0 : 0.3;
    pairs[i].marks.values[COLOURS] += same ? 0.3 : 0;
    pairs[i].marks.values[CONTRASTS] += same ? 0 : 0.1;
  }
}

static const double nearest = 0.5;

static siam_closer_look fit(const siam_closer_pair *pairs, size_t count) {
  siam_closer_look fitted = {.weights = {9, 9, 9, 9}};
  cr_assert_eq(siam_closer_fit(pairs, count, nearest, &fitted), SIAM_OK, "%s", siam_last_error());
  cr_expect(fitted.fitted);
  return fitted;
}

Test(closer_fit, marks_of_different_pairs_get_a_weight_and_those_of_same_pairs_none) {
  siam_closer_pair pairs[PAIRS];
  draw_pairs(1, pairs);
  const siam_closer_look fitted = fit(pairs, PAIRS);
  cr_expect_gt(fitted.weights[STRUCTURE], fitted.weights[CONTRASTS]);
  cr_expect_gt(fitted.weights[CONTRASTS], 0);
  cr_expect_eq(fitted.weights[COLOURS], 0);
}

Test(closer_fit, pairs_of_one_kind_alone_give_no_weights) {
  siam_closer_pair pairs[PAIRS];
  draw_pairs(1, pairs);
  for (int kind = 0; kind < 2; kind++) {
    for (int i = 0; i < PAIRS; i++) pairs[i].same = kind;
    const siam_closer_look fitted = fit(pairs, PAIRS), of_none = fit(pairs, 0);
    for (int k = 0; k < SIAM_CLOSER_MARKS; k++)
      cr_expect(fitted.weights[k] == 0 && of_none.weights[k] == 0, "%s", siam_closer_mark_name(k));
  }
}

/// Marks and distances that vary little about a mean far from 0.
static void narrow(siam_closer_pair *pairs) {
  for (int i = 0; i < PAIRS; i++) {
    pairs[i].distance = 0.4 + 0.01 * pairs[i].distance;
    for (int k = 0; k < SIAM_CLOSER_MARKS; k++)
      pairs[i].marks.values[k] = 0.95 + 0.0001 * pairs[i].marks.values[k];
  }
}

Test(closer_fit, weights_stay_within_what_a_model_file_may_say_where_distances_say_next_to_nothing) {
  siam_closer_pair pairs[PAIRS];
  draw_pairs(1, pairs);
  narrow(pairs);
  const siam_closer_look fitted = fit(pairs, PAIRS);
  cr_expect_eq(fitted.weights[STRUCTURE], SIAM_MOST_CLOSER_WEIGHT);
  for (int k = 0; k < SIAM_CLOSER_MARKS; k++)
    cr_expect(fitted.weights[k] >= 0 && fitted.weights[k] <= SIAM_MOST_CLOSER_WEIGHT);
}

Test(closer_fit, inputs_that_are_far_from_0_are_fitted_as_well) {
  siam_closer_pair pairs[PAIRS];
  draw_pairs(1, pairs);
  // The same pairs with marks moved: only the constant of the fit differs.
  const siam_closer_look expected = fit(pairs, PAIRS);
  for (int i = 0; i < PAIRS; i++)
    for (int k = 0; k < SIAM_CLOSER_MARKS; k++) pairs[i].marks.values[k] += 100;
  const siam_closer_look moved = fit(pairs, PAIRS);
  for (int k = 0; k < SIAM_CLOSER_MARKS; k++)
    cr_expect_float_eq(moved.weights[k], expected.weights[k], 1e-4, "%s", siam_closer_mark_name(k));
}

/// Of a fiftieth of `nearest` at least.
static double log_distance(const siam_closer_pair *pair) {
  return log(fmax(pair->distance, nearest / 50));
}

/// Mark −1 is the logarithm of the distance.
static double variance_of(const siam_closer_pair *pairs, int mark) {
  double values[PAIRS], mean = 0, variance = 0;
  for (int i = 0; i < PAIRS; i++) {
    values[i] = mark < 0 ? log_distance(&pairs[i]) : pairs[i].marks.values[mark];
    mean += values[i] / PAIRS;
  }
  for (int i = 0; i < PAIRS; i++) variance += (values[i] - mean) * (values[i] - mean) / PAIRS;
  return variance;
}

/// The loss at t and s, and its derivatives by them.
typedef struct slope {
  double loss, by_t, by_s, by_tt, by_ts, by_ss;
} slope;

/// `ridge` is what s² costs.
static slope lose(const siam_closer_pair *pairs, const double weights[], double ridge, double t, double s) {
  slope sum = {.loss = ridge * s * s, .by_s = 2 * ridge * s, .by_ss = 2 * ridge};
  for (int i = 0; i < PAIRS; i++) {
    double x = log_distance(&pairs[i]);
    for (int k = 0; k < SIAM_CLOSER_MARKS; k++) x += weights[k] * pairs[i].marks.values[k];
    const double logit = t - s * x, p = 1 / (1 + exp(-logit));
    const double share = pairs[i].same ? 0.5 / (PAIRS / 4) : 0.5 / (PAIRS - PAIRS / 4);
    sum.loss += share * log1p(exp(pairs[i].same ? -logit : logit));
    sum.by_t += share * (p - pairs[i].same);
    sum.by_s -= share * (p - pairs[i].same) * x;
    sum.by_tt += share * p * (1 - p);
    sum.by_ts -= share * p * (1 - p) * x;
    sum.by_ss += share * p * (1 - p) * x * x;
  }
  return sum;
}

/// What is lost with these weights and the best t and s, by Newton's method.
static double least_loss(const siam_closer_pair *pairs, const double weights[]) {
  double ridge = 1e-4 * variance_of(pairs, -1), t = 0, s = 0;
  for (int k = 0; k < SIAM_CLOSER_MARKS; k++) ridge += 1e-4 * weights[k] * weights[k] * variance_of(pairs, k);
  slope at = lose(pairs, weights, ridge, t, s);
  for (int i = 0; i < 30; i++) {
    const double determinant = at.by_tt * at.by_ss - at.by_ts * at.by_ts;
    t -= (at.by_ss * at.by_t - at.by_ts * at.by_s) / determinant;
    s -= (at.by_tt * at.by_s - at.by_ts * at.by_t) / determinant;
    at = lose(pairs, weights, ridge, t, s);
  }
  cr_assert(fabs(at.by_t) < 1e-12 && fabs(at.by_s) < 1e-12 && s > 0);
  return at.loss;
}

Test(closer_fit, beside_the_fitted_weights_there_are_no_better_ones) {
  siam_closer_pair pairs[PAIRS];
  for (uint64_t seed = 1; seed <= 4; seed++) {
    draw_pairs(seed, pairs);
    siam_closer_look fitted = fit(pairs, PAIRS);
    const double least = least_loss(pairs, fitted.weights);
    for (int k = 0; k < SIAM_CLOSER_MARKS; k++) {
      const double weight = fitted.weights[k], step = weight > 0 ? 0.001 * weight : 0.001;
      for (int way = weight > 0 ? -1 : 1; way < 2; way += 2) {
        fitted.weights[k] = weight + way * step;
        cr_expect_gt(least_loss(pairs, fitted.weights), least - 1e-9, "%s", siam_closer_mark_name(k));
      }
      fitted.weights[k] = weight;
    }
    fitted.weights[STRUCTURE] *= 1.1;
    cr_expect_gt(least_loss(pairs, fitted.weights), least + 1e-6, "a weight that is wrong shows");
  }
}
