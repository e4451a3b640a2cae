#include "pipeline/recipe.h"
#include "training.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENCODER                                                                                              \
  "input 16 16 1\nconv 8 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\nflatten\nlinear 8\nl2_normalize\n"

static void begin(void) {
  siam_test_training_begin(ENCODER);
}
TestSuite(recipe, .init = begin, .fini = siam_test_training_end, .timeout = 300);

static siam_train_options run_to(const char *output, const char *recipe) {
  return (siam_train_options){.data = siam_test_training_path("data"),
                              .output = siam_test_training_path(output),
                              .recipe = recipe,
                              .batch = 8,
                              .steps = 5,
                              .holdout = 0.3,
                              .seed = 5};
}

/// Expects the settings that the model file keeps to hold `words`.
static void said(const siam_model *model, const char *words) {
  const char *settings = siam_model_get_fact(model, "training");
  cr_assert_not_null(settings);
  cr_expect_not_null(strstr(settings, words), "'%s' is not in: %s", words, settings);
}

Test(recipe, every_recipe_trains_and_its_model_says_what_was_chosen) {
  size_t count = 0;
  for (const char *name = NULL; (name = siam_recipe_get_name(count)) != NULL; count++) {
    cr_expect_not_null(siam_recipe_get_summary(count));
    siam_train_options options = run_to("model", name);
    cr_expect_eq(siam_test_train(&options).steps, 5);
    siam_model *model = siam_test_training_load("model");
    const siam_model_info info = siam_model_get_info(model);
    // The pictures are grey and 16 × 16.
    cr_expect_eq(info.width, 28);
    cr_expect_eq(info.channels, 1);
    said(model, "input 28 28 1\n");
    said(model, strcmp(name, "plain") == 0 ? "hardest=0" : "hardest=5");
    siam_model_destroy(model);
  }
  cr_expect_eq(count, 4);
  cr_expect_null(siam_recipe_get_summary(count));
}

Test(recipe, what_the_caller_says_goes_before) {
  siam_train_options options = run_to("model", "best");
  options.model.encoder = siam_test_training_path("encoder.txt");
  options.loss = "nt_xent";
  options.rate = 0.0005;
  options.patience = 2;
  siam_test_train(&options);
  siam_model *model = siam_test_training_load("model");
  said(model, "input 16 16 1\n");
  said(model, "loss nt_xent");
  said(model, "0.0005");
  siam_model_destroy(model);
}

Test(recipe, where_all_is_said_it_changes_no_bit) {
  siam_train_options plain = run_to("plain", NULL), with = run_to("with", "balanced");
  plain.model.encoder = with.model.encoder = siam_test_training_path("encoder.txt");
  plain.loss = with.loss = "contrastive margin=0.8";
  plain.rate = with.rate = 0.001;
  siam_test_train(&plain);
  siam_test_train(&with);
  siam_model *first = siam_test_training_load("plain"), *second = siam_test_training_load("with");
  const size_t count = first->network->store.total;
  float *a = calloc(count, sizeof *a), *b = calloc(count, sizeof *b);
  siam_device *device = siam_test_training_device();
  cr_assert_eq(siam_buffer_read(device, first->network->store.weights, 0, count, a), SIAM_OK);
  cr_assert_eq(siam_buffer_read(device, second->network->store.weights, 0, count, b), SIAM_OK);
  cr_expect_eq(memcmp(a, b, count * sizeof *a), 0);
  free(a);
  free(b);
  siam_model_destroy(first);
  siam_model_destroy(second);
}

Test(recipe, pairs_are_trained_without_the_loss_of_classes) {
  siam_train_options options = run_to("model", "balanced");
  options.pairs = "drawn";
  siam_test_train(&options);
  siam_model *model = siam_test_training_load("model");
  said(model, "drawn pairs");
  said(model, "hardest=0");
  siam_model_destroy(model);
}

Test(recipe, an_unknown_one_is_refused_with_those_there_are) {
  siam_train_options options = run_to("model", "quick");
  siam_train_report report;
  cr_expect_eq(siam_train(siam_test_training_device(), &options, &report), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "no recipe 'quick'; there are: fast, balanced, best, plain"),
                     "%s", siam_last_error());
}

Test(recipe, a_resumed_run_ends_in_the_bits_of_its_own_choice) {
  siam_train_options options = run_to("model", "fast");
  options.model.encoder = "auto";
  siam_train_report first = siam_test_train(&options), second = siam_test_train(&options);
  cr_expect_eq(first.auc, second.auc);
}

Test(recipe, the_encoder_follows_from_size_number_and_colour_of_the_pictures_and_the_limit_is_named) {
  static const char few[] = "pictures are fewer than the 1000 that 48 × 48 takes",
                    small[] = "more than half of the pictures have sides up to 40, and 48 × 48 takes 41",
                    large[] =
                        "since there are 1000 pictures and half of them have sides of 41 or more: it takes "
                        "1000, and 41";
  static const struct {
    siam_picture_sample sample;
    const char *encoder;
    int size, channels;
    const char *reason, *colour;
  } rows[] = {
      {{.pictures = 100, .looked_at = 64, .side = 8}, "conv4", 28, 1, few, "in grey, since 0 of 64"},
      {{.pictures = 100, .looked_at = 64, .side = 40, .coloured = 6},
       "conv4",
       28,
       1,
       few,
       "in grey, since 6 of 64 looked at have colours, fewer than a tenth"},
      {{.pictures = 100, .looked_at = 64, .side = 40, .coloured = 7},
       "conv4",
       28,
       3,
       few,
       "in colour, since 7 of 64 looked at have colours, no fewer than a tenth"},
      {{.pictures = 1000, .looked_at = 64, .side = 41, .coloured = 64}, "conv4", 48, 3, large, "in colour"},
      {{.pictures = 1000, .looked_at = 64, .side = 40}, "conv4", 28, 1, small, "in grey"},
      {{.pictures = 999, .looked_at = 64, .side = 500},
       "conv4",
       28,
       1,
       "since 999 pictures are fewer",
       "in grey"},
      {{.pictures = 1, .looked_at = 0}, "conv4", 28, 1, few, "in grey, since 0 of 0"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    siam_text why = {0}, why_given = {0};
    siam_model_options model = {0}, given = {.size = 20, .channels = 3};
    siam_choose_encoder(&rows[i].sample, &model, &why);
    cr_assert_eq(siam_text_status(&why), SIAM_OK);
    cr_expect_str_eq(model.encoder, rows[i].encoder, "%zu: %s", i, why.bytes);
    cr_expect_eq(model.size, rows[i].size, "%zu: %s", i, why.bytes);
    cr_expect_eq(model.channels, rows[i].channels, "%zu: %s", i, why.bytes);
    cr_expect_not_null(strstr(why.bytes, rows[i].encoder));
    cr_expect_not_null(strstr(why.bytes, rows[i].reason), "%zu: %s", i, why.bytes);
    cr_expect_not_null(strstr(why.bytes, rows[i].colour), "%zu: %s", i, why.bytes);
    siam_choose_encoder(&rows[i].sample, &given, &why_given);
    cr_expect_eq(given.size, 20);
    cr_expect_eq(given.channels, 3);
    cr_expect_str_eq(why_given.bytes, "encoder auto: conv4 at 20 × 20, as given; in colour, as given");
    siam_text_clear(&why);
    siam_text_clear(&why_given);
  }
}
