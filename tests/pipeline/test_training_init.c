#include "base/file.h"
#include "shapes.h"
#include "training.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENCODER                                                                                              \
  "input 16 16 1\nconv 8 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\nflatten\nlinear 8\nl2_normalize\n"

static void begin(void) {
  siam_test_training_begin(ENCODER);
}
TestSuite(training_init, .init = begin, .fini = siam_test_training_end, .timeout = 300);

static siam_train_options run_to(const char *output, const char *init) {
  return (siam_train_options){.data = siam_test_training_path("data"),
                              .output = siam_test_training_path(output),
                              .init = init != NULL ? siam_test_training_path(init) : NULL,
                              .batch = 8,
                              .images_per_class = 4,
                              .steps = 10,
                              .holdout = 0.3,
                              .seed = 5};
}

/// A trained model of ENCODER.
static void make_source(const char *name) {
  siam_train_options options = run_to(name, NULL);
  options.model.encoder = siam_test_training_path("encoder.txt");
  options.seed = 9;
  siam_test_train(&options);
}

/// One step whose learning rate vanishes beside every weight.
static siam_train_options hold_still(siam_train_options options) {
  options.steps = 1;
  options.rate = 1e-30;
  options.weight_decay = -1;
  return options;
}

Test(training_init, the_first_weights_are_those_of_the_file_with_its_encoder_and_normalisation) {
  make_source("source");
  // Other pictures have another mean of their own.
  siam_test_write_shapes(siam_test_training_path("others"), 12, 4, 77);
  siam_train_options options = hold_still(run_to("model", "source"));
  options.data = siam_test_training_path("others");
  siam_train_report report = siam_test_train(&options);
  cr_expect_eq(report.init_taken, 8);
  cr_expect_eq(report.init_parameters, 8);
  siam_model *source = siam_test_training_load("source"), *model = siam_test_training_load("model");
  cr_expect_str_eq(model->encoder, source->encoder);
  const siam_store *store = &model->network->store;
  float *before = calloc(store->trained, sizeof *before), *after = calloc(store->trained, sizeof *after);
  cr_assert_eq(siam_buffer_read(siam_test_training_device(), source->network->store.weights, 0,
                                store->trained, before),
               SIAM_OK);
  cr_assert_eq(siam_buffer_read(siam_test_training_device(), store->weights, 0, store->trained, after),
               SIAM_OK);
  cr_expect_arr_eq(before, after, store->trained * sizeof *before);
  cr_expect_eq(model->preprocessing.mean[0], source->preprocessing.mean[0]);
  cr_expect_eq(model->preprocessing.deviation[0], source->preprocessing.deviation[0]);
  const char *training = siam_model_get_fact(model, "training");
  cr_expect_not_null(strstr(training, "source, 8 of 8 parameters, first weights xxh64:"), "%s", training);
  free(before);
  free(after);
  siam_model_destroy(source);
  siam_model_destroy(model);
}

/// Gathers what a run says.
typedef struct talk {
  char warnings[4096], notes[4096];
} talk;

static void listen(void *context, siam_log_level level, const char *message) {
  talk *heard = context;
  char *text = level == SIAM_LOG_WARNING ? heard->warnings : heard->notes;
  snprintf(text + strlen(text), sizeof heard->notes - strlen(text), "%s\n", message);
}

Test(training_init, what_has_another_shape_begins_anew_and_is_warned_of) {
  make_source("source");
  siam_train_options options = hold_still(run_to("model", "source"));
  options.model.embedding = 5;
  talk heard = {0};
  options.logger = (siam_logger){listen, &heard};
  siam_train_report report = siam_test_train(&options);
  cr_expect_eq(report.init_taken, 6);
  cr_expect_eq(report.init_parameters, 8);
  cr_expect_not_null(strstr(heard.warnings, "source: of another shape, so these begin anew: linear1.weight "
                                            "[512,8] there and [512,5] here, linear1.bias"),
                     "%s", heard.warnings);
  cr_expect_not_null(strstr(heard.notes, "source: 6 of 8 parameters taken over\n"), "%s", heard.notes);
}

Test(training_init, names_that_only_one_side_has_are_said) {
  make_source("source");
  siam_test_training_write(
      "wider.txt", "input 16 16 1\nconv 8 3 pad=1\nrelu\nmax_pool 2\nconv 4 3\nflatten\nlinear 8 name=x\n"
                   "l2_normalize\n");
  siam_train_options options = hold_still(run_to("model", "source"));
  options.model.encoder = siam_test_training_path("wider.txt");
  talk heard = {0};
  options.logger = (siam_logger){listen, &heard};
  siam_test_train(&options);
  cr_expect_not_null(strstr(heard.notes, "2 of 6 parameters taken over; not in it: conv2.weight, conv2.bias, "
                                         "x.weight, x.bias; not used of it: batch_norm1.weight, "),
                     "%s", heard.notes);
}

Test(training_init, colour_pictures_have_a_normalisation_of_their_own) {
  make_source("source");
  siam_train_options options = hold_still(run_to("model", "source"));
  options.model.channels = 3;
  siam_test_train(&options);
  siam_model *source = siam_test_training_load("source"), *model = siam_test_training_load("model");
  cr_expect_neq(model->preprocessing.mean[1], source->preprocessing.mean[1]);
  siam_model_destroy(source);
  siam_model_destroy(model);
}

static bool stop_after_four(void *context, const siam_train_progress *progress) {
  (void)context;
  return progress->step < 4;
}

Test(training_init, a_resumed_run_ends_in_the_bits_of_an_undisturbed_one_and_needs_the_same_start) {
  make_source("source");
  siam_train_options whole = run_to("whole", "source"), parts = run_to("parts", "source");
  siam_test_train(&whole);
  parts.progress = stop_after_four;
  siam_train_report report;
  cr_assert_eq(siam_train(siam_test_training_device(), &parts, &report), SIAM_INTERRUPTED);
  parts.progress = NULL;
  parts.resume = true;
  siam_train_options without = parts;
  without.init = NULL;
  without.model.encoder = siam_test_training_path("encoder.txt");
  cr_assert_eq(siam_train(siam_test_training_device(), &without, &report), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "was written with 'init "), "%s", siam_last_error());
  // The file is another one by now.
  cr_assert_eq(rename(siam_test_training_path("source"), siam_test_training_path("kept")), 0);
  siam_train_options other = run_to("source", NULL);
  other.model.encoder = siam_test_training_path("encoder.txt");
  siam_test_train(&other);
  cr_assert_eq(siam_train(siam_test_training_device(), &parts, &report), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "first weights"), "%s", siam_last_error());
  cr_assert_eq(rename(siam_test_training_path("kept"), siam_test_training_path("source")), 0);
  siam_test_train(&parts);
  uint8_t *a = NULL, *b = NULL;
  size_t count_a = 0, count_b = 0;
  cr_assert_eq(siam_file_read(whole.output, 1 << 26, &a, &count_a), SIAM_OK);
  cr_assert_eq(siam_file_read(parts.output, 1 << 26, &b, &count_b), SIAM_OK);
  cr_expect(count_a == count_b && memcmp(a, b, count_a) == 0);
  free(a);
  free(b);
}

Test(training_init, a_file_that_has_nothing_for_the_network_is_refused_before_anything_is_read) {
  make_source("source");
  siam_test_training_write("alien.txt", "input 16 16 1\nflatten\nlinear 4 name=alien\nl2_normalize\n");
  siam_test_training_write("other.txt", "input 16 16 1\nflatten\nlinear 4\nl2_normalize\n");
  static const struct {
    const char *init, *encoder, *words;
  } rows[] = {
      {"source", "alien.txt", "source: none of its parameters fits the network: no name is the same; give"},
      {"source", "other.txt",
       "linear1.weight [512,8] there and [256,4] here, linear1.bias [8] there and [4] "
       "here have other shapes; give"},
      {"nowhere", "encoder.txt", "nowhere: "},
      {"encoder.txt", "encoder.txt", "encoder.txt: "},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    siam_train_options options = run_to("model", rows[i].init);
    options.model.encoder = siam_test_training_path(rows[i].encoder);
    siam_train_report report;
    cr_expect_neq(siam_train(siam_test_training_device(), &options, &report), SIAM_OK);
    cr_expect_not_null(strstr(siam_last_error(), rows[i].words), "%s", siam_last_error());
    cr_expect_neq(access(options.output, F_OK), 0);
  }
}
