#include "base/memory.h"
#include "base/random.h"
#include "pipeline/one_shot.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { CLASSES = 30, EACH = 6, IMAGES = CLASSES * EACH, DIMENSION = 4 };

/// 30 classes of six pictures in three parents of ten classes; picture i of a class is by drawer i.
typedef struct world {
  float values[IMAGES * DIMENSION];
  uint32_t classes[IMAGES], drawers[IMAGES], parents[CLASSES];
} world;

static const siam_one_shot_labels *label(const world *drawn, bool with_drawers) {
  static siam_one_shot_labels labels;
  labels =
      (siam_one_shot_labels){drawn->classes, CLASSES, drawn->parents, with_drawers ? drawn->drawers : NULL};
  return &labels;
}

static siam_embeddings embed(const world *drawn) {
  return (siam_embeddings){drawn->values, IMAGES, DIMENSION};
}

/// Classes lie around normal points; `noise` is how far their pictures scatter.
static world *draw_world(uint64_t seed, float noise) {
  static world drawn;
  for (uint32_t i = 0; i < IMAGES; i++) {
    drawn.classes[i] = i / EACH;
    drawn.drawers[i] = i % EACH;
    drawn.parents[i / EACH] = i / EACH % 3;
    for (uint32_t d = 0; d < DIMENSION; d++) {
      siam_draw centre = siam_random(seed, SIAM_STREAM_EVALUATE, 1, i / EACH * DIMENSION + d);
      siam_draw own = siam_random(seed, SIAM_STREAM_EVALUATE, 2, i * DIMENSION + d);
      drawn.values[i * DIMENSION + d] =
          siam_normal(centre.word[0], centre.word[1]) + noise * siam_normal(own.word[0], own.word[1]);
    }
  }
  return &drawn;
}

static siam_one_shot run(const world *drawn, bool with_drawers, const siam_one_shot_options *options) {
  siam_embeddings embeddings = embed(drawn);
  siam_one_shot result;
  cr_assert_eq(siam_one_shot_draw(&embeddings, label(drawn, with_drawers), options, NULL, &result), SIAM_OK,
               "%s", siam_last_error());
  return result;
}

Test(one_shot, a_constant_network_is_never_right) {
  world *drawn = draw_world(1, 0.1f);
  for (size_t i = 0; i < IMAGES * DIMENSION; i++) drawn->values[i] = 0.5f;
  siam_one_shot result = run(drawn, false, &(siam_one_shot_options){.ways = 5, .trials = 500});
  cr_assert_eq(result.accuracy.value, 0);
  cr_assert_eq(result.accuracy.high, 0);
}

Test(one_shot, classes_far_apart_are_always_told) {
  siam_one_shot result =
      run(draw_world(2, 1e-4f), false, &(siam_one_shot_options){.ways = 20, .trials = 2000});
  cr_assert_eq(result.accuracy.value, 1);
  cr_assert_eq(result.ways, 20);
  cr_assert_eq(result.trials, 2000);
  cr_assert_eq(result.runs, 0);
}

Test(one_shot, embeddings_that_say_nothing_are_chance) {
  world *drawn = draw_world(3, 1);
  for (uint32_t i = 0; i < IMAGES * DIMENSION; i++)
    drawn->values[i] = siam_uniform(siam_random(3, SIAM_STREAM_EVALUATE, 3, i).word[0]);
  siam_one_shot result = run(drawn, false, &(siam_one_shot_options){.ways = 5, .trials = 20000});
  // One in five; the 180 pictures are fewer than the trials: five standard errors of so many.
  cr_assert_float_eq(result.accuracy.value, 0.2, 5 * sqrt(0.2 * 0.8 / IMAGES));
  cr_assert(result.accuracy.low < result.accuracy.value && result.accuracy.value < result.accuracy.high);
}

/// What drawn trials come to on average: every query, its supports over all choices, by counting. For two
/// ways the chance of a trial is the mean over all (query, own support, other picture).
static double reference_two_way(const world *drawn, bool within_parent) {
  double right = 0, all = 0;
  for (uint32_t query = 0; query < IMAGES; query++) {
    for (uint32_t own = 0; own < IMAGES; own++) {
      if (own == query || drawn->classes[own] != drawn->classes[query]) continue;
      for (uint32_t other = 0; other < IMAGES; other++) {
        if (drawn->classes[other] == drawn->classes[query]) continue;
        if (within_parent && drawn->parents[drawn->classes[other]] != drawn->parents[drawn->classes[query]])
          continue;
        double to_own = 0, to_other = 0;
        for (uint32_t d = 0; d < DIMENSION; d++) {
          double a = (double)drawn->values[query * DIMENSION + d] - drawn->values[own * DIMENSION + d];
          double b = (double)drawn->values[query * DIMENSION + d] - drawn->values[other * DIMENSION + d];
          to_own += a * a;
          to_other += b * b;
        }
        all++;
        right += to_own < to_other;
      }
    }
  }
  return right / all;
}

Test(one_shot, drawn_trials_agree_with_counting_all_of_them) {
  world *drawn = draw_world(4, 0.8f);
  // Parents cluster, so that it matters whether the classes of a trial share one.
  for (uint32_t i = 0; i < IMAGES; i++)
    drawn->values[i * DIMENSION] += 3 * (float)drawn->parents[drawn->classes[i]];
  const uint32_t trials = 40000;
  double expected[2];
  for (int within = 0; within < 2; within++) {
    siam_one_shot_options options = {.ways = 2, .trials = trials, .within_parent = within};
    siam_one_shot result = run(drawn, false, &options);
    expected[within] = reference_two_way(drawn, within);
    cr_assert_float_eq(result.accuracy.value, expected[within], 4.5 * sqrt(0.25 / trials), "within %d",
                       within);
  }
  cr_assert_gt(expected[0], expected[1] + 0.03);
}

Test(one_shot, the_order_of_the_pictures_does_not_move_the_accuracy_beyond_chance) {
  world *drawn = draw_world(5, 0.8f);
  siam_one_shot_options options = {.ways = 5, .trials = 20000};
  double before = run(drawn, false, &options).accuracy.value;
  static world turned;
  turned = *drawn;
  for (uint32_t i = 0; i < IMAGES; i++) {
    uint32_t from = IMAGES - 1 - i;
    turned.classes[i] = CLASSES - 1 - drawn->classes[from];
    memcpy(turned.values + i * DIMENSION, drawn->values + from * DIMENSION, DIMENSION * sizeof(float));
  }
  double after = run(&turned, false, &options).accuracy.value;
  cr_assert_float_eq(before, after, 4.5 * sqrt(2 * 0.25 / 20000));
}

Test(one_shot, the_same_seed_gives_the_same_trials) {
  world *drawn = draw_world(6, 0.8f);
  siam_one_shot_options options = {.ways = 5, .trials = 500, .seed = 1};
  siam_one_shot first = run(drawn, false, &options), second = run(drawn, false, &options);
  cr_assert_arr_eq(&first, &second, sizeof first);
  options.seed = 2;
  cr_assert_neq(run(drawn, false, &options).accuracy.value, first.accuracy.value);
}

Test(one_shot, a_query_and_its_support_are_by_different_drawers_where_those_are_known) {
  // Pictures of one drawer lie together, classes apart by far less. All supports come from one drawer, so the
  // query, by another, is as far from each but for its class: always right. Without drawers, any support that
  // happens to be by the query's drawer wins.
  world *drawn = draw_world(7, 0);
  for (uint32_t i = 0; i < IMAGES; i++) {
    memset(drawn->values + i * DIMENSION, 0, DIMENSION * sizeof(float));
    drawn->values[i * DIMENSION] = 100 * (float)drawn->drawers[i];
    drawn->values[i * DIMENSION + 1] = (float)drawn->classes[i];
  }
  siam_one_shot_options options = {.ways = 10, .trials = 2000};
  cr_assert_eq(run(drawn, true, &options).accuracy.value, 1);
  cr_assert_lt(run(drawn, false, &options).accuracy.value, 0.6);
}

Test(one_shot, a_support_is_never_by_the_drawer_of_its_query_where_those_are_known) {
  // Drawer 0 puts class c at c, twice; drawer 1 puts it where class c + 1 of drawer 0 lies. So a query always
  // finds another class's support at its own place, unless its support is drawer 0's second picture.
  float values[15];
  uint32_t classes[15], drawers[15];
  for (uint32_t i = 0; i < 15; i++) {
    classes[i] = i / 3;
    drawers[i] = i % 3 == 2;
    values[i] = (float)((classes[i] + drawers[i]) % 5);
  }
  siam_embeddings embeddings = {values, 15, 1};
  siam_one_shot_labels labels = {.classes = classes, .class_count = 5, .drawers = drawers};
  siam_one_shot result;
  siam_one_shot_options options = {.ways = 5, .trials = 300};
  cr_assert_eq(siam_one_shot_draw(&embeddings, &labels, &options, NULL, &result), SIAM_OK);
  cr_assert_eq(result.accuracy.value, 0);
  labels.drawers = NULL;
  cr_assert_eq(siam_one_shot_draw(&embeddings, &labels, &options, NULL, &result), SIAM_OK);
  cr_assert_gt(result.accuracy.value, 0);
}

Test(one_shot, a_class_with_one_picture_is_a_support_but_never_a_query) {
  // Class 0 has two pictures, the others one each: every query is of class 0.
  const float values[] = {0, 0.1f, 5, 6, 7};
  const uint32_t classes[] = {0, 0, 1, 2, 3};
  siam_embeddings embeddings = {values, 5, 1};
  siam_one_shot_labels labels = {.classes = classes, .class_count = 4};
  siam_one_shot result;
  siam_one_shot_options options = {.ways = 4, .trials = 50};
  cr_assert_eq(siam_one_shot_draw(&embeddings, &labels, &options, NULL, &result), SIAM_OK);
  cr_assert_eq(result.accuracy.value, 1);
  // One class of queries: nothing to draw an interval from.
  cr_assert(isnan(result.accuracy.low));
}

Test(one_shot, what_cannot_be_drawn_is_an_error_that_says_why) {
  world *drawn = draw_world(8, 0.1f);
  siam_embeddings embeddings = embed(drawn);
  siam_one_shot result;
  siam_one_shot_options options = {.ways = 31};
  cr_assert_eq(siam_one_shot_draw(&embeddings, label(drawn, false), &options, NULL, &result),
               SIAM_ERROR_DATA);
  cr_assert_not_null(strstr(siam_last_error(), "31-way"));
  options = (siam_one_shot_options){.ways = 11, .within_parent = true};
  cr_assert_eq(siam_one_shot_draw(&embeddings, label(drawn, false), &options, NULL, &result),
               SIAM_ERROR_DATA);
  cr_assert_not_null(strstr(siam_last_error(), "10 classes"), "%s", siam_last_error());
  options = (siam_one_shot_options){.ways = 1};
  cr_assert_eq(siam_one_shot_draw(&embeddings, label(drawn, false), &options, NULL, &result),
               SIAM_ERROR_ARGUMENT);
  drawn->values[9] = NAN;
  cr_assert_eq(siam_one_shot_draw(&embeddings, label(drawn, false), NULL, NULL, &result), SIAM_ERROR_NUMERIC);
  cr_assert_not_null(strstr(siam_last_error(), "picture 2"));
}

Test(one_shot, drawers_who_never_drew_enough_classes_are_an_error_and_no_endless_loop) {
  // Two classes by drawers 0 and 1, the third by drawers 2 and 3.
  const float values[6] = {0};
  const uint32_t classes[] = {0, 0, 1, 1, 2, 2}, drawers[] = {0, 1, 0, 1, 2, 3};
  siam_embeddings embeddings = {values, 6, 1};
  siam_one_shot_labels labels = {.classes = classes, .class_count = 3, .drawers = drawers};
  siam_one_shot result;
  siam_one_shot_options options = {.ways = 3};
  cr_assert_eq(siam_one_shot_draw(&embeddings, &labels, &options, NULL, &result), SIAM_ERROR_DATA);
  options.ways = 2;
  cr_assert_eq(siam_one_shot_draw(&embeddings, &labels, &options, NULL, &result), SIAM_OK);
}

Test(one_shot, prepared_runs_are_counted_as_by_hand) {
  // Run 1: supports at 0 and 10, queries at 1 (right), 9 (wrong), 5 (a tie, wrong). Run 2: all right.
  const float values[] = {0, 10, 1, 9, 5, 0, 1, 2, 0.2f, 1.9f};
  uint32_t supports_1[] = {0, 1}, queries_1[] = {2, 3, 4}, truth_1[] = {0, 0, 0};
  uint32_t supports_2[] = {5, 6, 7}, queries_2[] = {8, 9}, truth_2[] = {0, 2};
  siam_one_shot_run list[] = {{"run01", 2, 3, supports_1, queries_1, truth_1},
                              {"run02", 3, 2, supports_2, queries_2, truth_2}};
  siam_one_shot_runs runs = {.run_count = 2, .image_count = 10, .runs = list};
  siam_embeddings embeddings = {values, 10, 1};
  siam_one_shot result;
  double accuracies[2];
  cr_assert_eq(siam_one_shot_evaluate_runs(&embeddings, &runs, NULL, accuracies, &result), SIAM_OK);
  cr_assert_float_eq(accuracies[0], 1.0 / 3, 1e-15);
  cr_assert_eq(accuracies[1], 1);
  cr_assert_float_eq(result.accuracy.value, 3.0 / 5, 1e-15);
  cr_assert_eq(result.trials, 5);
  cr_assert_eq(result.runs, 2);
  cr_assert_eq(result.ways, 3);
  // Two runs: the interval runs from the worse to the better one.
  cr_assert_float_eq(result.accuracy.low, 1.0 / 3, 1e-12);
  cr_assert_float_eq(result.accuracy.high, 1, 1e-12);
  embeddings.count = 9;
  cr_assert_eq(siam_one_shot_evaluate_runs(&embeddings, &runs, NULL, NULL, &result), SIAM_ERROR_ARGUMENT);
}
