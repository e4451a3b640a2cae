#include "base/file.h"
#include "base/memory.h"
#include "losses/loss.h"
#include "model/model.h"
#include "scratch.h"
#include "shapes.h"

#include <criterion/criterion.h>
#include <math.h>
#include <siamese/compare.h>
#include <siamese/train.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder;
static siam_device *device;

static void write_encoder(const char *text) {
  cr_assert_eq(siam_file_replace(siam_scratch_path(folder, "tiny.txt"), text, strlen(text)), SIAM_OK);
}

static void begin(void) {
  folder = siam_scratch_create();
  siam_test_write_shapes(siam_scratch_path(folder, "data"), 12, 6, 1);
  write_encoder("input 16 16 1\nconv 8 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\ndropout 0.1\n"
                "conv 8 3 pad=1\nrelu\nmax_pool 2\nflatten\nlinear 8\nl2_normalize\n");
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
}
static void end(void) {
  siam_device_destroy(device);
  siam_scratch_remove(folder);
}
TestSuite(train, .init = begin, .fini = end, .timeout = 300);

/// Options for a short run to folder/`output`; the strings stay valid for the test.
static siam_train_options short_run(const char *output) {
  static char data[512], encoder[512], paths[8][512];
  static unsigned turn;
  char *path = paths[turn++ % 8];
  snprintf(data, sizeof data, "%s/data", folder);
  snprintf(encoder, sizeof encoder, "%s/tiny.txt", folder);
  snprintf(path, sizeof paths[0], "%s/%s", folder, output);
  return (siam_train_options){.data = data,
                              .output = path,
                              .model = {.encoder = encoder},
                              .batch = 8,
                              .images_per_class = 4,
                              .steps = 30,
                              .holdout = 0.3,
                              .seed = 5};
}

static siam_train_report train(const siam_train_options *options) {
  siam_train_report report;
  siam_status status = siam_train(device, options, &report);
  cr_assert_eq(status, SIAM_OK, "%s", siam_last_error());
  return report;
}

static void assert_same_files(const char *a, const char *b, bool equal) {
  uint8_t *bytes_a = NULL, *bytes_b = NULL;
  size_t count_a = 0, count_b = 0;
  cr_assert_eq(siam_file_read(a, 1 << 26, &bytes_a, &count_a), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_file_read(b, 1 << 26, &bytes_b, &count_b), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(count_a == count_b && memcmp(bytes_a, bytes_b, count_a) == 0, equal, "%s, %s", a, b);
  siam_free(bytes_a);
  siam_free(bytes_b);
}

static siam_model *load(const char *path) {
  siam_model *model = NULL;
  cr_assert_eq(siam_model_load(device, path, &model), SIAM_OK, "%s", siam_last_error());
  return model;
}

Test(train, learns_to_tell_classes_it_has_never_seen_apart) {
  siam_train_options options = short_run("model");
  options.steps = 150;
  siam_train_report report = train(&options);
  cr_assert_eq(report.steps, 150);
  cr_assert_eq(report.images + report.validation_images, 72);
  cr_assert_gt(report.auc, 0.9, "ROC AUC %g", report.auc);
  cr_assert_str_empty(report.warning);
  cr_assert_neq(access(siam_scratch_path(folder, "model.checkpoint"), F_OK), 0);
}

Test(train, whole_parent_folders_can_be_held_out) {
  siam_train_options options = short_run("model");
  siam_train_report report = train(&options);
  cr_assert_eq(report.validation_classes, 4, "three in ten of 12 classes");
  options.holdout_parents = true;
  report = train(&options);
  cr_assert_eq(report.classes, 6);
  cr_assert_eq(report.validation_classes, 6, "all of one of the two groups");
}

Test(train, the_same_seed_gives_the_same_bits_and_another_seed_others) {
  siam_train_options first = short_run("first"), second = short_run("second"), third = short_run("third");
  third.seed = 6;
  train(&first);
  train(&second);
  train(&third);
  assert_same_files(first.output, second.output, true);
  assert_same_files(first.output, third.output, false);
}

typedef struct stop_at {
  uint32_t step;
} stop_at;

static bool stop(void *context, const siam_train_progress *progress) {
  return progress->step < ((const stop_at *)context)->step;
}

static siam_train_options varied_run(const char *output, const char *pairs, const char *loss) {
  siam_train_options options = short_run(output);
  options.pairs = pairs;
  options.loss = loss;
  options.augment = "characters";
  return options;
}

/// Trains `whole`, and `parts`, which are the same but for the output, with an interruption.
static void resume_and_compare(siam_train_options whole, siam_train_options parts) {
  train(&whole);
  stop_at point = {.step = 13};
  parts.progress = stop;
  parts.context = &point;
  siam_train_report report;
  cr_assert_eq(siam_train(device, &parts, &report), SIAM_INTERRUPTED, "%s", siam_last_error());
  cr_assert_not_null(strstr(siam_last_error(), "--resume"));
  cr_assert_neq(access(parts.output, F_OK), 0);
  parts.progress = NULL;
  parts.resume = true;
  report = train(&parts);
  cr_assert_eq(report.steps, 30);
  assert_same_files(whole.output, parts.output, true);
  unlink(whole.output);
  unlink(parts.output);
}

Test(train, a_resumed_run_ends_in_the_bits_of_an_undisturbed_one) {
  resume_and_compare(varied_run("whole", "drawn", NULL), varied_run("parts", "drawn", NULL));
  for (size_t i = 0; siam_loss_types[i] != NULL; i++) {
    const char *loss = siam_loss_types[i]->name;
    resume_and_compare(varied_run("whole", "all", loss), varied_run("parts", "all", loss));
  }
}

Test(train, so_does_one_that_keeps_an_average_and_the_best_weights) {
  siam_train_options runs[] = {short_run("whole"), short_run("parts")};
  for (int i = 0; i < 2; i++) {
    runs[i].average = 0.9;
    runs[i].patience = 10;
    runs[i].look_every = 6;
  }
  resume_and_compare(runs[0], runs[1]);
}

Test(train, so_does_one_that_puts_classes_together_and_it_is_another_model) {
  siam_train_options whole = short_run("whole"), parts = short_run("parts");
  train(&parts);
  whole.composed_percent = 50;
  train(&whole);
  assert_same_files(whole.output, parts.output, false);
  unlink(parts.output);
  parts.composed_percent = 50;
  resume_and_compare(whole, parts);
}

static bool refuse_to_look(void *context, const char *what, uint32_t done, uint32_t count) {
  (void)context, (void)done, (void)count;
  return strstr(what, "looking") == NULL;
}

Test(train, a_look_is_not_stopped_half_way) {
  siam_train_options options = short_run("model");
  options.patience = 10;
  options.look_every = 6;
  options.preparing = refuse_to_look;
  cr_assert_eq(train(&options).steps, 30);
}

static void assert_same_weights(const siam_model *a, const siam_model *b, bool equal) {
  const siam_store *store = &a->network->store;
  float *weights[2];
  for (int i = 0; i < 2; i++) {
    weights[i] = calloc(store->total, sizeof(float));
    cr_assert_eq(
        siam_buffer_read(device, (i == 0 ? a : b)->network->store.weights, 0, store->total, weights[i]),
        SIAM_OK);
  }
  cr_assert_eq(memcmp(weights[0], weights[1], store->total * sizeof(float)) == 0, equal);
  free(weights[0]);
  free(weights[1]);
}

Test(train, an_average_that_forgets_at_once_is_the_last_weights_and_another_is_not) {
  siam_train_options plain = short_run("plain"), forgets = short_run("forgets"), mean = short_run("mean");
  forgets.average = 1e-30;
  mean.average = 0.9;
  train(&plain);
  train(&forgets);
  train(&mean);
  siam_model *models[] = {load(plain.output), load(forgets.output), load(mean.output)};
  assert_same_weights(models[0], models[1], true);
  assert_same_weights(models[0], models[2], false);
  for (int i = 0; i < 3; i++) siam_model_destroy(models[i]);
}

Test(train, patience_keeps_the_best_weights_and_ends_the_run) {
  siam_train_options options = short_run("model"), best = short_run("best");
  options.steps = 1000;
  options.patience = 2;
  options.look_every = 10;
  options.schedule = "constant";
  siam_train_report report = train(&options);
  cr_assert_eq(report.steps, report.best_step + 20);
  cr_assert_lt(report.steps, 1000);
  best.steps = report.best_step;
  best.schedule = "constant";
  best.warmup = 0.05 * options.steps / best.steps;
  train(&best);
  siam_model *models[] = {load(options.output), load(best.output)};
  assert_same_weights(models[0], models[1], true);
  for (int i = 0; i < 2; i++) siam_model_destroy(models[i]);
}

Test(train, every_other_loss_learns_that_too) {
  for (size_t i = 1; siam_loss_types[i] != NULL; i++) {
    siam_train_options options = short_run("model");
    options.loss = siam_loss_types[i]->name;
    // What is trained beside the encoder has to find its place first.
    options.steps = siam_loss_types[i]->slots != NULL ? 700 : 150;
    siam_train_report report = train(&options);
    cr_expect_gt(report.auc, 0.9, "%s: ROC AUC %g", options.loss, report.auc);
    cr_expect_str_empty(report.warning, "%s: %s", options.loss, report.warning);
  }
}

/// Flips one bit of a file, before its end by `from_end` bytes.
static void damage(const char *path, size_t from_end) {
  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_assert_eq(siam_file_read(path, 1 << 26, &bytes, &count), SIAM_OK, "%s", siam_last_error());
  bytes[count - from_end] ^= 4;
  cr_assert_eq(siam_file_replace(path, bytes, count), SIAM_OK);
  siam_free(bytes);
}

Test(train, resuming_with_other_options_is_refused_and_says_which) {
  siam_train_options options = short_run("model");
  stop_at point = {.step = 5};
  options.progress = stop;
  options.context = &point;
  siam_train_report report;
  cr_assert_eq(siam_train(device, &options, &report), SIAM_INTERRUPTED);
  options.resume = true;
  options.rate = 0.5;
  cr_assert_eq(siam_train(device, &options, &report), SIAM_ERROR_ARGUMENT);
  cr_assert_not_null(strstr(siam_last_error(), "rate 0.5"), "%s", siam_last_error());
  options.rate = 0;
  damage(siam_scratch_path(folder, "model.checkpoint"), 5);
  cr_assert_eq(siam_train(device, &options, &report), SIAM_ERROR_FORMAT);
  cr_assert_not_null(strstr(siam_last_error(), "model.checkpoint"), "%s", siam_last_error());
}

static void keep_warning(void *context, siam_log_level level, const char *message) {
  if (level == SIAM_LOG_WARNING) snprintf(context, 512, "%s", message);
}

Test(train, a_checkpoint_that_is_damaged_or_gone_gives_way_to_the_one_before_it) {
  static const char *const faults[] = {"damaged", "gone"};
  siam_train_options whole = short_run("whole"), parts = short_run("model");
  const char *checkpoint = siam_scratch_path(folder, "model.checkpoint");
  const char *previous = siam_scratch_path(folder, "model.checkpoint.previous");
  train(&whole);
  for (int fault = 0; fault < 2; fault++) {
    stop_at point = {.step = 9};
    siam_train_report report;
    char warning[512] = "";
    parts.progress = stop;
    parts.context = &point;
    parts.checkpoint_seconds = 1e-9;
    parts.resume = false;
    cr_assert_eq(siam_train(device, &parts, &report), SIAM_INTERRUPTED);
    assert_same_files(checkpoint, previous, false);
    if (fault == 0)
      damage(checkpoint, 5);
    else
      cr_assert_eq(unlink(checkpoint), 0);
    parts.progress = NULL;
    parts.resume = true;
    parts.logger = (siam_logger){keep_warning, warning};
    report = train(&parts);
    cr_expect_not_null(strstr(warning, "model.checkpoint.previous"), "%s: %s", faults[fault], warning);
    assert_same_files(whole.output, parts.output, true);
    cr_expect(access(checkpoint, F_OK) != 0 && access(previous, F_OK) != 0,
              "both go when the model is there");
    parts.logger = (siam_logger){0};
  }
}

Test(train, the_log_has_a_row_for_every_step_also_after_resuming) {
  siam_train_options options = short_run("model");
  char log[512];
  snprintf(log, sizeof log, "%s/log.csv", folder);
  options.log = log;
  stop_at point = {.step = 11};
  options.progress = stop;
  options.context = &point;
  siam_train_report report;
  cr_assert_eq(siam_train(device, &options, &report), SIAM_INTERRUPTED);
  options.progress = NULL;
  options.resume = true;
  train(&options);
  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_assert_eq(siam_file_read(log, 1 << 20, &bytes, &count), SIAM_OK);
  unsigned step = 0;
  for (const char *line = strchr((char *)bytes, '\n'); line != NULL && line[1] != '\0';
       line = strchr(line + 1, '\n')) {
    cr_assert_eq(strtoul(line + 1, NULL, 10), ++step);
  }
  cr_assert_eq(step, 30);
  siam_free(bytes);
}

/// Learning rates of a log, one a step; writes how many.
static void read_rates(const char *path, float *rates, unsigned most, unsigned *count) {
  uint8_t *bytes = NULL;
  size_t size = 0;
  cr_assert_eq(siam_file_read(path, 1 << 22, &bytes, &size), SIAM_OK, "%s", siam_last_error());
  *count = 0;
  for (const char *line = strchr((char *)bytes, '\n'); line[1] != '\0' && *count < most;
       line = strchr(line + 1, '\n'))
    cr_assert_eq(sscanf(line + 1, "%*u,%*f,%f", &rates[(*count)++]), 1);
  siam_free(bytes);
}

Test(train, a_resumed_run_of_minutes_goes_on_at_the_rate_that_is_due) {
  enum { MOST = 20000, STOPPED = 60 };
  static float rates[MOST];
  siam_train_options options = short_run("model");
  char log[512];
  snprintf(log, sizeof log, "%s/log.csv", folder);
  options.steps = 0;
  options.log = log;
  options.minutes = 1000;
  stop_at point = {.step = STOPPED};
  options.progress = stop;
  options.context = &point;
  siam_train_report report;
  cr_assert_eq(siam_train(device, &options, &report), SIAM_INTERRUPTED);
  unsigned count = 0;
  read_rates(log, rates, MOST, &count);
  cr_assert_eq(count, STOPPED);
  point.step = STOPPED + 5;
  options.resume = true;
  cr_assert_eq(siam_train(device, &options, &report), SIAM_INTERRUPTED);
  read_rates(log, rates, MOST, &count);
  cr_assert_eq(count, STOPPED + 5);
  // A thousand minutes are far from over: the warm-up goes on where it was, far below the full rate.
  for (unsigned i = STOPPED; i < count; i++) cr_expect_lt(rates[i], 1e-4, "step %u: %g", i + 1, rates[i]);
}

Test(train, fused_and_two_pass_agree_up_to_rounding_without_batch_statistics) {
  write_encoder("input 16 16 1\nconv 8 3 pad=1\nrelu\nmax_pool 2\nflatten\nlinear 8\nl2_normalize\n");
  siam_train_options fused = short_run("fused"), two_pass = short_run("two_pass");
  fused.pairs = two_pass.pairs = "drawn";
  fused.steps = two_pass.steps = 3;
  fused.optimizer = two_pass.optimizer = "sgd";
  two_pass.branches = "two-pass";
  siam_train_report a = train(&fused), b = train(&two_pass);
  cr_assert_float_eq(a.threshold, b.threshold, 1e-4);
  cr_assert_float_eq(a.auc, b.auc, 1e-3);
}

Test(train, what_cannot_be_is_refused_before_anything_is_written) {
  static const struct {
    const char *part;
    siam_train_options change;
  } rows[] = {
      {"margin", {.margin = 3}},
      {"there is no loss 'x'", {.loss = "x"}},
      {"the loss 'triplet' looks at all pairs", {.loss = "triplet", .pairs = "drawn"}},
      {"the loss 'triplet' does not know 'hardest'", {.loss = "triplet", .hardest = 3}},
      {"there is no optimizer 'x'", {.optimizer = "x"}},
      {"there is no schedule 'x'", {.schedule = "x"}},
      {"'x' pairs", {.pairs = "x"}},
      {"'x' branches", {.branches = "x"}},
      {"two passes need drawn pairs", {.branches = "two-pass"}},
      {"these are drawn pairs; leave composed classes out", {.pairs = "drawn", .composed_percent = 50}},
      {"'arcface' trains something beside the encoder", {.loss = "arcface", .composed_percent = 50}},
      {"1.5 makes no moving average", {.average = 1.5}},
      {"looks at the validation data need a patience", {.look_every = 5}},
      {"nothing is held out that patience could look at", {.patience = 3, .holdout = -1}}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    siam_train_options options = short_run("model");
    options.margin = rows[i].change.margin;
    options.loss = rows[i].change.loss;
    options.hardest = rows[i].change.hardest;
    options.optimizer = rows[i].change.optimizer;
    options.schedule = rows[i].change.schedule;
    options.pairs = rows[i].change.pairs;
    options.branches = rows[i].change.branches;
    options.composed_percent = rows[i].change.composed_percent;
    options.average = rows[i].change.average;
    options.patience = rows[i].change.patience;
    options.look_every = rows[i].change.look_every;
    if (rows[i].change.holdout != 0) options.holdout = rows[i].change.holdout;
    siam_train_report report;
    cr_assert_eq(siam_train(device, &options, &report), SIAM_ERROR_ARGUMENT, "%s", rows[i].part);
    cr_assert_not_null(strstr(siam_last_error(), rows[i].part), "%s", siam_last_error());
    cr_assert_neq(access(options.output, F_OK), 0);
  }
}

/// A folder in the checkpoint's place, as soon as there is something to save.
static bool block_checkpoint(void *context, const siam_train_progress *progress) {
  (void)context;
  if (progress->step == 1) mkdir(siam_scratch_path(folder, "model.checkpoint"), 0700);
  return true;
}

static int warnings;
static void count_warnings(void *context, siam_log_level level, const char *message) {
  (void)context;
  warnings += level == SIAM_LOG_WARNING && strstr(message, "goes on without this checkpoint") != NULL;
}

Test(train, a_checkpoint_that_cannot_be_written_costs_nothing_but_a_warning) {
  siam_train_options options = short_run("model"), undisturbed = short_run("undisturbed");
  options.steps = undisturbed.steps = 5;
  options.checkpoint_seconds = 1e-9;
  options.progress = block_checkpoint;
  options.logger = (siam_logger){.write = count_warnings};
  cr_assert_eq(train(&options).steps, 5);
  cr_assert_eq(warnings, 5);
  train(&undisturbed);
  assert_same_files(options.output, undisturbed.output, true);
}

/// Another training to the same file, while one is at work.
static bool train_another(void *context, const siam_train_progress *progress) {
  if (progress->step != 3) return true;
  siam_train_report report;
  cr_expect_eq(siam_train(device, context, &report), SIAM_ERROR_FILE);
  cr_expect_not_null(strstr(siam_last_error(), "model: another run is writing it"), "%s", siam_last_error());
  return true;
}

Test(train, two_trainings_to_one_file_at_once_are_refused) {
  siam_train_options options = short_run("model"), second = short_run("model"),
                     undisturbed = short_run("other");
  options.steps = undisturbed.steps = 5;
  options.progress = train_another;
  options.context = &second;
  cr_assert_eq(train(&options).steps, 5);
  train(&undisturbed);
  assert_same_files(options.output, undisturbed.output, true);
}

static struct rlimit file_limit;
static int lost_logs;
static void count_lost_logs(void *context, siam_log_level level, const char *message) {
  (void)context;
  lost_logs += level == SIAM_LOG_WARNING && strstr(message, "goes on without the log") != NULL;
}

/// From step 5 to step 15 no file may grow beyond the log's length, as on a disk that is full for a while.
static bool fill_disk(void *context, const siam_train_progress *progress) {
  struct stat log;
  const char *path = context;
  if (progress->step == 5) {
    cr_assert_eq(stat(path, &log), 0);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){(rlim_t)log.st_size, file_limit.rlim_max}), 0);
  }
  if (progress->step == 15) cr_assert_eq(setrlimit(RLIMIT_FSIZE, &file_limit), 0);
  return true;
}

Test(train, a_log_that_cannot_be_written_costs_nothing_but_a_warning) {
  siam_train_options options = short_run("model"), undisturbed = short_run("undisturbed");
  static char log[512];
  snprintf(log, sizeof log, "%s/log.csv", folder);
  signal(SIGXFSZ, SIG_IGN);
  cr_assert_eq(getrlimit(RLIMIT_FSIZE, &file_limit), 0);
  options.log = log;
  options.progress = fill_disk;
  options.context = log;
  options.logger = (siam_logger){.write = count_lost_logs};
  siam_train_report report = train(&options);
  cr_expect_eq(report.steps, 30);
  cr_expect_eq(lost_logs, 1);
  // Steps report one step late.
  cr_expect_eq(report.log_lost_step, 5);
  cr_expect_not_null(strstr(report.warning, "log.csv: cannot write: "), "%s", report.warning);
  cr_expect_not_null(strstr(report.warning, "the log ends before step 5"), "%s", report.warning);
  train(&undisturbed);
  assert_same_files(options.output, undisturbed.output, true);
}

Test(train, a_rate_that_is_far_too_high_is_told) {
  siam_train_options options = short_run("model");
  options.rate = 1e30;
  options.optimizer = "sgd";
  options.clip = -1;
  options.schedule = "constant";
  options.warmup = -1;
  siam_train_report report;
  cr_assert_eq(siam_train(device, &options, &report), SIAM_ERROR_NUMERIC);
  cr_assert_not_null(strstr(siam_last_error(), "not finite"), "%s", siam_last_error());
  cr_assert_neq(access(options.output, F_OK), 0);
}

Test(train, the_model_compares_pictures_symmetrically_and_equal_ones_to_zero) {
  siam_train_options options = short_run("model");
  train(&options);
  siam_model *model = load(options.output);
  siam_comparer *comparer = NULL;
  cr_assert_eq(siam_comparer_create(model, NULL, &comparer), SIAM_OK, "%s", siam_last_error());
  char a[512], b[512];
  snprintf(a, sizeof a, "%s/data/group0/class00/00.pgm", folder);
  snprintf(b, sizeof b, "%s/data/group1/class01/00.pgm", folder);
  siam_comparison self, forth, back;
  cr_assert_eq(siam_compare(comparer, a, a, &self), SIAM_OK);
  cr_assert_eq(siam_compare(comparer, a, b, &forth), SIAM_OK);
  cr_assert_eq(siam_compare(comparer, b, a, &back), SIAM_OK);
  cr_assert_eq(self.distance, 0);
  cr_assert(self.same);
  cr_assert_eq(forth.distance, back.distance);
  cr_assert_eq(forth.similarity, back.similarity);
  cr_assert_leq(forth.distance, 2 + 1e-6);
  cr_assert_gt(self.similarity, forth.similarity);
  siam_comparer_destroy(comparer);
  siam_model_destroy(model);
}
