#include "base/file.h"
#include "model/model.h"
#include "scratch.h"
#include "shapes.h"

#include <criterion/criterion.h>
#include <siamese/train.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENCODER                                                                                              \
  "input 16 16 1\nconv 8 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\nflatten\nlinear 8\nl2_normalize\n"

static char *folder;
static siam_device *device;

static void write_text(const char *name, const char *text) {
  cr_assert_eq(siam_file_replace(siam_scratch_path(folder, name), text, strlen(text)), SIAM_OK);
}

static void begin(void) {
  folder = siam_scratch_create();
  siam_test_write_shapes(siam_scratch_path(folder, "data"), 12, 6, 1);
  write_text("encoder.txt", ENCODER);
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
}
static void end(void) {
  siam_device_destroy(device);
  siam_scratch_remove(folder);
}
TestSuite(training_init, .init = begin, .fini = end, .timeout = 300);

/// A path in the folder; valid for the test.
static const char *path_of(const char *name) {
  static char paths[16][512];
  static unsigned turn;
  char *path = paths[turn++ % 16];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static siam_train_options run_to(const char *output, const char *init) {
  return (siam_train_options){.data = path_of("data"),
                              .output = path_of(output),
                              .init = init != NULL ? path_of(init) : NULL,
                              .batch = 8,
                              .images_per_class = 4,
                              .steps = 10,
                              .holdout = 0.3,
                              .seed = 5};
}

static siam_train_report train(const siam_train_options *options) {
  siam_train_report report;
  cr_assert_eq(siam_train(device, options, &report), SIAM_OK, "%s", siam_last_error());
  return report;
}

/// A trained model of ENCODER.
static void make_source(const char *name) {
  siam_train_options options = run_to(name, NULL);
  options.model.encoder = path_of("encoder.txt");
  options.seed = 9;
  train(&options);
}

static siam_model *load(const char *name) {
  siam_model *model = NULL;
  cr_assert_eq(siam_model_load(device, path_of(name), &model), SIAM_OK, "%s", siam_last_error());
  return model;
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
  siam_test_write_shapes(siam_scratch_path(folder, "others"), 12, 4, 77);
  siam_train_options options = hold_still(run_to("model", "source"));
  options.data = path_of("others");
  siam_train_report report = train(&options);
  cr_expect_eq(report.init_taken, 8);
  cr_expect_eq(report.init_parameters, 8);
  siam_model *source = load("source"), *model = load("model");
  cr_expect_str_eq(model->encoder, source->encoder);
  const siam_store *store = &model->network->store;
  float *before = calloc(store->trained, sizeof *before), *after = calloc(store->trained, sizeof *after);
  cr_assert_eq(siam_buffer_read(device, source->network->store.weights, 0, store->trained, before), SIAM_OK);
  cr_assert_eq(siam_buffer_read(device, store->weights, 0, store->trained, after), SIAM_OK);
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
  siam_train_report report = train(&options);
  cr_expect_eq(report.init_taken, 6);
  cr_expect_eq(report.init_parameters, 8);
  cr_expect_not_null(strstr(heard.warnings, "source: of another shape, so these begin anew: linear1.weight "
                                            "[512,8] there and [512,5] here, linear1.bias"),
                     "%s", heard.warnings);
  cr_expect_not_null(strstr(heard.notes, "source: 6 of 8 parameters taken over\n"), "%s", heard.notes);
}

Test(training_init, names_that_only_one_side_has_are_said) {
  make_source("source");
  write_text("wider.txt",
             "input 16 16 1\nconv 8 3 pad=1\nrelu\nmax_pool 2\nconv 4 3\nflatten\nlinear 8 name=x\n"
             "l2_normalize\n");
  siam_train_options options = hold_still(run_to("model", "source"));
  options.model.encoder = path_of("wider.txt");
  talk heard = {0};
  options.logger = (siam_logger){listen, &heard};
  train(&options);
  cr_expect_not_null(strstr(heard.notes, "2 of 6 parameters taken over; not in it: conv2.weight, conv2.bias, "
                                         "x.weight, x.bias; not used of it: batch_norm1.weight, "),
                     "%s", heard.notes);
}

Test(training_init, colour_pictures_have_a_normalisation_of_their_own) {
  make_source("source");
  siam_train_options options = hold_still(run_to("model", "source"));
  options.model.channels = 3;
  train(&options);
  siam_model *source = load("source"), *model = load("model");
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
  train(&whole);
  parts.progress = stop_after_four;
  siam_train_report report;
  cr_assert_eq(siam_train(device, &parts, &report), SIAM_INTERRUPTED);
  parts.progress = NULL;
  parts.resume = true;
  siam_train_options without = parts;
  without.init = NULL;
  without.model.encoder = path_of("encoder.txt");
  cr_assert_eq(siam_train(device, &without, &report), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "was written with 'init "), "%s", siam_last_error());
  // The file is another one by now.
  cr_assert_eq(rename(path_of("source"), path_of("kept")), 0);
  siam_train_options other = run_to("source", NULL);
  other.model.encoder = path_of("encoder.txt");
  train(&other);
  cr_assert_eq(siam_train(device, &parts, &report), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "first weights"), "%s", siam_last_error());
  cr_assert_eq(rename(path_of("kept"), path_of("source")), 0);
  train(&parts);
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
  write_text("alien.txt", "input 16 16 1\nflatten\nlinear 4 name=alien\nl2_normalize\n");
  write_text("other.txt", "input 16 16 1\nflatten\nlinear 4\nl2_normalize\n");
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
    options.model.encoder = path_of(rows[i].encoder);
    siam_train_report report;
    cr_expect_neq(siam_train(device, &options, &report), SIAM_OK);
    cr_expect_not_null(strstr(siam_last_error(), rows[i].words), "%s", siam_last_error());
    cr_expect_neq(access(options.output, F_OK), 0);
  }
}
