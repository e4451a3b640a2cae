#include "base/file.h"
#include "base/memory.h"
#include "training.h"

#include <criterion/criterion.h>
#include <siamese/compare.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENCODER                                                                                              \
  "input 16 16 1\nconv 8 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\nflatten\nlinear 12\nl2_normalize\n"

static void begin(void) {
  siam_test_training_begin(ENCODER);
}
TestSuite(training_reconstruct, .init = begin, .fini = siam_test_training_end, .timeout = 300);

static siam_train_options run_to(const char *output, const char *how) {
  return (siam_train_options){.data = siam_test_training_path("data"),
                              .output = siam_test_training_path(output),
                              .model = {.encoder = siam_test_training_path("encoder.txt")},
                              .reconstruct = how,
                              .batch = 8,
                              .steps = 20,
                              .seed = 5};
}

static float *values_of(siam_network *network, const char *slot) {
  siam_parameter_info info;
  cr_assert_eq(siam_network_get_slot(network, slot, &info, NULL), SIAM_OK, "%s", siam_last_error());
  float *values = calloc(info.count, sizeof *values);
  cr_assert_eq(siam_network_read(network, slot, values), SIAM_OK, "%s", siam_last_error());
  return values;
}

Test(training_reconstruct, both_kinds_learn_more_than_the_mean_picture_and_sharing_changes_what_is_learnt) {
  float *learnt[2];
  for (int i = 0; i < 2; i++) {
    siam_train_options options = run_to(i == 0 ? "tied" : "untied", i == 0 ? "tied" : "untied");
    options.steps = 150;
    options.rate = 0.004;
    options.augment = "none";
    siam_train_report report = siam_test_train(&options);
    // 72 pictures in classes that are held apart or not: one in ten is not trained on, whatever its class.
    cr_expect_eq(report.images, 65);
    cr_expect_eq(report.validation_images, 7);
    cr_expect_eq(report.classes, 0);
    cr_expect_gt(report.mean_picture_error, 0);
    cr_expect_lt(report.reconstruction_error, 0.8 * report.mean_picture_error, "%s: %g of %g",
                 options.reconstruct, report.reconstruction_error, report.mean_picture_error);
    cr_expect_str_eq(report.warning, "");
    siam_model *model = siam_test_training_load(options.reconstruct);
    learnt[i] = values_of(model->network, "conv1.weight");
    siam_model_destroy(model);
  }
  cr_expect_arr_neq(learnt[0], learnt[1], 72 * sizeof *learnt[0]);
  free(learnt[0]);
  free(learnt[1]);
}

/// The loss of a log's first row.
static double first_loss(const char *log) {
  uint8_t *bytes = NULL;
  size_t count = 0;
  double loss = 0;
  cr_assert_eq(siam_file_read(siam_test_training_path(log), 1 << 20, &bytes, &count), SIAM_OK, "%s",
               siam_last_error());
  const char *row = strchr((const char *)bytes, '\n');
  cr_assert_eq(sscanf(row, " %*[^,],%*[^,],%*[^,],%lf,", &loss), 1, "%s", row);
  siam_free(bytes);
  return loss;
}

Test(training_reconstruct, the_loss_of_a_step_is_the_error_that_is_measured) {
  // Without batch statistics, augmentation and a rate that moves anything; one batch is all pictures.
  siam_test_training_write("plain.txt",
                           "input 16 16 1\nconv 4 3 pad=1\ntanh\nmax_pool 2\nflatten\nlinear 12\n");
  siam_train_options options = run_to("model", "untied");
  options.model.encoder = siam_test_training_path("plain.txt");
  options.augment = "none";
  options.batch = 36;
  options.steps = 1;
  options.rate = 1e-30;
  options.weight_decay = -1;
  options.holdout = -1;
  options.log = siam_test_training_path("log.csv");
  siam_train_report report = siam_test_train(&options);
  siam_model *model = siam_test_training_load("model");
  // The loss is of normalised numbers. They come from sums of at most 256 products, and are squared: 2 · 256
  // roundings of 6e-8.
  double deviation = model->preprocessing.deviation[0];
  double loss = first_loss("log.csv") * deviation * deviation;
  cr_expect_float_eq(loss, report.reconstruction_error, 3.1e-5 * report.reconstruction_error, "%.9g and %.9g",
                     loss, report.reconstruction_error);
  siam_model_destroy(model);
}

static bool stop(void *context, const siam_train_progress *progress) {
  (void)context;
  return progress->step < 9;
}

Test(training_reconstruct, a_resumed_run_ends_in_the_bits_of_an_undisturbed_one) {
  static const char *const ways[] = {"tied", "untied"};
  for (int i = 0; i < 2; i++) {
    siam_train_options whole = run_to("whole", ways[i]), parts = run_to("parts", ways[i]);
    siam_train_report report;
    siam_test_train(&whole);
    parts.progress = stop;
    // The second part decodes pictures anew for each step, which changes no bit.
    cr_assert_eq(siam_train(siam_test_training_device(), &parts, &report), SIAM_INTERRUPTED);
    parts.progress = NULL;
    parts.resume = true;
    parts.picture_bytes = 1;
    parts.reconstruct = ways[1 - i];
    cr_expect_eq(siam_train(siam_test_training_device(), &parts, &report), SIAM_ERROR_ARGUMENT,
                 "another autoencoder's checkpoint");
    parts.reconstruct = ways[i];
    siam_test_train(&parts);
    uint8_t *bytes[2] = {NULL, NULL};
    size_t counts[2] = {0, 0};
    cr_assert_eq(siam_file_read(siam_test_training_path("whole"), 1 << 24, &bytes[0], &counts[0]), SIAM_OK);
    cr_assert_eq(siam_file_read(siam_test_training_path("parts"), 1 << 24, &bytes[1], &counts[1]), SIAM_OK);
    cr_assert_eq(counts[0], counts[1]);
    cr_expect_arr_eq(bytes[0], bytes[1], counts[0], "%s", ways[i]);
    siam_free(bytes[0]);
    siam_free(bytes[1]);
  }
}

Test(training_reconstruct, the_file_is_the_encoder_and_says_what_it_was_trained_to_do) {
  siam_train_options options = run_to("start", "tied");
  siam_test_train(&options);
  siam_model *model = siam_test_training_load("start");
  const char *training = siam_model_get_fact(model, "training");
  cr_expect_eq(model->network->count, 7, "the encoder's layers alone, with what its mirror leaves out");
  cr_expect_not_null(strstr(model->encoder, "l2_normalize"), "%s", model->encoder);
  cr_expect_null(strstr(model->encoder, "mirror"), "%s", model->encoder);
  cr_expect_str_eq(siam_model_get_fact(model, "trained_to"), "reconstruct");
  cr_expect_not_null(strstr(training, "weight=conv1.weight"), "%s", training);
  cr_expect_not_null(strstr(training, "\nreconstruct tied, batch 16 pictures\n"), "%s", training);
  cr_expect_null(siam_model_get_fact(model, "operating_points"));
  siam_comparer *comparer = NULL;
  cr_expect_eq(siam_comparer_create(model, NULL, &comparer), SIAM_ERROR_DATA);
  cr_expect_not_null(strstr(siam_last_error(), "was trained to reconstruct pictures"), "%s",
                     siam_last_error());
  cr_expect_not_null(strstr(siam_last_error(), "--init"), "%s", siam_last_error());
  const double threshold = 0.5;
  cr_expect_eq(siam_comparer_create(model, &(siam_compare_options){.threshold = &threshold}, &comparer),
               SIAM_OK, "%s", siam_last_error());
  siam_comparer_destroy(comparer);
  siam_model_destroy(model);
}

Test(training_reconstruct, training_on_pairs_begins_with_what_was_learnt) {
  siam_train_options first = run_to("start", "untied");
  siam_test_train(&first);
  siam_train_options next = run_to("model", NULL);
  // One step whose learning rate vanishes beside every weight.
  next.init = siam_test_training_path("start");
  next.model.encoder = NULL;
  next.steps = 1;
  next.rate = 1e-30;
  next.weight_decay = -1;
  siam_train_report report = siam_test_train(&next);
  cr_expect_eq(report.init_taken, 8);
  cr_expect_eq(report.init_parameters, 8);
  siam_model *start = siam_test_training_load("start"), *model = siam_test_training_load("model");
  static const char *const slots[] = {"conv1.weight", "linear1.weight"};
  for (int i = 0; i < 2; i++) {
    siam_parameter_info info;
    cr_assert_eq(siam_network_get_slot(start->network, slots[i], &info, NULL), SIAM_OK);
    float *before = values_of(start->network, slots[i]), *after = values_of(model->network, slots[i]);
    cr_expect_arr_eq(before, after, info.bytes, "%s", slots[i]);
    free(before);
    free(after);
  }
  cr_expect_eq(model->preprocessing.mean[0], start->preprocessing.mean[0]);
  cr_expect_null(siam_model_get_fact(model, "trained_to"), "now it is trained on pairs");
  cr_expect_not_null(siam_model_get_fact(model, "operating_points"));
  siam_model_destroy(start);
  siam_model_destroy(model);
}

Test(training_reconstruct, pre_training_can_begin_with_another_model_and_its_mirror_has_the_same_weights) {
  siam_train_options first = run_to("start", "tied");
  siam_test_train(&first);
  siam_train_options next = run_to("next", "tied");
  next.init = siam_test_training_path("start");
  next.steps = 1;
  next.rate = 1e-30;
  next.weight_decay = -1;
  siam_test_train(&next);
  siam_model *start = siam_test_training_load("start"), *model = siam_test_training_load("next");
  float *before = values_of(start->network, "conv1.weight"),
        *after = values_of(model->network, "conv1.weight");
  cr_expect_arr_eq(before, after, 72 * sizeof *before);
  free(before);
  free(after);
  siam_model_destroy(start);
  siam_model_destroy(model);
}

static void refused(const siam_train_options *options, const char *words) {
  siam_train_report report;
  cr_expect_eq(siam_train(siam_test_training_device(), options, &report), SIAM_ERROR_ARGUMENT,
               "should say '%s'", words);
  cr_expect_not_null(strstr(siam_last_error(), words), "'%s' is not in: %s", words, siam_last_error());
}

Test(training_reconstruct, what_reconstructing_cannot_use_is_refused) {
  siam_test_training_write("oblong.txt", "input 16 14 1\nconv 4 3 stride=3\nflatten\nlinear 8\n");
  siam_test_training_write("nothing.txt", "input 16 16 1\nflatten\nl2_normalize\n");
  siam_train_options options = run_to("model", "knotted");
  refused(&options, "there is no 'knotted' autoencoder; there are: tied, untied");
  options = run_to("model", "tied");
  options.loss = "contrastive";
  refused(&options, "without pairs and classes");
  options = run_to("model", "tied");
  options.turned_classes = true;
  refused(&options, "--turned-classes");
  options = run_to("model", "tied");
  options.data = siam_test_training_path("encoder.txt");
  refused(&options, "a folder with pictures");
  options = run_to("model", "tied");
  options.model.encoder = siam_test_training_path("oblong.txt");
  refused(&options, "conv1: of a picture of 16×14 it has no mirror");
  options.model.encoder = siam_test_training_path("nothing.txt");
  refused(&options, "nothing to learn in it");
}
