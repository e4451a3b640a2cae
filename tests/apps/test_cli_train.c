// What siamese-train does and says it did.
#include "cli.h"
#include "model/model.h"
#include "pictures.h"
#include "train_lines.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEYS                                                                                                 \
  "model device init steps best_step batch preparing_seconds seconds pairs_per_second images classes "       \
  "broken validation_images validation_classes validation_common calibrated_on_training roc_auc "            \
  "equal_error_rate accuracy threshold arena_bytes separate_bytes warning log_lost_step"

static void begin(void) {
  siam_cli_begin(false);
}
TestSuite(cli_train, .init = begin, .fini = siam_cli_end, .timeout = 600);

Test(cli_train, a_run_tells_what_it_did_and_leaves_the_model_alone) {
  siam_command_result result = siam_cli_run(NULL, TRAIN "-o m.siamese");
  cr_expect_eq(result.code, 0, "%s", result.err);
  cr_expect(siam_cli_begins(result.out, "Trained   5 steps in "), "%s", result.out);
  cr_expect_not_null(strstr(result.out, "\nPictures  60 of 10 classes\nMeasured  on 12 pictures of 2 classes "
                                        "never trained on\n          ROC AUC "));
  cr_expect_not_null(strstr(result.out, "\nModel     m.siamese\n"));
  cr_expect_not_null(
      strstr(result.err, "36 different pairs, too few for thresholds at false-accept rates of 0.01"));
  cr_expect_not(siam_cli_exists("m.siamese.checkpoint"));
  siam_command_release(&result);
}

Test(cli_train, quiet_is_quiet_and_still_warns) {
  siam_command_result result = siam_cli_run(NULL, TRAIN "-o m.siamese -q");
  cr_expect_eq(result.code, 0);
  cr_expect_str_eq(result.err, "");
  siam_command_release(&result);
  cr_assert_eq(truncate(siam_cli_path("data/group0/class00/00.pgm"), 100), 0);
  result = siam_cli_run(NULL, TRAIN "-o m.siamese -q --holdout 0");
  cr_expect_eq(result.code, 0);
  cr_expect(siam_cli_begins(result.err, "siamese-train: warning: skipped: data/group0/class00/00.pgm: "),
            "%s", result.err);
  cr_expect_not_null(strstr(result.err, "1 of 72 pictures cannot be read and is left out"), "%s", result.err);
  cr_expect_not_null(strstr(result.out, "71 of 12 classes; 1 broken one left out"), "%s", result.out);
  siam_command_release(&result);
}

Test(cli_train, json_is_one_object_with_the_keys_that_are_promised) {
  json_t *object = siam_cli_json(0, TRAIN "-o m.siamese --val held-out", KEYS);
  cr_expect_eq(siam_cli_integer(object, "steps"), 5);
  cr_expect_eq(siam_cli_integer(object, "images"), 72);
  cr_expect_eq(siam_cli_integer(object, "classes"), 12);
  cr_expect_eq(siam_cli_integer(object, "validation_images"), 48);
  cr_expect_eq(siam_cli_integer(object, "validation_classes"), 8);
  cr_expect_eq(siam_cli_integer(object, "validation_common"), 0);
  cr_expect_gt(siam_cli_number(object, "roc_auc"), 0);
  cr_expect(json_is_false(json_object_get(object, "calibrated_on_training")));
  cr_expect(json_is_null(json_object_get(object, "warning")));
  cr_expect(json_is_null(json_object_get(object, "log_lost_step")));
  cr_expect(json_is_null(json_object_get(object, "init")));
  cr_expect_str_eq(json_string_value(json_object_get(object, "model")), "m.siamese");
  json_decref(object);
}

/// No file may grow beyond the size of this one.
static void limit_files(const char *name) {
  struct stat file;
  struct rlimit limit;
  cr_assert_eq(stat(siam_cli_path(name), &file), 0);
  cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = (rlim_t)file.st_size + 1024;
  signal(SIGXFSZ, SIG_IGN);
  cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(cli_train, json_says_where_the_log_was_lost_whatever_the_warning_is_about) {
  free(siam_cli_out(0, TRAIN "-o m.siamese --log log.csv -q"));
  limit_files("m.siamese");
  json_t *object = siam_cli_json(0, TRAIN "-o m.siamese --log log.csv --steps 300 -q", KEYS);
  // A row has nine numbers of some six digits; what is not written at once is lost with the first that fails.
  cr_expect_gt(siam_cli_integer(object, "log_lost_step"), 10);
  cr_expect_lt(siam_cli_integer(object, "log_lost_step"), 300);
  cr_expect_eq(siam_cli_integer(object, "steps"), 300);
  cr_expect(json_is_string(json_object_get(object, "warning")));
  json_decref(object);
}

Test(cli_train, nothing_held_out_is_said) {
  json_t *object = siam_cli_json(0, TRAIN "-o m.siamese --holdout 0", KEYS);
  cr_expect(json_is_true(json_object_get(object, "calibrated_on_training")));
  cr_expect_eq(siam_cli_integer(object, "images"), 72);
  json_decref(object);
  siam_command_result result = siam_cli_run(NULL, TRAIN "-o m.siamese --holdout 0");
  cr_expect_eq(result.code, 0);
  cr_expect_not_null(strstr(result.out, "since nothing was held out"), "%s", result.out);
  cr_expect_not_null(strstr(result.err, "warning: thresholds are fitted on pictures that were trained on"),
                     "%s", result.err);
  siam_command_release(&result);
}

/// Expects what the model file of a run says of its training to hold `words`.
static void expect_trained_with(const char *file, const char *words) {
  siam_device *device = NULL;
  siam_model *model = NULL;
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_model_load(device, siam_cli_path(file), &model), SIAM_OK, "%s", siam_last_error());
  const char *settings = siam_model_get_fact(model, "training");
  cr_expect_not_null(strstr(settings, words), "'%s' is not in: %s", words, settings);
  siam_model_destroy(model);
  siam_device_destroy(device);
}

/// The text of --help with every run of white space as one space, and no colours.
static void read_help(char *text, size_t size) {
  char *help = siam_cli_out(0, "siamese-train --help");
  size_t length = 0;
  for (const char *at = help; *at != '\0' && length + 1 < size; at++) {
    const bool space = *at == ' ' || *at == '\n';
    if (!space || (length > 0 && text[length - 1] != ' ')) text[length++] = space ? ' ' : *at;
  }
  text[length] = '\0';
  free(help);
}

Test(cli_train, help_names_the_defaults_that_hold) {
  static const struct {
    const char *options, *trained_with, *help;
  } rows[] = {
      {"--steps 1", "loss contrastive margin=0.6 hardest=5",
       "Default: \"contrastive margin=0.6 hardest=5\", for pair data and --pairs drawn contrastive; plain: "
       "contrastive."},
      {"--steps 1", "rate 0.00200",
       "Default: 0.002, with recipe fast 0.004; plain, and where --optimizer is given: 0.001"},
      {"--steps 1 --recipe fast", "rate 0.00400", "with recipe fast 0.004"},
      {"--steps 1 --optimizer adam", "rate 0.00100", "where --optimizer is given: 0.001"},
      {"--steps 1 --loss contrastive", "loss contrastive margin=1 hardest=0",
       "not given, 5; --loss contrastive and plain: all within the margin."},
      {"--steps 1 --recipe plain", "loss contrastive margin=1 hardest=0",
       "where that is not given, 0.6, but 1 for pair data, --pairs drawn and plain."},
      {"--steps 1 --pairs drawn", "loss contrastive margin=1 hardest=0",
       "1 for pair data, --pairs drawn and plain"},
      {"--steps 1 --recipe best --holdout 0.3", "average 0.999", "with recipe best 0.999."},
      {"--steps 1 --recipe best --holdout 0.3", "patience 15",
       "with recipe best, where something is held out, 15."},
      {"", "steps 2000", "Train so many steps. Default: 2000, with recipe fast 500, best at most 8000."},
      {"--recipe fast", "steps 500", "with recipe fast 500"},
  };
  static char help[65536];
  read_help(help, sizeof help);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char line[256];
    snprintf(line, sizeof line, "siamese-train data -e tiny.txt -b 8 -o m.siamese -q %s", rows[i].options);
    free(siam_cli_out(0, line));
    expect_trained_with("m.siamese", rows[i].trained_with);
    cr_expect_not_null(strstr(help, rows[i].help), "'%s' is not in --help", rows[i].help);
  }
  // The pictures are grey and 16 × 16, and few.
  free(siam_cli_out(0, "siamese-train data -b 8 --steps 1 -o m.siamese -q"));
  expect_trained_with("m.siamese", "input 28 28 1");
  cr_expect_not_null(strstr(help, "Default: auto, with --init the file's; plain: conv4."));
}

Test(cli_train, the_seed_decides_every_bit) {
  free(siam_cli_out(0, TRAIN "-o a.siamese --seed 7 -q"));
  free(siam_cli_out(0, TRAIN "-o b.siamese --seed 7 -q"));
  free(siam_cli_out(0, TRAIN "-o c.siamese --seed 8 -q"));
  cr_expect(siam_cli_same_files("a.siamese", "b.siamese"));
  cr_expect_not(siam_cli_same_files("a.siamese", "c.siamese"));
}

#define PAIR "data/group0/class00/00.pgm data/group1/class05/00.pgm"

static void expect_said(const char *line, bool on_errors, const char *words) {
  siam_command_result result = siam_cli_run(NULL, line);
  cr_expect_leq(result.code, 1, "%s", result.err);
  cr_expect_not_null(strstr(on_errors ? result.err : result.out, words), "%s%s", result.out, result.err);
  siam_command_release(&result);
}

Test(cli_train, verdicts_go_by_the_rate_that_training_was_told) {
  free(siam_cli_out(0, TRAIN "-o s.siamese --val held-out -q"));
  free(siam_cli_out(0, TRAIN "-o r.siamese --val held-out --far 0.01 -q"));
  expect_said("siamese-compare -m s.siamese " PAIR, false, "(best accuracy)");
  expect_said("siamese-compare -m r.siamese " PAIR, false, "(far 1e-2");
  // 10,000 different pairs support one in a thousand, and there are fewer.
  expect_said(TRAIN "-o w.siamese --val held-out --far 0.0001", true,
              "verdicts will go by the threshold of best accuracy");
  expect_said("siamese-compare -m w.siamese " PAIR, false, "(best accuracy)");
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o t.siamese --val held-out --far 0.5", {"a false-accept rate of 0.5", "0.001"}},
      {TRAIN "-o t.siamese --views films", {"there are no views \"films\"", "copies"}},
      {NULL, {0}}});
}

Test(cli_train, what_was_trained_on_gives_no_threshold_for_a_rate) {
  free(siam_cli_out(0, TRAIN "-o m.siamese --holdout 0 -q"));
  expect_said("siamese-compare -m m.siamese " PAIR, false, "(best accuracy, on the pictures trained on)");
  expect_said("siamese-compare -m m.siamese --json " PAIR, false, "\"calibrated_on_training\": true");
  expect_said("siamese-compare -m m.siamese --threshold 0.5 " PAIR, false, "(given)");
  json_t *object = siam_cli_json(0, TRAIN "-o v.siamese --val data/group0 -q", KEYS);
  cr_expect(json_is_true(json_object_get(object, "calibrated_on_training")), "as siamese-compare says");
  json_decref(object);
  expect_said("siamese-compare -m v.siamese --json " PAIR, false, "\"calibrated_on_training\": true");
  expect_said(TRAIN "-o v.siamese --val data/group0 -q", false,
              "Measured  on 36 pictures, of which 36 were trained on: hopeful figures");
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-compare -m m.siamese --far 0.01 " PAIR,
       {"m.siamese: its thresholds were fitted on pictures that it was trained on", "--val", "--threshold"}},
      {"siamese-compare -m v.siamese --far 0.01 " PAIR, {"fitted on pictures that it was trained on"}},
      {TRAIN "-o t.siamese --far 0.01 --holdout 0",
       {"data: a threshold for a false-accept rate takes pictures that are not trained on",
        "nothing is held out", "--val"}},
      {TRAIN "-o t.siamese --far 0.01 --val data/group0", {"those for validation are", "leave --far out"}},
      {NULL, {0}}});
  cr_expect_not(siam_cli_exists("t.siamese"));
}

Test(cli_train, a_rate_without_pictures_for_it_is_refused_before_any_is_decoded) {
  cr_assert_eq(truncate(siam_cli_path(PICTURES "00.pgm"), 100), 0);
  siam_command_result result = siam_cli_run(NULL, TRAIN "-o t.siamese --far 0.01 --holdout 0");
  cr_expect_eq(result.code, 2);
  cr_expect_not_null(strstr(result.err, "nothing is held out"), "%s", result.err);
  cr_expect_null(strstr(result.err, "00.pgm"), "%s", result.err);
  siam_command_release(&result);
}

Test(cli_train, batches_within_a_parent_folder_are_others) {
  free(siam_cli_out(0, TRAIN "-o s.siamese --holdout 0 -q"));
  free(siam_cli_out(0, TRAIN "-o w.siamese --holdout 0 --within-parent 100 -q"));
  cr_expect_not(siam_cli_same_files("s.siamese", "w.siamese"));
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o t.siamese --within-parent 101", {"--within-parent 101", "at most 100"}}, {NULL, {0}}});
}

Test(cli_train, a_model_and_a_log_are_replaced_by_the_next) {
  free(siam_cli_out(0, TRAIN "-o m.siamese --log log.csv -q --seed 1"));
  free(siam_cli_out(0, TRAIN "-o m.siamese --log log.csv -q --seed 2"));
  free(siam_cli_out(0, TRAIN "-o other.siamese -q --seed 2"));
  cr_expect(siam_cli_same_files("m.siamese", "other.siamese"));
}

Test(cli_train, validation_pictures_that_are_trained_on_are_no_secret) {
  siam_command_result result = siam_cli_run(NULL, TRAIN "-o m.siamese --val data/group0 -q");
  cr_expect_eq(result.code, 0, "%s", result.err);
  cr_expect_not_null(
      strstr(result.err, "warning: data/group0: 36 of its 36 pictures are training pictures too"), "%s",
      result.err);
  cr_expect_not_null(strstr(result.out, "Measured  on 36 pictures, of which 36 were trained on: hopeful"),
                     "%s", result.out);
  siam_command_release(&result);
  result = siam_cli_run(NULL, TRAIN "-o m.siamese --val held-out -q");
  cr_expect_null(strstr(result.err, "training pictures too"), "%s", result.err);
  cr_expect_not_null(strstr(result.out, "Measured  on 48 pictures never trained on, of 8 classes\n"), "%s",
                     result.out);
  siam_command_release(&result);
}

Test(cli_train, a_search_for_a_rate_says_which_and_writes_nothing) {
  char *text = siam_cli_out(0, "siamese-train data -e tiny.txt -b 8 --find-lr -q");
  cr_expect(siam_cli_begins(text, "learning rate      loss\n"), "%s", text);
  cr_expect_not_null(strstr(text, "\nThe loss "), "%s", text);
  free(text);
  json_t *object =
      siam_cli_json(0, "siamese-train data -e tiny.txt -b 8 --find-lr --json", "suggested lowest steps");
  cr_expect_gt(json_array_size(json_object_get(object, "steps")), 10);
  json_decref(object);
}

Test(cli_train, patience_says_which_step_was_kept) {
  char *text = siam_cli_out(0, TRAIN "-o m.siamese --holdout 0.3 --ema 0.9 --patience 3 --look-every 2");
  cr_expect_not_null(strstr(text, "\nKept      the weights of step "), "%s", text);
  free(text);
  // A recipe looks, too, and says so in both forms.
  text = siam_cli_out(0, TRAIN "-o m.siamese --holdout 0.3 --recipe best --look-every 2");
  cr_expect_not_null(strstr(text, "\nKept      the weights of step "), "%s", text);
  free(text);
  json_t *object = siam_cli_json(0, TRAIN "-o m.siamese --holdout 0.3 --recipe best --look-every 2", KEYS);
  cr_expect_gt(siam_cli_integer(object, "best_step"), 0);
  json_decref(object);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o m.siamese --holdout 0 --patience 3", {"nothing is held out", "name validation data"}},
      {TRAIN "-o m.siamese --look-every 3", {"need a patience"}},
      {TRAIN "-o m.siamese --ema 1", {"--ema 1: must be at most"}},
      {NULL, {0}}});
}

Test(cli_train, a_model_file_to_start_from_is_told_of_and_what_does_not_fit_is_refused) {
  free(siam_cli_out(0, TRAIN "-o first.siamese -q"));
  siam_command_result result =
      siam_cli_run(NULL, "siamese-train data --init first.siamese --steps 5 -b 8 -o m.siamese");
  cr_expect_eq(result.code, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.err, "siamese-train: first.siamese: 8 of 8 parameters taken over\n"), "%s",
                     result.err);
  cr_expect_not_null(strstr(result.out, "\nStarted   from first.siamese: 8 of 8 parameters\nPictures "), "%s",
                     result.out);
  siam_command_release(&result);
  json_t *object = siam_cli_json(0, TRAIN "--init first.siamese --embedding 4 -o m.siamese", KEYS);
  const json_t *init = json_object_get(object, "init");
  cr_expect_str_eq(json_string_value(json_object_get(init, "file")), "first.siamese");
  cr_expect_eq(siam_cli_integer(init, "taken"), 6);
  cr_expect_eq(siam_cli_integer(init, "parameters"), 8);
  json_decref(object);
  unlink(siam_cli_path("m.siamese"));
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o m.siamese --init none.siamese", {"none.siamese: "}},
      {TRAIN "-o m.siamese --init tiny.txt", {"tiny.txt: "}},
      {TRAIN "-o m.siamese --init ''", {"--init", "empty"}},
      {"siamese-train data -o m.siamese -e lenet --init first.siamese",
       {"first.siamese: none of its parameters fits the network", "leave --encoder out"}},
      {NULL, {0}}});
}

Test(cli_train, the_log_is_a_csv_with_a_row_for_every_step) {
  free(siam_cli_out(0, TRAIN "-o m.siamese --log log.csv -q"));
  char *log = siam_cli_read("log.csv");
  cr_expect(siam_cli_begins(log, "step,seconds,rate,loss,same_distance,different_distance,active,spread,"),
            "%s", log);
  cr_expect_eq(siam_cli_count_lines("log.csv"), 6);
  free(log);
}

Test(cli_train, a_recognised_failure_is_a_warning_and_in_the_json) {
  // Labels the wrong way round, on pictures that are learnt by heart in no time.
  static char list[65536];
  size_t length = (size_t)sprintf(list, "a,b,label\n");
  for (int c = 0; c < 12; c++)
    for (int p = 0; p < 5; p++)
      length += (size_t)sprintf(list + length,
                                "data/group%d/class%02d/%02d.pgm,data/group%d/class%02d/%02d.pgm,different\n"
                                "data/group%d/class%02d/%02d.pgm,data/group%d/class%02d/%02d.pgm,same\n",
                                c % 2, c, p, c % 2, c, p + 1, c % 2, c, p, (c + 1) % 2, (c + 1) % 12, p);
  siam_cli_write("reversed.csv", list);
  siam_command_result result = siam_cli_run(
      NULL,
      "siamese-train reversed.csv -e flat.txt -b 8 --steps 300 --lr 1e-5 --holdout 0 -o m.siamese --json");
  cr_expect_eq(result.code, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.err, "siamese-train: warning: step "), "%s", result.err);
  cr_expect_not_null(strstr(result.err, "are the labels reversed?"), "%s", result.err);
  json_t *object = json_loads(result.out, 0, NULL);
  const char *warning = json_string_value(json_object_get(object, "warning"));
  cr_expect(warning != NULL && strstr(warning, "reversed") != NULL);
  json_decref(object);
  siam_command_release(&result);
}

Test(cli_train, pair_lists_pair_folders_and_lfw_pairs_are_trained_on) {
  siam_cli_write_pair_list("pairs.csv");
  free(siam_cli_out(0, "siamese-train pairs.csv -e tiny.txt -b 8 --steps 5 -o list.siamese"));
  char name[64];
  for (int i = 0; i < 6; i++) {
    static const char *const names[] = {"pairs/same/%d/left.pgm", "pairs/same/%d/right.pgm",
                                        "pairs/different/%d_a.pgm", "pairs/different/%d_b.pgm"};
    for (int k = 0; k < 4; k++) {
      snprintf(name, sizeof name, names[k], i);
      siam_test_write_flat(siam_cli_path(name), 16, (uint8_t)(k == 3 ? 255 - 30 * i : 30 * i + k));
    }
  }
  json_t *object =
      siam_cli_json(0, "siamese-train pairs -e tiny.txt -b 8 --steps 5 -o folders.siamese --holdout 0", KEYS);
  cr_expect_eq(siam_cli_integer(object, "images"), 24);
  cr_expect_eq(siam_cli_integer(object, "classes"), 0);
  json_decref(object);
  for (int p = 0; p < 4; p++)
    for (int i = 1; i <= 3; i++) {
      snprintf(name, sizeof name, "lfw/person%d/person%d_%04d.pgm", p, p, i);
      siam_test_write_flat(siam_cli_path(name), 16, (uint8_t)(60 * p + i));
    }
  siam_cli_write("lfw/pairs.txt",
                 "1\t3\nperson0\t1\t2\nperson1\t1\t2\nperson2\t2\t3\nperson0\t1\tperson1\t1\n"
                 "person1\t2\tperson2\t1\nperson2\t3\tperson3\t3\n");
  object = siam_cli_json(0, "siamese-train lfw -e tiny.txt -b 8 --steps 5 -o lfw.siamese --holdout 0", KEYS);
  cr_expect_gt(siam_cli_integer(object, "images"), 0);
  json_decref(object);
}

Test(cli_train, colour_size_and_resize_go_into_the_model) {
  uint8_t pixels[3 * 20 * 12];
  for (int c = 0; c < 4; c++)
    for (int p = 0; p < 4; p++) {
      char name[64];
      for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i % 3 == (size_t)c % 3 ? 200 + p : 60 * c);
      snprintf(name, sizeof name, "colour/%d/%d.ppm", c, p);
      siam_test_write_pnm(siam_cli_path(name), 20, 12, 3, pixels);
    }
  free(siam_cli_out(
      0, "siamese-train colour -e tiny.txt --channels 3 --size 24 --embedding 5 --resize crop -b 8 "
         "--steps 5 --holdout 0 -o m.siamese -q"));
  char *out = siam_cli_out(0, "siamese-embed -m m.siamese colour -o e.csv -q");
  cr_expect_not_null(strstr(out, "16 pictures, 5 numbers each"), "%s", out);
  free(out);
  FILE *file = fopen(siam_cli_path("m.siamese"), "rb");
  char header[4096] = "";
  cr_assert_gt(fread(header + 8, 1, sizeof header - 9, file), 0);
  fclose(file);
  // The length of the header comes first and holds zero bytes.
  cr_expect_not_null(strstr(header + 16, "input 24 24 3"));
  cr_expect_not_null(strstr(header + 16, "crop"));
}

Test(cli_train, progress_is_a_bar_on_a_terminal) {
  const siam_command_options terminal = {.terminal = true};
  siam_command_result result =
      siam_cli_run(&terminal, "siamese-train data -e flat.txt -b 8 --minutes 0.03 -o m.siamese");
  cr_expect_eq(result.code, 0);
  cr_expect_not_null(strstr(result.out, "loss "), "%s", result.out);
  cr_expect_not_null(strstr(result.out, " pairs/s"), "%s", result.out);
  cr_expect_not_null(strstr(result.out, "Model     m.siamese"), "%s", result.out);
  siam_command_release(&result);
}
