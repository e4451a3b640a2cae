// What a threshold for a false-accept rate does to classes that neither training nor calibrating has seen.
#include "data/images.h"
#include "pipeline/decision.h"
#include "pipeline/embedder.h"
#include "pipeline/measure.h"
#include "shapes.h"
#include "training.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ENCODER                                                                                              \
  "input 16 16 1\nconv 16 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\nconv 16 3 pad=1\nbatch_norm\nrelu\n"        \
  "flatten\nlinear 16\nl2_normalize\n"

static void begin(void) {
  siam_test_training_begin(ENCODER);
  siam_test_write_shapes(siam_test_training_path("held-out"), 40, 6, 2);
  siam_test_write_shapes(siam_test_training_path("unseen"), 60, 6, 3);
}
TestSuite(realised_rate, .init = begin, .fini = siam_test_training_end, .timeout = 300);

static siam_train_report train(const char *output, const char *validation, uint32_t steps) {
  siam_train_options options = {.data = siam_test_training_path("data"),
                                .output = siam_test_training_path(output),
                                .validation = validation,
                                .holdout = -1,
                                .model = {.encoder = siam_test_training_path("encoder.txt")},
                                .batch = 16,
                                .steps = steps,
                                .seed = 1};
  return siam_test_train(&options);
}

/// Ranks the distances that the model gives pairs of a folder of classes, as many as can be had.
static siam_ranking rank_pairs(siam_model *model, const char *folder) {
  siam_dataset *dataset = NULL;
  siam_images *images = NULL;
  siam_looks looks = {0};
  siam_pair_set pairs = {0};
  siam_ranking ranking = {0};
  siam_telling telling = {0};
  const siam_images_options options = {.shape = siam_model_picture_shape(model)};
  const siam_pairs_options draw = {.count = 400000, .seed = 1};
  cr_assert_eq(siam_dataset_open(siam_test_training_path(folder), NULL, &dataset), SIAM_OK, "%s",
               siam_last_error());
  cr_assert_eq(siam_images_open(dataset, &options, &images), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_looks_take(model, NULL, images, 0, &telling, &looks), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_pair_set_measure(dataset, &draw, &looks, &telling, &pairs), SIAM_OK, "%s",
               siam_last_error());
  cr_assert_eq(siam_ranking_create(pairs.distances, pairs.same, pairs.measured.count, &ranking), SIAM_OK);
  siam_pair_set_clear(&pairs);
  siam_looks_clear(&looks);
  siam_images_destroy(images);
  siam_dataset_destroy(dataset);
  return ranking;
}

static double accepted(const siam_ranking *ranking, double threshold) {
  return (double)siam_confusion_at(ranking, threshold).different_accepted / (double)ranking->different_count;
}

Test(realised_rate, is_near_the_one_asked_for_where_classes_were_held_out) {
  siam_decision decision;
  train("model", siam_test_training_path("held-out"), 150);
  siam_model *model = siam_test_training_load("model");
  siam_ranking unseen = rank_pairs(model, "unseen");
  cr_assert_eq(siam_decision_load(model, &decision), SIAM_OK);
  cr_expect_not(decision.on_training);
  cr_assert_eq(decision.points.count, 3, "the best accuracy, 1 and 0.1 %%");
  for (uint32_t i = 1; i < decision.points.count; i++) {
    // A rate rests on 780 pairs of classes, which share their classes. Five seeds of training came out at
    // 0.55 to 0.76 of 1 % and at 0.27 to 1.3 of 0.1 %, where thresholds of the trained classes let 26 to 38 %
    // in.
    const siam_operating_point *point = &decision.points.points[i];
    const double far = accepted(&unseen, point->threshold);
    cr_expect(far < 3 * point->rate && far > point->rate / 10, "%s: %g of the different pairs are accepted",
              point->name, far);
  }
  siam_ranking_clear(&unseen);
  siam_decision_clear(&decision);
  siam_model_destroy(model);
}

static void expect_no_rate(siam_model *model) {
  siam_comparer *comparer = NULL;
  cr_expect_eq(siam_comparer_create(model, &(siam_compare_options){.far = 0.01}, &comparer), SIAM_ERROR_DATA);
  cr_expect_not_null(strstr(siam_last_error(), "pictures that it was trained on"), "%s", siam_last_error());
  cr_expect_not_null(strstr(siam_last_error(), "classes held out"), "%s", siam_last_error());
  cr_assert_eq(siam_comparer_create(model, NULL, &comparer), SIAM_OK, "%s", siam_last_error());
  siam_comparer_destroy(comparer);
}

/// Adds training pictures to those for validation, trains, and says whether the model got thresholds for
/// rates.
static bool gets_rates(int first, int end) {
  siam_decision decision;
  char from[64], to[64];
  for (int i = first; i < end; i++) {
    snprintf(from, sizeof from, "data/group0/class00/%02d.pgm", i);
    snprintf(to, sizeof to, "held-out/group0/class00/stray%d.pgm", i);
    cr_assert_eq(link(siam_test_training_path(from), siam_test_training_path(to)), 0);
  }
  const siam_train_report report = train("model", siam_test_training_path("held-out"), 5);
  cr_expect_eq(report.validation_common, end);
  siam_model *model = siam_test_training_load("model");
  cr_assert_eq(siam_decision_load(model, &decision), SIAM_OK);
  const bool gets = decision.points.count > 1;
  cr_expect_eq(decision.on_training, !gets);
  cr_expect_eq(report.calibrated_on_training, !gets);
  siam_decision_clear(&decision);
  siam_model_destroy(model);
  return gets;
}

Test(realised_rate, is_promised_up_to_one_picture_in_a_hundred_that_was_trained_on) {
  // 240 pictures were held out; with them 2 of 242 and 3 of 243 are strays.
  cr_expect(gets_rates(0, 2));
  cr_expect_not(gets_rates(2, 3));
}

Test(realised_rate, is_not_promised_by_what_was_trained_on_and_would_be_far_off) {
  siam_decision decision;
  siam_curve curve = {0};
  double threshold;
  train("model", NULL, 150);
  siam_model *model = siam_test_training_load("model");
  siam_ranking trained = rank_pairs(model, "data"), unseen = rank_pairs(model, "unseen");
  cr_assert_eq(siam_decision_load(model, &decision), SIAM_OK);
  cr_expect(decision.on_training);
  cr_expect_eq(decision.points.count, 1, "the best accuracy alone");
  expect_no_rate(model);
  cr_assert_eq(siam_curve_create(&trained, &curve), SIAM_OK);
  cr_assert_eq(siam_threshold_at_far(&curve, 0.01, &threshold), SIAM_OK);
  cr_expect_gt(accepted(&unseen, threshold), 0.1);
  siam_curve_clear(&curve);
  siam_ranking_clear(&trained);
  siam_ranking_clear(&unseen);
  siam_decision_clear(&decision);
  siam_model_destroy(model);
}
