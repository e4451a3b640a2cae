#include "base/random.h"
#include "pipeline/calibrate.h"
#include "pipeline/calibration.h"
#include "pipeline/metrics.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 4000 };
static float distances[COUNT];
static uint8_t same[COUNT];

/// Distances in 0..2, `same` with the probability 1 / (1 + exp(slope · d + offset)).
static siam_ranking draw(uint64_t seed, double slope, double offset) {
  siam_ranking ranking = {0};
  for (size_t i = 0; i < COUNT; i++) {
    siam_draw words = siam_random(seed, SIAM_STREAM_EVALUATE, 0, i);
    distances[i] = 2 * siam_uniform(words.word[0]);
    same[i] = siam_uniform(words.word[1]) < 1 / (1 + exp(slope * distances[i] + offset));
  }
  cr_assert_eq(siam_ranking_create(distances, same, COUNT, &ranking), SIAM_OK);
  return ranking;
}

static siam_ranking rank_these(const float *some, const char *kinds) {
  uint8_t labels[64];
  siam_ranking ranking = {0};
  for (size_t i = 0; kinds[i] != '\0'; i++) labels[i] = kinds[i] == 's';
  cr_assert_eq(siam_ranking_create(some, labels, strlen(kinds), &ranking), SIAM_OK);
  return ranking;
}

Test(calibration, finds_the_curve_that_made_the_labels) {
  siam_ranking ranking = draw(1, 5, -4);
  siam_calibration calibration;
  cr_assert_eq(siam_calibration_fit_platt(&ranking, &calibration), SIAM_OK);
  // Fisher's information of these 4,000 pairs puts the standard errors near 0.14 and 0.12: five of them.
  cr_assert_float_eq(calibration.slope, 5, 0.7);
  cr_assert_float_eq(calibration.offset, -4, 0.6);
  cr_assert_not(calibration.reversed);
  siam_ranking_clear(&ranking);
}

Test(calibration, probabilities_are_right_on_pairs_never_seen) {
  siam_ranking fitted = draw(1, 5, -4);
  siam_calibration platt, isotonic, steep = {.slope = 50, .offset = -40};
  cr_assert_eq(siam_calibration_fit_platt(&fitted, &platt), SIAM_OK);
  cr_assert_eq(siam_calibration_fit_isotonic(&fitted, &isotonic), SIAM_OK);
  siam_ranking fresh = draw(2, 5, -4);
  siam_calibration_quality of_platt, of_isotonic, of_steep;
  cr_assert_eq(siam_calibration_measure(&platt, &fresh, &of_platt), SIAM_OK);
  cr_assert_eq(siam_calibration_measure(&isotonic, &fresh, &of_isotonic), SIAM_OK);
  cr_assert_eq(siam_calibration_measure(&steep, &fresh, &of_steep), SIAM_OK);
  // A bin of 266 pairs misses its share by 0.8 · √(p(1 − p) / 266) on average, at most 0.025. Twice that is
  // allowed for Platt's two numbers, three times for the steps, which carry the noise of their own fit too.
  cr_assert_lt(of_platt.expected_error, 0.05);
  cr_assert_lt(of_isotonic.expected_error, 0.075);
  // A curve ten times too steep is too sure by ∫ 1 / (1 + exp(5 |d − 0.8|)) / 2 = 0.135 on average.
  cr_assert_float_eq(of_steep.expected_error, 0.135, 0.05);
  cr_assert_lt(of_platt.brier, of_steep.brier);
  siam_calibration_clear(&isotonic);
  siam_ranking_clear(&fitted);
  siam_ranking_clear(&fresh);
}

Test(calibration, the_scale_of_the_distances_does_not_matter) {
  siam_ranking ranking = draw(3, 5, -4), large = draw(3, 5, -4), tiny = draw(3, 5, -4);
  for (size_t i = 0; i < COUNT; i++) {
    large.distances[i] *= 0x1p20f;
    tiny.distances[i] *= 0x1p-20f;
  }
  siam_calibration usual, of_large, of_tiny;
  cr_assert_eq(siam_calibration_fit_platt(&ranking, &usual), SIAM_OK);
  cr_assert_eq(siam_calibration_fit_platt(&large, &of_large), SIAM_OK);
  cr_assert_eq(siam_calibration_fit_platt(&tiny, &of_tiny), SIAM_OK);
  // A power of two changes no digit of the standardised distances but in rounding the mean.
  cr_assert_float_eq(of_large.slope * 0x1p20, usual.slope, 1e-9);
  cr_assert_float_eq(of_tiny.slope * 0x1p-20, usual.slope, 1e-9);
  siam_ranking_clear(&ranking);
  siam_ranking_clear(&large);
  siam_ranking_clear(&tiny);
}

Test(calibration, similarity_never_rises_and_stays_in_its_range) {
  siam_ranking ranking = draw(4, 3, -2);
  siam_calibration calibrations[2];
  cr_assert_eq(siam_calibration_fit_platt(&ranking, &calibrations[0]), SIAM_OK);
  cr_assert_eq(siam_calibration_fit_isotonic(&ranking, &calibrations[1]), SIAM_OK);
  for (int i = 0; i < 2; i++) {
    double before = 1;
    for (double distance = 0; distance < 2.5; distance += 0.001) {
      double now = siam_calibration_evaluate(&calibrations[i], distance);
      cr_assert(now >= 0 && now <= before, "kind %d at %g", i, distance);
      before = now;
    }
    cr_assert(isnan(siam_calibration_evaluate(&calibrations[i], NAN)));
    cr_assert(isfinite(siam_calibration_evaluate(&calibrations[i], 1e300)));
    cr_assert(isfinite(siam_calibration_evaluate(&calibrations[i], -1e300)));
    siam_calibration_clear(&calibrations[i]);
  }
  siam_ranking_clear(&ranking);
}

Test(calibration, reversed_labels_are_said_and_give_the_mean_everywhere) {
  siam_ranking ranking = draw(5, -5, 4);
  siam_calibration calibration;
  cr_assert_eq(siam_calibration_fit_platt(&ranking, &calibration), SIAM_OK);
  cr_assert(calibration.reversed);
  double mean = (double)ranking.same_count / COUNT;
  // Platt's targets move the mean by less than 1 / count.
  cr_assert_float_eq(siam_calibration_evaluate(&calibration, 0), mean, 1.0 / COUNT);
  cr_assert_eq(siam_calibration_evaluate(&calibration, 2), siam_calibration_evaluate(&calibration, 0));
  siam_ranking_clear(&ranking);
  ranking = rank_these((float[]){1, 2, 3, 4}, "ddss");
  cr_assert_eq(siam_calibration_fit_isotonic(&ranking, &calibration), SIAM_OK);
  cr_assert(calibration.reversed);
  cr_assert_eq(siam_calibration_evaluate(&calibration, 2.5), 0.5);
  siam_calibration_clear(&calibration);
  siam_ranking_clear(&ranking);
}

Test(calibration, pairs_that_are_told_apart_perfectly_have_a_finite_curve) {
  siam_ranking ranking = rank_these((float[]){0.1f, 0.2f, 0.3f, 1.7f, 1.8f, 1.9f}, "sssddd");
  siam_calibration calibration;
  cr_assert_eq(siam_calibration_fit_platt(&ranking, &calibration), SIAM_OK);
  cr_assert(isfinite(calibration.slope) && calibration.slope > 0);
  // The targets are 4/5 and 1/5, so the curve passes near them.
  cr_assert_float_eq(siam_calibration_evaluate(&calibration, 0.2), 0.8, 0.01);
  cr_assert_float_eq(siam_calibration_evaluate(&calibration, 1.8), 0.2, 0.01);
  siam_ranking_clear(&ranking);
}

Test(calibration, equal_distances_have_the_mean_as_their_similarity) {
  siam_ranking ranking = rank_these((float[]){1, 1, 1, 1}, "sddd");
  siam_calibration platt, isotonic;
  cr_assert_eq(siam_calibration_fit_platt(&ranking, &platt), SIAM_OK);
  cr_assert_eq(siam_calibration_fit_isotonic(&ranking, &isotonic), SIAM_OK);
  // Platt's targets are 2/3 and 1/5: (2/3 + 3/5) / 4.
  cr_assert_float_eq(siam_calibration_evaluate(&platt, 1), (2.0 / 3 + 3.0 / 5) / 4, 1e-12);
  cr_assert_eq(siam_calibration_evaluate(&isotonic, 1), 0.25);
  cr_assert_not(platt.reversed);
  cr_assert_not(isotonic.reversed);
  siam_calibration_clear(&isotonic);
  siam_ranking_clear(&ranking);
}

Test(calibration, the_same_share_at_every_distance_tells_nothing_apart) {
  siam_ranking ranking = rank_these((float[]){1, 1, 2, 2, 3, 3}, "sdsdsd");
  siam_calibration calibration;
  cr_assert_eq(siam_calibration_fit_isotonic(&ranking, &calibration), SIAM_OK);
  cr_expect_eq(siam_calibration_evaluate(&calibration, 1.5), 0.5);
  cr_expect_eq(calibration.knot_count, 2, "one block from the first distance to the last");
  cr_expect(calibration.reversed);
  siam_calibration_clear(&calibration);
  siam_ranking_clear(&ranking);
}

Test(calibration, adjacent_violators_are_pooled_as_by_hand) {
  // Shares by distance: 1, 0, 1 | 1, 0, 0 → blocks 1; (0, 1, 1) = 2/3; 0.
  siam_ranking ranking = rank_these((float[]){1, 2, 3, 4, 5, 6}, "sdssdd");
  siam_calibration calibration;
  cr_assert_eq(siam_calibration_fit_isotonic(&ranking, &calibration), SIAM_OK);
  const double expected[][2] = {{0, 1},       {1, 1},         {2, 2.0 / 3}, {3, 2.0 / 3},
                                {4, 2.0 / 3}, {4.5, 1.0 / 3}, {5, 0},       {9, 0}};
  for (int i = 0; i < 8; i++)
    cr_assert_float_eq(siam_calibration_evaluate(&calibration, expected[i][0]), expected[i][1],
                       4 * DBL_EPSILON);
  siam_calibration_clear(&calibration);
  siam_ranking_clear(&ranking);
}

Test(calibration, expected_error_and_brier_as_by_hand) {
  // 15 bins of two pairs: similarity 1/2 everywhere; 5 bins of two same, 10 of two different pairs, since
  // ties share their labels only within one similarity, which here is all: share 1/3 in each bin.
  float some[30];
  char kinds[31] = {0};
  for (int i = 0; i < 30; i++) {
    some[i] = (float)i;
    kinds[i] = i < 10 ? 's' : 'd';
  }
  siam_ranking ranking = rank_these(some, kinds);
  siam_calibration none = {0};
  siam_calibration_quality quality;
  cr_assert_eq(siam_calibration_measure(&none, &ranking, &quality), SIAM_OK);
  cr_assert_float_eq(quality.expected_error, 0.5 - 1.0 / 3, 64 * DBL_EPSILON);
  cr_assert_float_eq(quality.brier, 0.25, 64 * DBL_EPSILON);
  // A steep curve between 9 and 10 is sure of every pair, and right.
  siam_calibration steep = {.slope = 200, .offset = -200 * 9.5};
  cr_assert_eq(siam_calibration_measure(&steep, &ranking, &quality), SIAM_OK);
  cr_assert_lt(quality.expected_error, 1e-12);
  // Reversed it is sure and always wrong.
  siam_calibration wrong = {.slope = -200, .offset = 200 * 9.5};
  cr_assert_eq(siam_calibration_measure(&wrong, &ranking, &quality), SIAM_OK);
  cr_assert_float_eq(quality.brier, 1, 1e-12);
  cr_assert_float_eq(quality.expected_error, 1, 1e-12);
  siam_ranking_clear(&ranking);
}

static siam_calibration write_and_read(const siam_calibration *calibration) {
  siam_text json = {0};
  siam_calibration back;
  cr_assert_eq(siam_calibration_write(calibration, &json), SIAM_OK);
  cr_assert_eq(siam_calibration_parse("m", json.bytes, &back), SIAM_OK, "%s: %s", siam_last_error(),
               json.bytes);
  siam_text_clear(&json);
  return back;
}

Test(calibration, what_is_written_comes_back_to_the_bit) {
  siam_ranking ranking = draw(6, 5, -4);
  siam_calibration platt, isotonic;
  cr_assert_eq(siam_calibration_fit_platt(&ranking, &platt), SIAM_OK);
  cr_assert_eq(siam_calibration_fit_isotonic(&ranking, &isotonic), SIAM_OK);
  siam_calibration back = write_and_read(&platt);
  cr_assert_eq(back.kind, SIAM_CALIBRATION_PLATT);
  cr_assert_eq(back.slope, platt.slope);
  cr_assert_eq(back.offset, platt.offset);
  cr_assert_eq(back.same_pairs, platt.same_pairs);
  cr_assert_eq(back.different_pairs, platt.different_pairs);
  back = write_and_read(&isotonic);
  cr_assert_eq(back.kind, SIAM_CALIBRATION_ISOTONIC);
  cr_assert_eq(back.knot_count, isotonic.knot_count);
  cr_assert_arr_eq(back.knots, isotonic.knots, back.knot_count * sizeof *back.knots);
  siam_calibration_clear(&back);
  siam_calibration_clear(&isotonic);
  siam_ranking_clear(&ranking);
}

Test(calibration, what_is_not_finite_is_not_written) {
  siam_text json = {0};
  siam_calibration calibration = {.slope = NAN};
  cr_assert_eq(siam_calibration_write(&calibration, &json), SIAM_ERROR_NUMERIC);
  siam_text_clear(&json);
}

Test(calibration, whole_numbers_are_read_too) {
  siam_calibration back;
  const char *json = "{\"kind\":\"platt\",\"slope\":5,\"offset\":-4,\"same_pairs\":1,\"different_pairs\":2}";
  cr_assert_eq(siam_calibration_parse("m", json, &back), SIAM_OK);
  cr_assert_eq(back.slope, 5);
}

Test(calibration, everything_unsound_is_refused_with_the_files_name) {
  const char *const unsound[] = {
      "",
      "[]",
      "{}",
      "null",
      "{\"kind\":\"platt\"}",
      "{\"kind\":\"other\",\"slope\":5,\"offset\":-4,\"same_pairs\":1,\"different_pairs\":2}",
      "{\"kind\":\"platt\",\"slope\":-5,\"offset\":-4,\"same_pairs\":1,\"different_pairs\":2}",
      "{\"kind\":\"platt\",\"slope\":\"5\",\"offset\":-4,\"same_pairs\":1,\"different_pairs\":2}",
      "{\"kind\":\"platt\",\"slope\":1e999,\"offset\":-4,\"same_pairs\":1,\"different_pairs\":2}",
      "{\"kind\":\"platt\",\"slope\":NaN,\"offset\":-4,\"same_pairs\":1,\"different_pairs\":2}",
      "{\"kind\":\"platt\",\"slope\":5,\"slope\":5,\"offset\":-4,\"same_pairs\":1,\"different_pairs\":2}",
      "{\"kind\":\"platt\",\"slope\":5,\"offset\":-4,\"same_pairs\":-1,\"different_pairs\":2}",
      "{\"kind\":\"platt\",\"slope\":5,\"offset\":-4,\"same_pairs\":1,\"different_pairs\":2,\"x\":1}",
      "{\"kind\":\"isotonic\",\"same_pairs\":1,\"different_pairs\":2}",
      "{\"kind\":\"isotonic\",\"knots\":{},\"same_pairs\":1,\"different_pairs\":2}",
      "{\"kind\":\"isotonic\",\"knots\":[],\"same_pairs\":1,\"different_pairs\":2}",
      "{\"kind\":\"isotonic\",\"knots\":[[1]],\"same_pairs\":1,\"different_pairs\":2}",
      "{\"kind\":\"isotonic\",\"knots\":[[1,0.5,0]],\"same_pairs\":1,\"different_pairs\":2}",
      "{\"kind\":\"isotonic\",\"knots\":[[1,1.5]],\"same_pairs\":1,\"different_pairs\":2}",
      "{\"kind\":\"isotonic\",\"knots\":[[1,-0.5]],\"same_pairs\":1,\"different_pairs\":2}",
      "{\"kind\":\"isotonic\",\"knots\":[[1,0.5],[1,0.4]],\"same_pairs\":1,\"different_pairs\":2}",
      "{\"kind\":\"isotonic\",\"knots\":[[1,0.5],[2,0.6]],\"same_pairs\":1,\"different_pairs\":2}"};
  for (size_t i = 0; i < sizeof unsound / sizeof *unsound; i++) {
    siam_calibration back = {.slope = 77};
    cr_assert_eq(siam_calibration_parse("some.model", unsound[i], &back), SIAM_ERROR_FORMAT, "%s",
                 unsound[i]);
    cr_assert_not_null(strstr(siam_last_error(), "some.model"));
    cr_assert_eq(back.slope, 77);
  }
}

/// The share of 2,000 sets of pairs, all drawn alike, whose area under the ROC curve counts as reversed when
/// same pairs lie `shift` deviations farther apart than different ones.
static double share_reversed(size_t pairs, float shift) {
  enum { SETS = 2000 };
  size_t reversed = 0;
  for (size_t set = 0; set < SETS; set++) {
    float drawn[64];
    uint8_t kind[64];
    siam_ranking ranking = {0};
    siam_curve curve = {0};
    for (size_t i = 0; i < 2 * pairs; i++) {
      siam_draw words = siam_random(11, SIAM_STREAM_EVALUATE, (uint32_t)set, i);
      kind[i] = i % 2;
      drawn[i] = 10 + siam_normal(words.word[0], words.word[1]) + shift * kind[i];
    }
    cr_assert_eq(siam_ranking_create(drawn, kind, 2 * pairs, &ranking), SIAM_OK);
    cr_assert_eq(siam_curve_create(&ranking, &curve), SIAM_OK);
    reversed += siam_auc_is_reversed(siam_curve_auc(&curve), pairs, pairs, (uint32_t)(4 * pairs));
    siam_curve_clear(&curve);
    siam_ranking_clear(&ranking);
  }
  return (double)reversed / SETS;
}

Test(calibration, chance_is_not_taken_for_reversed_labels) {
  // Three standard errors leave 0.13 % of chance, or fewer where pairs are few: of 2,000, ten would be 0.5 %.
  cr_assert_lt(share_reversed(5, 0), 0.005);
  cr_assert_lt(share_reversed(30, 0), 0.005);
  // Two deviations make an area of 0.08, far from chance at 30 pairs of each kind.
  cr_assert_gt(share_reversed(30, 2), 0.99);
  // Many pairs of few pictures are not that many.
  cr_assert(siam_auc_is_reversed(0.4, 3000, 3000, 12000));
  cr_assert_not(siam_auc_is_reversed(0.4, 3000, 3000, 40));
}
