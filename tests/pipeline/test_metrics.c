#include "base/memory.h"
#include "base/random.h"
#include "pipeline/metrics.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Sums of at most a few thousand terms of size 1, each rounded once.
static const double ROUNDING = 4096 * DBL_EPSILON;

enum { MOST = 400 };
typedef struct sample {
  size_t count;
  float distances[MOST];
  uint8_t same[MOST];
} sample;

/// Distances on a grid of `steps` values, so that few steps give many ties; same pairs tend to be nearer.
static sample draw_sample(uint64_t seed, size_t count, uint32_t steps) {
  sample drawn = {.count = count};
  for (size_t i = 0; i < count; i++) {
    siam_draw draw = siam_random(seed, SIAM_STREAM_EVALUATE, 0, i);
    drawn.same[i] = draw.word[0] % 3 == 0;
    drawn.distances[i] = (float)siam_below(draw.word[1], steps) / (float)steps + (drawn.same[i] ? 0 : 0.25f);
  }
  drawn.same[0] = 1;
  drawn.same[1] = 0;
  return drawn;
}

static siam_curve curve_of(const siam_ranking *ranking) {
  siam_curve curve = {0};
  cr_assert_eq(siam_curve_create(ranking, &curve), SIAM_OK);
  return curve;
}

static siam_ranking rank(const sample *drawn) {
  siam_ranking ranking = {0};
  cr_assert_eq(siam_ranking_create(drawn->distances, drawn->same, drawn->count, &ranking), SIAM_OK);
  return ranking;
}

static siam_ranking rank_these(const float *distances, const char *kinds) {
  uint8_t same[64];
  siam_ranking ranking = {0};
  for (size_t i = 0; kinds[i] != '\0'; i++) same[i] = kinds[i] == 's';
  cr_assert_eq(siam_ranking_create(distances, same, strlen(kinds), &ranking), SIAM_OK);
  return ranking;
}

/// Probability that a same pair is nearer, by looking at every two pairs.
static double reference_auc(const sample *drawn) {
  double nearer = 0, all = 0;
  for (size_t i = 0; i < drawn->count; i++) {
    for (size_t k = 0; k < drawn->count; k++) {
      if (!drawn->same[i] || drawn->same[k]) continue;
      all++;
      nearer += drawn->distances[i] < drawn->distances[k]    ? 1
                : drawn->distances[i] == drawn->distances[k] ? 0.5
                                                             : 0;
    }
  }
  return nearer / all;
}

/// Shares of different and of same pairs accepted at a threshold, counted from scratch.
static void reference_rates(const sample *drawn, double threshold, double *far, double *tar) {
  double accepted[2] = {0}, all[2] = {0};
  for (size_t i = 0; i < drawn->count; i++) {
    all[drawn->same[i]]++;
    accepted[drawn->same[i]] += drawn->distances[i] <= threshold;
  }
  *far = accepted[0] / all[0];
  *tar = accepted[1] / all[1];
}

static double reference_accuracy(const sample *drawn, double threshold) {
  size_t right = 0;
  for (size_t i = 0; i < drawn->count; i++)
    right += (drawn->distances[i] <= threshold) == (drawn->same[i] != 0);
  return (double)right / (double)drawn->count;
}

/// The crossing of FAR and 1 − TAR, looked for among all neighbouring points of the curve.
static double reference_eer(const sample *drawn) {
  double before_far = 0, before_frr = 1;
  float last = -1;
  for (;;) {
    float next = INFINITY;
    for (size_t i = 0; i < drawn->count; i++)
      if (drawn->distances[i] > last && drawn->distances[i] < next) next = drawn->distances[i];
    double far, tar;
    reference_rates(drawn, next, &far, &tar);
    if (far >= 1 - tar) {
      double before = before_frr - before_far, after = 1 - tar - far;
      return before_far + (far - before_far) * before / (before - after);
    }
    before_far = far;
    before_frr = 1 - tar;
    last = next;
  }
}

Test(metrics, every_figure_equals_its_quadratic_reference_with_and_without_ties) {
  const uint32_t steps[] = {2, 5, 40, 1000000};
  for (int kind = 0; kind < 4; kind++) {
    for (uint64_t seed = 0; seed < 10; seed++) {
      sample drawn = draw_sample(seed, seed < 5 ? 37 : MOST, steps[kind]);
      siam_ranking ranking = rank(&drawn);
      siam_curve curve = curve_of(&ranking);
      cr_assert_float_eq(siam_curve_auc(&curve), reference_auc(&drawn), ROUNDING);
      cr_assert_float_eq(siam_curve_eer(&curve), reference_eer(&drawn), ROUNDING);

      const double rates[] = {0.05, 0.2};
      double best = siam_best_threshold(&curve), best_accuracy = 0, tar_at[2] = {0};
      for (int i = -1; i < (int)drawn.count; i++) {
        double threshold = i < 0 ? -1 : drawn.distances[i], far, tar;
        double accuracy = reference_accuracy(&drawn, threshold);
        cr_assert_float_eq(siam_curve_accuracy(&curve, threshold), accuracy, ROUNDING);
        if (accuracy > best_accuracy) best_accuracy = accuracy;
        reference_rates(&drawn, threshold, &far, &tar);
        for (int rate = 0; rate < 2; rate++)
          if (far <= rates[rate] && tar > tar_at[rate]) tar_at[rate] = tar;
      }
      cr_assert_float_eq(reference_accuracy(&drawn, best), best_accuracy, ROUNDING);
      for (int rate = 0; rate < 2; rate++)
        cr_assert_float_eq(siam_curve_tar(&curve, rates[rate]), tar_at[rate], ROUNDING);
      siam_curve_clear(&curve);
      siam_ranking_clear(&ranking);
    }
  }
}

Test(metrics, a_weight_counts_as_so_many_copies_of_the_pair) {
  sample drawn = draw_sample(3, 60, 12), copied = {0};
  double weights[MOST];
  siam_ranking ranking = rank(&drawn);
  for (size_t place = 0; place < ranking.count; place++) {
    size_t copies = place % 4;
    weights[place] = (double)copies;
    for (size_t i = 0; i < copies; i++) {
      copied.distances[copied.count] = ranking.distances[place];
      copied.same[copied.count++] = ranking.same[place];
    }
  }
  siam_ranking of_copies = rank(&copied);
  siam_curve weighted = curve_of(&ranking), plain = curve_of(&of_copies);
  cr_assert(siam_curve_weigh(&weighted, weights));
  cr_assert_float_eq(siam_curve_auc(&weighted), siam_curve_auc(&plain), ROUNDING);
  cr_assert_float_eq(siam_curve_eer(&weighted), siam_curve_eer(&plain), ROUNDING);
  for (double rate = 0; rate < 1; rate += 0.01)
    cr_assert_float_eq(siam_curve_tar(&weighted, rate), siam_curve_tar(&plain, rate), ROUNDING);
  // The accuracy keeps the mix of the ranking, so it follows from the two rates of the copies.
  double far, tar, same = (double)ranking.same_count, different = (double)ranking.different_count;
  reference_rates(&copied, 0.6, &far, &tar);
  double expected = (same * tar + different * (1 - far)) / (same + different);
  cr_assert_float_eq(siam_curve_accuracy(&weighted, 0.6), expected, ROUNDING);
  siam_curve_clear(&weighted);
  siam_curve_clear(&plain);
  siam_ranking_clear(&ranking);
  siam_ranking_clear(&of_copies);
}

Test(metrics, a_kind_without_weight_has_no_figures) {
  siam_ranking ranking = rank_these((float[]){0.1f, 0.2f}, "sd");
  siam_curve curve = curve_of(&ranking);
  cr_assert_not(siam_curve_weigh(&curve, (double[]){0, 1}));
  cr_assert_not(siam_curve_weigh(&curve, (double[]){1, 0}));
  cr_assert(siam_curve_weigh(&curve, (double[]){1, 1}));
  siam_curve_clear(&curve);
  siam_ranking_clear(&ranking);
}

Test(metrics, a_case_worked_by_hand) {
  // Sorted: s 0.1, s 0.2, d 0.3, s 0.4 and d 0.4, d 0.8.
  siam_ranking ranking = rank_these((float[]){0.4f, 0.1f, 0.8f, 0.2f, 0.3f, 0.4f}, "ssdsdd");
  siam_curve curve = curve_of(&ranking);
  // Nearer: 0.1 and 0.2 than all three; 0.4 than 0.8, and half of its tie: (3 + 3 + 1.5) / 9.
  cr_assert_float_eq(siam_curve_auc(&curve), 7.5 / 9, ROUNDING);
  // From (FAR 1/3, FRR 1/3) on: the point itself.
  cr_assert_float_eq(siam_curve_eer(&curve), 1.0 / 3, ROUNDING);
  cr_assert_float_eq(siam_curve_accuracy(&curve, 0.25), 5.0 / 6, ROUNDING);
  // One of three different pairs may be accepted: up to 0.3, below the tie.
  cr_assert_float_eq(siam_curve_tar(&curve, 0.4), 2.0 / 3, ROUNDING);
  cr_assert_eq(siam_best_threshold(&curve), ((double)0.2f + 0.3f) / 2);
  siam_confusion counts = siam_confusion_at(&ranking, 0.4f);
  cr_assert_eq(counts.same_accepted, 3);
  cr_assert_eq(counts.same_rejected, 0);
  cr_assert_eq(counts.different_accepted, 2);
  cr_assert_eq(counts.different_rejected, 1);

  siam_roc_point *points = NULL;
  cr_assert_eq(siam_curve_list(&curve, &points), SIAM_OK);
  const double far[] = {0, 0, 0, 1.0 / 3, 2.0 / 3, 1}, tar[] = {0, 1.0 / 3, 2.0 / 3, 2.0 / 3, 1, 1};
  cr_assert_eq(curve.count, 5);
  for (size_t i = 0; i <= curve.count; i++) {
    cr_assert_float_eq(points[i].far, far[i], ROUNDING);
    cr_assert_float_eq(points[i].tar, tar[i], ROUNDING);
    counts = siam_confusion_at(&ranking, points[i].threshold);
    cr_assert_float_eq((double)counts.different_accepted / 3, far[i], ROUNDING);
    cr_assert_float_eq((double)counts.same_accepted / 3, tar[i], ROUNDING);
  }
  siam_free(points);
  siam_curve_clear(&curve);
  siam_ranking_clear(&ranking);
}

Test(metrics, equal_distances_everywhere_are_chance) {
  siam_ranking ranking = rank_these((float[]){0, 0, 0, 0, 0, 0}, "ssdsdd");
  siam_curve curve = curve_of(&ranking);
  cr_assert_eq(siam_curve_auc(&curve), 0.5);
  cr_assert_eq(siam_curve_eer(&curve), 0.5);
  siam_curve_clear(&curve);
  siam_ranking_clear(&ranking);
}

Test(metrics, perfect_and_reversed_distances_are_one_and_zero) {
  const float distances[] = {0.1f, 0.2f, 0.8f, 0.9f};
  siam_ranking ranking = rank_these(distances, "ssdd"), reversed = rank_these(distances, "ddss");
  siam_curve curve = curve_of(&ranking), reversed_curve = curve_of(&reversed);
  cr_assert_eq(siam_curve_auc(&curve), 1);
  cr_assert_eq(siam_curve_eer(&curve), 0);
  cr_assert_eq(siam_curve_accuracy(&curve, 0.5), 1);
  cr_assert_eq(siam_curve_tar(&curve, 0), 1);
  cr_assert_float_eq(siam_best_threshold(&curve), 0.5, 1e-7);
  cr_assert_eq(siam_curve_auc(&reversed_curve), 0);
  cr_assert_eq(siam_curve_eer(&reversed_curve), 1);
  cr_assert_eq(siam_curve_tar(&reversed_curve, 0.5), 0);
  siam_curve_clear(&curve);
  siam_curve_clear(&reversed_curve);
  siam_ranking_clear(&ranking);
  siam_ranking_clear(&reversed);
}

static double best_threshold(const float *distances, const char *kinds) {
  siam_ranking ranking = rank_these(distances, kinds);
  siam_curve curve = curve_of(&ranking);
  double threshold = siam_best_threshold(&curve);
  siam_curve_clear(&curve);
  siam_ranking_clear(&ranking);
  return threshold;
}

Test(metrics, the_best_threshold_may_accept_nothing_or_everything) {
  // More different pairs, and they are nearer: "never same" is the best verdict, and the threshold says it.
  cr_assert_eq(best_threshold((float[]){0.5f, 0.5f, 0.5f, 0.9f}, "ddds"), 0.25);
  cr_assert_lt(best_threshold((float[]){0, 0, 0.5f}, "dds"), 0);
  cr_assert_eq(best_threshold((float[]){0.5f, 0.25f, 1}, "sds"), 1);
}

Test(metrics, of_equally_good_thresholds_the_smallest_is_taken) {
  cr_assert_eq(best_threshold((float[]){1, 2, 3, 4}, "sdsd"), 1.5);
}

Test(metrics, the_order_of_the_pairs_does_not_matter) {
  sample drawn = draw_sample(11, 200, 9), shuffled = {.count = 200};
  uint32_t order[200];
  for (uint32_t i = 0; i < 200; i++) order[i] = i;
  siam_shuffle(order, 200, 5, SIAM_STREAM_EVALUATE, 1);
  for (size_t i = 0; i < 200; i++) {
    shuffled.distances[i] = drawn.distances[order[i]];
    shuffled.same[i] = drawn.same[order[i]];
  }
  siam_ranking first = rank(&drawn), second = rank(&shuffled);
  siam_curve a = curve_of(&first), b = curve_of(&second);
  cr_assert_eq(siam_curve_auc(&a), siam_curve_auc(&b));
  cr_assert_eq(siam_curve_eer(&a), siam_curve_eer(&b));
  cr_assert_eq(siam_curve_tar(&a, 0.1), siam_curve_tar(&b, 0.1));
  cr_assert_eq(siam_curve_accuracy(&a, 0.6), siam_curve_accuracy(&b, 0.6));
  cr_assert_eq(siam_best_threshold(&a), siam_best_threshold(&b));
  siam_curve_clear(&a);
  siam_curve_clear(&b);
  siam_ranking_clear(&first);
  siam_ranking_clear(&second);
}

Test(metrics, a_threshold_keeps_to_its_rate_and_is_the_largest_that_does) {
  sample drawn = draw_sample(2, MOST, 1000000);
  siam_ranking ranking = rank(&drawn);
  siam_curve curve = curve_of(&ranking);
  for (int percent = 4; percent <= 60; percent += 7) {
    double rate = percent / 100.0, threshold = 0;
    cr_assert_eq(siam_threshold_at_far(&curve, rate, &threshold), SIAM_OK);
    siam_confusion counts = siam_confusion_at(&ranking, threshold);
    cr_assert_eq(counts.different_accepted, (uint64_t)floor(rate * (double)ranking.different_count + 1e-9));
    // The next distance beyond belongs to a different pair: accepting more would break the rate.
    size_t place = counts.same_accepted + counts.different_accepted;
    cr_assert_eq(ranking.same[place], 0);
    cr_assert_lt(threshold, ranking.distances[place]);
  }
  siam_curve_clear(&curve);
  siam_ranking_clear(&ranking);
}

Test(metrics, a_rate_takes_ten_false_accepts_to_be_stated) {
  cr_assert(siam_far_is_supported(1000, 1e-2));
  cr_assert_not(siam_far_is_supported(999, 1e-2));
  cr_assert(siam_far_is_supported(10000, 1e-3));
  cr_assert(siam_far_is_supported(100000, 1e-4));
  cr_assert_not(siam_far_is_supported(99999, 1e-4));
  sample drawn = draw_sample(2, MOST, 100);
  siam_ranking ranking = rank(&drawn);
  siam_curve curve = curve_of(&ranking);
  double threshold = -7;
  cr_assert_eq(siam_threshold_at_far(&curve, 1e-3, &threshold), SIAM_ERROR_DATA);
  cr_assert_not_null(strstr(siam_last_error(), "10000 different pairs"), "%s", siam_last_error());
  cr_assert_eq(siam_threshold_at_far(&curve, 0, &threshold), SIAM_ERROR_ARGUMENT);
  cr_assert_eq(siam_threshold_at_far(&curve, NAN, &threshold), SIAM_ERROR_ARGUMENT);
  cr_assert_eq(threshold, -7);
  siam_curve_clear(&curve);
  siam_ranking_clear(&ranking);
}

Test(metrics, quantiles_lie_between_the_distances_of_their_kind) {
  siam_ranking ranking = rank_these((float[]){4, 10, 1, 20, 2, 3}, "sdsdss");
  double quantiles[5];
  cr_assert_eq(siam_ranking_quantiles(&ranking, true, (double[]){0, 0.25, 0.5, 0.9, 1}, 5, quantiles),
               SIAM_OK);
  const double expected[] = {1, 1.75, 2.5, 3.7, 4};
  for (int i = 0; i < 5; i++) cr_assert_float_eq(quantiles[i], expected[i], ROUNDING);
  cr_assert_eq(siam_ranking_quantiles(&ranking, false, (double[]){0.5}, 1, quantiles), SIAM_OK);
  cr_assert_eq(quantiles[0], 15);
  siam_ranking_clear(&ranking);
}

Test(metrics, what_cannot_be_ranked_is_refused) {
  siam_ranking ranking = {0};
  const uint8_t both[] = {1, 0}, one[] = {1, 1};
  cr_assert_eq(siam_ranking_create((float[]){0, NAN}, both, 2, &ranking), SIAM_ERROR_NUMERIC);
  cr_assert_not_null(strstr(siam_last_error(), "pair 1"));
  cr_assert_eq(siam_ranking_create((float[]){INFINITY, 0}, both, 2, &ranking), SIAM_ERROR_NUMERIC);
  cr_assert_eq(siam_ranking_create((float[]){0, 0}, one, 2, &ranking), SIAM_ERROR_DATA);
  cr_assert_not_null(strstr(siam_last_error(), "none is `different`"));
  cr_assert_eq(siam_ranking_create(NULL, NULL, 0, &ranking), SIAM_ERROR_DATA);
  cr_assert_null(ranking.distances);
}
