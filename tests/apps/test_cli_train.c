#include "cli.h"
#include "pictures.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRAIN "siamese-train data -e tiny.txt -b 8 --steps 5 "
#define KEYS                                                                                                 \
  "model device init steps best_step batch preparing_seconds seconds pairs_per_second images classes "       \
  "broken "                                                                                                  \
  "validation_images "                                                                                       \
  "validation_classes "                                                                                      \
  "validation_common calibrated_on_training roc_auc equal_error_rate accuracy threshold arena_bytes "        \
  "separate_bytes warning"

#define RECONSTRUCT_KEYS                                                                                     \
  "model device init steps best_step batch preparing_seconds seconds pairs_per_second images classes "       \
  "broken "                                                                                                  \
  "validation_images "                                                                                       \
  "validation_classes validation_common reconstruct measured_on_training reconstruction_error "              \
  "mean_picture_error "                                                                                      \
  "arena_bytes separate_bytes warning"

static void begin(void) {
  siam_cli_begin(false);
}
TestSuite(cli_train, .init = begin, .fini = siam_cli_end, .timeout = 600);

static bool exists(const char *name) {
  return access(siam_cli_path(name), F_OK) == 0;
}

static void write_text(const char *name, const char *text) {
  siam_test_write(siam_cli_path(name), text, strlen(text));
}

Test(cli_train, a_run_tells_what_it_did_and_leaves_the_model_alone) {
  siam_command_result result = siam_cli_run(NULL, TRAIN "-o m.siamese");
  cr_expect_eq(result.code, 0, "%s", result.err);
  cr_expect(siam_cli_begins(result.out, "Trained   5 steps in "), "%s", result.out);
  cr_expect_not_null(strstr(result.out, "\nPictures  60 of 10 classes\nMeasured  on 12 pictures of 2 classes "
                                        "never trained on\n          ROC AUC "));
  cr_expect_not_null(strstr(result.out, "\nModel     m.siamese\n"));
  cr_expect_not_null(
      strstr(result.err, "36 different pairs, too few for thresholds at false-accept rates of 0.01"));
  cr_expect_not(exists("m.siamese.checkpoint"));
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
  cr_expect_not_null(strstr(result.err, "1 of 72 pictures cannot be read"), "%s", result.err);
  cr_expect_not_null(strstr(result.out, "71 of 12 classes; 1 broken ones left out"), "%s", result.out);
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
  cr_expect(json_is_null(json_object_get(object, "init")));
  cr_expect_str_eq(json_string_value(json_object_get(object, "model")), "m.siamese");
  json_decref(object);
}

Test(cli_train, nothing_held_out_is_said) {
  json_t *object = siam_cli_json(0, TRAIN "-o m.siamese --holdout 0", KEYS);
  cr_expect(json_is_true(json_object_get(object, "calibrated_on_training")));
  cr_expect_eq(siam_cli_integer(object, "images"), 72);
  json_decref(object);
  char *out = siam_cli_out(0, TRAIN "-o m.siamese --holdout 0");
  cr_expect_not_null(strstr(out, "since nothing was held out"), "%s", out);
  free(out);
}

Test(cli_train, the_seed_decides_every_bit) {
  free(siam_cli_out(0, TRAIN "-o a.siamese --seed 7 -q"));
  free(siam_cli_out(0, TRAIN "-o b.siamese --seed 7 -q"));
  free(siam_cli_out(0, TRAIN "-o c.siamese --seed 8 -q"));
  cr_expect(siam_cli_same_files("a.siamese", "b.siamese"));
  cr_expect_not(siam_cli_same_files("a.siamese", "c.siamese"));
}

Test(cli_train, mistakes_in_the_command_line_are_told_in_one_line) {
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-train", {"arguments are missing: DATA", "--help"}},
      {"siamese-train data", {"no model to write to", "-o MODEL"}},
      {"siamese-train data held-out -o m.siamese", {"too many arguments"}},
      {TRAIN "-o m.siamese --stesp 3", {"--stesp", "did you mean --steps?"}},
      {TRAIN "-o m.siamese --steps", {"--steps: a value is missing"}},
      {TRAIN "-o m.siamese --steps 0", {"--steps 0: must be at least 1"}},
      {TRAIN "-o m.siamese --steps 1.5", {"--steps 1.5: not a whole number"}},
      {TRAIN "-o m.siamese --steps 5x", {"--steps 5x: not a whole number"}},
      {TRAIN "-o m.siamese --batch 0", {"--batch 0: must be at least 1"}},
      {TRAIN "-o m.siamese --batch most", {"--batch most: not a whole number, nor auto"}},
      {TRAIN "-o m.siamese --lr 0", {"--lr 0: must be above 0"}},
      {TRAIN "-o m.siamese --lr inf", {"--lr inf: not a number"}},
      {TRAIN "-o m.siamese --margin -1", {"--margin -1: must be above 0"}},
      {TRAIN "-o m.siamese --holdout 1", {"--holdout 1: must be at most 0.9"}},
      {TRAIN "-o m.siamese --seed -1", {"--seed -1: must be at least 0"}},
      {TRAIN "-o m.siamese --size 0", {"--size 0: must be at least 1"}},
      {TRAIN "-o m.siamese --channels 2", {"2 channels", "1 (grey) or 3"}},
      {TRAIN "-o m.siamese --pairs some", {"--pairs some: must be one of drawn, all"}},
      {TRAIN "-o m.siamese --schedule x", {"--schedule x: must be one of cosine, constant, step"}},
      {TRAIN "-o m.siamese --resize x", {"--resize x: must be one of letterbox, crop, stretch"}},
      {"siamese-train data -o ''", {"--output", "empty"}},
      {NULL, {0}}});
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
  expect_said("siamese-compare -m r.siamese " PAIR, false, "(far 1e-2)");
  // 10,000 different pairs support one in a thousand, and there are fewer.
  expect_said(TRAIN "-o w.siamese --val held-out --far 0.0001", true,
              "verdicts will go by the threshold of best accuracy");
  expect_said("siamese-compare -m w.siamese " PAIR, false, "(best accuracy)");
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o t.siamese --val held-out --far 0.5", {"a false-accept rate of 0.5", "0.001"}},
      {TRAIN "-o t.siamese --views films", {"there are no views \"films\"", "copies"}},
      {NULL, {0}}});
}

Test(cli_train, batches_within_a_parent_folder_are_others) {
  free(siam_cli_out(0, TRAIN "-o s.siamese --holdout 0 -q"));
  free(siam_cli_out(0, TRAIN "-o w.siamese --holdout 0 --within-parent 100 -q"));
  cr_expect_not(siam_cli_same_files("s.siamese", "w.siamese"));
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o t.siamese --within-parent 101", {"--within-parent 101", "at most 100"}}, {NULL, {0}}});
}

Test(cli_train, what_contradicts_itself_is_refused) {
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o m.siamese --epochs 2", {"--steps, --epochs and --minutes exclude each other"}},
      {TRAIN "-o m.siamese --val held-out --holdout 0.2", {"--val and --holdout exclude each other"}},
      {TRAIN "-o m.siamese --val held-out --holdout-parents", {"--holdout-parents", "--val"}},
      {TRAIN "-o m.siamese --pairs drawn --hardest 2", {"--hardest", "--pairs all"}},
      {TRAIN "-o m.siamese --pairs drawn --per-class 2", {"--per-class", "--pairs all"}},
      {TRAIN "-o m.siamese --branches two-pass", {"two passes need drawn pairs"}},
      {TRAIN "-o m.siamese -b 2", {"batch of 2 pairs", "larger batch"}},
      {TRAIN "-o m.siamese --margin 2.5", {"margin of 2.5 cannot be reached", "0..2"}},
      {NULL, {0}}});
}

Test(cli_train, names_that_mean_nothing_are_refused_with_those_that_do) {
  write_text("bad.txt", "input 16 16 1\nconv 8 3\nfoo 3\n");
  write_text("nothing.txt", "# Nothing yet\n");
  siam_test_write(siam_cli_path("binary.txt"), "input 16 16 1\nflatten\0", 22);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-train data -o m.siamese -e resnet", {"'resnet'", "conv4, resnet8, resnet12, lenet, koch"}},
      {"siamese-train data -o m.siamese -e bad.txt",
       {"bad.txt:3: there is no layer 'foo'", "conv, conv_transpose, linear"}},
      {"siamese-train data -o m.siamese -e nothing.txt",
       {"nothing.txt: describes no layers", "input 28 28 1"}},
      {"siamese-train data -o m.siamese -e binary.txt", {"binary.txt: not a text"}},
      {"siamese-train data -o m.siamese -e data", {"data: not a regular file", "name a file"}},
      {"siamese-train data -o m.siamese -e koch --size 28",
       {"koch:8: conv3", "larger than the padded image"}},
      {TRAIN "-o m.siamese --loss x", {"there is no loss 'x'", "contrastive"}},
      {TRAIN "-o m.siamese --loss 'contrastive marign=1'", {"'contrastive marign=1'", "'marign'", "margin"}},
      {TRAIN "-o m.siamese --optimizer x", {"there is no optimizer 'x'", "sgd, adam, adamw"}},
      {TRAIN "-o m.siamese --augment x", {"there is no set \"x\"", "none, light, characters, photos"}},
      {TRAIN "-o m.siamese --augment light,x=1", {"\"x\" is none of its options", "rotation"}},
      {TRAIN "-o m.siamese --augment light,rotation=x", {"rotation=x", "needs one number"}},
      {TRAIN "-o m.siamese --device 'no such card'", {"\"no such card\"", "choose among"}},
      {NULL, {0}}});
}

Test(cli_train, data_that_cannot_serve_are_refused_by_name) {
  mkdir(siam_cli_path("empty"), 0700);
  siam_test_write_flat(siam_cli_path("one/a/1.pgm"), 8, 1);
  siam_test_write_flat(siam_cli_path("one/a/2.pgm"), 8, 2);
  siam_test_write_flat(siam_cli_path("loners/a/1.pgm"), 8, 1);
  siam_test_write_flat(siam_cli_path("loners/b/1.pgm"), 8, 2);
  siam_test_write_flat(siam_cli_path("halves/same/x_a.pgm"), 8, 1);
  siam_test_write_flat(siam_cli_path("halves/same/x_b.pgm"), 8, 2);
  mkdir(siam_cli_path("halves/different"), 0700);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-train nowhere -o m.siamese", {"nowhere: cannot open", "name a folder of pictures or a CSV"}},
      {"siamese-train empty -o m.siamese", {"empty: no pictures here", "name the folder"}},
      {"siamese-train one -o m.siamese", {"one: no `different` pair is possible", "a folder of their own"}},
      {"siamese-train loners -o m.siamese", {"loners: no `same` pair is possible", "into one folder"}},
      {"siamese-train halves -o m.siamese", {"halves: no `different` pair"}},
      {"siamese-train one/a/1.pgm -o m.siamese", {"1.pgm: a picture, not a set of them", "name a folder"}},
      {"siamese-train tiny.txt -o m.siamese", {"tiny.txt: no column \"a\"", "a,b,label"}},
      {TRAIN "-o m.siamese --val nowhere", {"nowhere: cannot open"}},
      {TRAIN "-o m.siamese --val empty", {"empty: no pictures here"}},
      {NULL, {0}}});
}

Test(cli_train, training_stops_where_more_than_half_of_a_class_is_broken) {
  char name[64];
  for (int i = 0; i < 4; i++) {
    snprintf(name, sizeof name, "data/group0/class02/%02d.pgm", i);
    cr_assert_eq(truncate(siam_cli_path(name), 100), 0);
  }
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o m.siamese --holdout 0", {"4 of the 6 pictures of class group0/class02", "more than half"}},
      {NULL, {0}}});
}

#define PICTURES "data/group0/class00/"

/// Lists half of the pairs as same, by class, and half as different.
static void write_pair_list(const char *name) {
  static char list[65536];
  size_t length = (size_t)sprintf(list, "a,b,label\n");
  for (int c = 0; c < 12; c++)
    for (int p = 0; p < 4; p++)
      length += (size_t)sprintf(list + length,
                                "data/group%d/class%02d/%02d.pgm,data/group%d/class%02d/%02d.pgm,1\n"
                                "data/group%d/class%02d/%02d.pgm,data/group%d/class%02d/%02d.pgm,0\n",
                                c % 2, c, p, c % 2, c, p + 1, c % 2, c, p, c % 2, c ^ 2, p);
  write_text(name, list);
}

Test(cli_train, a_pair_list_that_is_wrong_names_its_line) {
  write_pair_list("pairs.csv");
  write_text("nothing.csv", "");
  write_text("header.csv", "a,b,label\n");
  write_text("columns.csv", "left,right,label\n1,2,1\n");
  write_text("label.csv", "a,b,label\n" PICTURES "00.pgm," PICTURES "01.pgm,maybe\n");
  write_text("short.csv", "a,b,label\n" PICTURES "00.pgm\n");
  write_text("same.csv", "a,b,label\n" PICTURES "00.pgm," PICTURES "01.pgm,same\n");
  write_text("gone.csv", "a,b,label\nno.pgm," PICTURES "01.pgm,1\nno.pgm," PICTURES "01.pgm,0\n");
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-train nothing.csv -o m.siamese", {"nothing.csv: empty", "a,b,label"}},
      {"siamese-train header.csv -o m.siamese", {"header.csv: no `same` pair"}},
      {"siamese-train columns.csv -o m.siamese", {"columns.csv: no column \"a\"", "a,b,label"}},
      {"siamese-train label.csv -o m.siamese", {"label.csv: line 2", "\"maybe\"", "1, 0, same, different"}},
      {"siamese-train short.csv -o m.siamese", {"short.csv: line 2", "too few"}},
      {"siamese-train same.csv -o m.siamese", {"same.csv: no `different` pair"}},
      {"siamese-train gone.csv -o m.siamese", {"gone.csv: 2 of its 2 pairs", "relative to the list"}},
      {"siamese-train pairs.csv -o m.siamese -e tiny.txt --loss triplet",
       {"pairs.csv: the loss 'triplet' needs classes", "use the loss contrastive"}},
      {NULL, {0}}});
}

Test(cli_train, what_cannot_be_written_is_found_out_before_training) {
  // Were it found out at the end, these runs would outlast the test.
#define FOREVER "siamese-train data -e tiny.txt --minutes 1000 "
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {FOREVER "-o nowhere/m.siamese", {"nowhere/m.siamese: cannot create", "a folder that exists"}},
      {FOREVER "-o tiny.txt/m.siamese", {"tiny.txt/m.siamese: cannot create", "a folder that exists"}},
      {FOREVER "-o data", {"data: cannot create: it is a folder", "name a file"}},
      {FOREVER "-o m.siamese --log nowhere/log.csv", {"nowhere/log.csv: cannot create"}},
      {FOREVER "-o m.siamese --log data", {"data: cannot create: it is a folder"}},
      {FOREVER "-o /dev/null", {"/dev/null: cannot create: it is a device", "name a file"}},
      {NULL, {0}}});
}

Test(cli_train, what_is_no_model_and_no_log_is_not_written_over) {
  write_text("pairs.csv", "a,b,label\n");
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {FOREVER "-o tiny.txt", {"tiny.txt: exists and is no model", "name another file"}},
      {FOREVER "-o data/group0/class00/00.pgm", {"00.pgm: exists and is no model"}},
      {FOREVER "-o m.siamese --picture-cache tiny.txt",
       {"tiny.txt: exists and is no cache of pictures", "name another file"}},
      {FOREVER "-o m.siamese --log pairs.csv", {"pairs.csv: exists and is no log", "name another file"}},
      {FOREVER "-o m.siamese --log m.siamese", {"m.siamese: both the model and the log", "name two files"}},
      {NULL, {0}}});
  mkdir(siam_cli_path("m.siamese.checkpoint"), 0700);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {FOREVER "-o m.siamese", {"m.siamese.checkpoint: cannot create: it is a folder"}}, {NULL, {0}}});
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
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o m.siamese --holdout 0 --patience 3", {"nothing is held out", "name validation data"}},
      {TRAIN "-o m.siamese --look-every 3", {"need a patience"}},
      {TRAIN "-o m.siamese --ema 1", {"--ema 1: must be at most"}},
      {NULL, {0}}});
}

Test(cli_train, resuming_needs_a_checkpoint_of_the_same_run) {
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o m.siamese --resume", {"m.siamese.checkpoint: no such checkpoint", "without --resume"}},
      {NULL, {0}}});
  free(siam_cli_out(0, TRAIN "-o other.siamese -q"));
  cr_assert_eq(rename(siam_cli_path("other.siamese"), siam_cli_path("m.siamese.checkpoint")), 0);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o m.siamese --resume", {"m.siamese.checkpoint: not a checkpoint"}}, {NULL, {0}}});
}

/// Ctrl-C as soon as the log has a few rows.
static siam_command_options interruption(void) {
  static char log[512];
  snprintf(log, sizeof log, "%s", siam_cli_path("log.csv"));
  return (siam_command_options){.interrupt_file = log, .interrupt_bytes = 1000};
}

#define LONG "siamese-train data -e flat.txt -b 8 --steps 3000 --log log.csv "

static void write_fast_encoder(void) {
  write_text("flat.txt", "input 16 16 1\nflatten\nlinear 4\nl2_normalize\n");
}

static size_t count_lines(const char *name) {
  char *text = siam_cli_read(name);
  size_t lines = 0;
  for (const char *byte = text; *byte != '\0'; byte++) lines += *byte == '\n';
  free(text);
  return lines;
}

Test(cli_train, ctrl_c_saves_and_says_how_to_go_on_and_the_end_is_the_same_bits) {
  write_fast_encoder();
  free(siam_cli_out(0, LONG "-o whole.siamese -q"));
  cr_expect_eq(count_lines("log.csv"), 3001);
  unlink(siam_cli_path("log.csv"));
  siam_command_options options = interruption();
  siam_command_result result = siam_cli_run(&options, LONG "-o parts.siamese");
  cr_assert_eq(result.code, 2, "%s", result.err);
  cr_expect_str_eq(result.out, "");
  cr_expect(siam_cli_begins(result.err, "siamese-train: stopped after step "), "%s", result.err);
  cr_expect_not_null(strstr(result.err, "parts.siamese.checkpoint holds everything, go on with --resume"));
  cr_expect_not(exists("parts.siamese"));
  siam_command_release(&result);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {LONG "-o parts.siamese --resume --lr 0.5", {"parts.siamese.checkpoint", "rate 0.5", "same options"}},
      {NULL, {0}}});
  free(siam_cli_out(0, LONG "-o parts.siamese --resume -q"));
  cr_expect(siam_cli_same_files("whole.siamese", "parts.siamese"));
  cr_expect_not(exists("parts.siamese.checkpoint"));
  cr_expect_eq(count_lines("log.csv"), 3001);
}

Test(cli_train, beginning_anew_over_a_checkpoint_warns) {
  write_fast_encoder();
  siam_command_options options = interruption();
  siam_command_result result = siam_cli_run(&options, LONG "-o m.siamese -q");
  cr_assert_eq(result.code, 2, "%s", result.err);
  siam_command_release(&result);
  result = siam_cli_run(NULL, TRAIN "-o m.siamese -q");
  cr_expect_eq(result.code, 0);
  cr_expect(siam_cli_begins(result.err, "siamese-train: warning: m.siamese.checkpoint: "), "%s", result.err);
  cr_expect_not_null(strstr(result.err, "--resume goes on"), "%s", result.err);
  siam_command_release(&result);
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

#define RECONSTRUCT TRAIN "--reconstruct tied "

Test(cli_train, an_encoder_learns_to_reconstruct_and_says_so_wherever_it_is_used) {
  char *out = siam_cli_out(0, RECONSTRUCT "-o start.siamese --log log.csv -q");
  cr_expect_not_null(strstr(out, " pictures/s\nPictures  65\nMeasured  on 7 pictures never trained on\n"
                                 "          mean squared error 0."),
                     "%s", out);
  cr_expect_not_null(strstr(out, "\nModel     start.siamese, an encoder to start from with --init\n"), "%s",
                     out);
  free(out);
  cr_expect_eq(count_lines("log.csv"), 6);
  free(siam_cli_out(0, TRAIN "-o next.siamese --init start.siamese -q"));
  free(siam_cli_out(0, "siamese-embed -m start.siamese data -o matrix.npy -q"));
  free(siam_cli_out(0, "siamese-eval -m start.siamese held-out --trials 20 -q"));
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-compare -m start.siamese " PICTURES "00.pgm " PICTURES "01.pgm",
       {"start.siamese: was trained to reconstruct pictures", "siamese-train --init", "--threshold"}},
      {NULL, {0}}});
}

Test(cli_train, a_reconstruction_in_json_has_errors_in_place_of_figures_of_pairs) {
  json_t *object = siam_cli_json(0, RECONSTRUCT "-o start.siamese --holdout 0", RECONSTRUCT_KEYS);
  cr_expect_str_eq(json_string_value(json_object_get(object, "reconstruct")), "tied");
  cr_expect(json_is_true(json_object_get(object, "measured_on_training")));
  cr_expect_gt(siam_cli_number(object, "reconstruction_error"), 0);
  cr_expect_gt(siam_cli_number(object, "mean_picture_error"), 0);
  cr_expect_eq(siam_cli_integer(object, "images"), 72);
  json_decref(object);
}

Test(cli_train, what_reconstructing_has_no_use_for_is_refused) {
  write_text("nothing.txt", "input 16 16 1\nflatten\n");
  mkdir(siam_cli_path("empty"), 0700);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o m.siamese --reconstruct some", {"--reconstruct some: must be one of tied, untied"}},
      {RECONSTRUCT "-o m.siamese --margin 0.5", {"without pairs and classes", "--margin"}},
      {RECONSTRUCT "-o m.siamese --composed-classes 20", {"without pairs and classes", "--composed-classes"}},
      {RECONSTRUCT "-o m.siamese --pairs all", {"without pairs and classes", "--pairs"}},
      {"siamese-train tiny.txt -o m.siamese --reconstruct tied",
       {"tiny.txt: a file", "a folder with pictures"}},
      {"siamese-train nowhere -o m.siamese --reconstruct tied", {"nowhere"}},
      {"siamese-train empty -o m.siamese --reconstruct tied", {"empty"}},
      {"siamese-train data -o m.siamese -e nothing.txt --reconstruct tied",
       {"cannot be trained to reconstruct", "nothing to learn"}},
      {NULL, {0}}});
}

Test(cli_train, a_second_ctrl_c_leaves_at_once) {
  write_fast_encoder();
  siam_command_options options = interruption();
  options.twice = true;
  siam_command_result result = siam_cli_run(&options, LONG "-o m.siamese -q");
  cr_expect_geq(result.code, 128, "%d: %s", result.code, result.err);
  cr_expect_not(exists("m.siamese"));
  siam_command_release(&result);
}

Test(cli_train, the_log_is_a_csv_with_a_row_for_every_step) {
  free(siam_cli_out(0, TRAIN "-o m.siamese --log log.csv -q"));
  char *log = siam_cli_read("log.csv");
  cr_expect(siam_cli_begins(log, "step,seconds,rate,loss,same_distance,different_distance,active,spread,"),
            "%s", log);
  cr_expect_eq(count_lines("log.csv"), 6);
  free(log);
}

Test(cli_train, a_loss_that_is_not_finite_stops_the_run_and_names_the_step) {
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN
       "-o m.siamese --optimizer sgd --lr 1e6 --clip 0 --schedule constant --warmup 0 --weight-decay 1e6",
       {"step ", "is not finite", "learning rate"}},
      {NULL, {0}}});
}

Test(cli_train, a_recognised_failure_is_a_warning_and_in_the_json) {
  write_fast_encoder();
  // Labels the wrong way round, on pictures that are learnt by heart in no time.
  static char list[65536];
  size_t length = (size_t)sprintf(list, "a,b,label\n");
  for (int c = 0; c < 12; c++)
    for (int p = 0; p < 5; p++)
      length += (size_t)sprintf(list + length,
                                "data/group%d/class%02d/%02d.pgm,data/group%d/class%02d/%02d.pgm,different\n"
                                "data/group%d/class%02d/%02d.pgm,data/group%d/class%02d/%02d.pgm,same\n",
                                c % 2, c, p, c % 2, c, p + 1, c % 2, c, p, (c + 1) % 2, (c + 1) % 12, p);
  write_text("reversed.csv", list);
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
  write_pair_list("pairs.csv");
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
  write_text("lfw/pairs.txt", "1\t3\nperson0\t1\t2\nperson1\t1\t2\nperson2\t2\t3\nperson0\t1\tperson1\t1\n"
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

Test(cli_train, pictures_that_do_not_fit_stream_to_the_same_bits) {
  free(siam_cli_out(0, TRAIN "-o resident.siamese -q"));
  free(siam_cli_out(0, TRAIN "-o streamed.siamese -q --picture-memory 0"));
  cr_expect(siam_cli_same_files("resident.siamese", "streamed.siamese"));
}

Test(cli_train, pictures_from_a_cache_file_give_the_same_bits) {
  // Pictures that were changed just now are not kept, so these look older.
  char line[600];
  snprintf(line, sizeof line, "find '%s' -exec touch -d '1 hour ago' {} +", siam_cli_path("data"));
  cr_assert_eq(system(line), 0);
  free(siam_cli_out(0, TRAIN "-o without.siamese -q"));
  free(siam_cli_out(0, TRAIN "-o first.siamese -q --picture-cache kept"));
  cr_expect(siam_cli_same_files("without.siamese", "first.siamese"));
  cr_expect_eq(access(siam_cli_path("kept"), R_OK), 0);
  cr_expect_eq(access(siam_cli_path("kept.validation"), R_OK), 0);
  siam_command_result result =
      siam_cli_run(NULL, TRAIN "-o second.siamese --picture-cache kept --picture-memory 0");
  cr_expect_eq(result.code, 0);
  cr_expect_not_null(strstr(result.err, "kept: has "), "%s", result.err);
  cr_expect_null(strstr(result.err, "has 0 of"), "%s", result.err);
  cr_expect(siam_cli_same_files("without.siamese", "second.siamese"));
  siam_command_release(&result);
}

Test(cli_train, progress_is_a_bar_on_a_terminal) {
  write_fast_encoder();
  const siam_command_options terminal = {.terminal = true};
  siam_command_result result =
      siam_cli_run(&terminal, "siamese-train data -e flat.txt -b 8 --minutes 0.03 -o m.siamese");
  cr_expect_eq(result.code, 0);
  cr_expect_not_null(strstr(result.out, "loss "), "%s", result.out);
  cr_expect_not_null(strstr(result.out, " pairs/s"), "%s", result.out);
  cr_expect_not_null(strstr(result.out, "Model     m.siamese"), "%s", result.out);
  siam_command_release(&result);
}

static const siam_command_options little_memory = {
    .environment = (const char *const[]){"SIAMESE_DEVICE_MEMORY=1", NULL}};

/// The number behind `words` in a text.
static unsigned number_behind(const char *text, const char *words) {
  const char *found = strstr(text, words);
  cr_assert_not_null(found, "%s", text);
  return (unsigned)strtoul(found + strlen(words), NULL, 10);
}

/// Batches that do not fit are refused with the largest that does, and that is the largest: it trains, and
/// one more does not.
static void expect_limit(const char *train) {
  char line[256];
  snprintf(line, sizeof line, "%s -b 20000", train);
  siam_command_result result = siam_cli_run(&little_memory, line);
  cr_assert_eq(result.code, 2, "%s", result.err);
  cr_expect_not_null(strstr(result.err, "a batch of 20000 pairs needs "), "%s", result.err);
  cr_expect_not_null(strstr(result.err, " has 1.0 MiB, of which "), "%s", result.err);
  const unsigned largest = number_behind(result.err, "the largest batch that fits is ");
  siam_command_release(&result);
  cr_expect_gt(largest, 8);
  for (unsigned more = 0; more < 2; more++) {
    snprintf(line, sizeof line, "%s -b %u", train, largest + more);
    result = siam_cli_run(&little_memory, line);
    cr_expect_eq(result.code, more == 0 ? 0 : 2, "%s: %s", line, result.err);
    siam_command_release(&result);
  }
}

Test(cli_train, a_batch_that_does_not_fit_is_refused_with_the_largest_that_does) {
  expect_limit("siamese-train data -e tiny.txt --steps 1 -q -o m.siamese --pairs drawn");
  expect_limit("siamese-train data -e tiny.txt --steps 1 -q -o m.siamese --pairs drawn --branches two-pass");
  expect_limit("siamese-train data -e tiny.txt --steps 1 -q -o m.siamese --reconstruct untied");
}

Test(cli_train, the_largest_batch_is_found_and_no_larger_than_the_data) {
  siam_command_result result = siam_cli_run(NULL, TRAIN "-o all.siamese -q --batch auto --holdout 0");
  cr_expect_eq(result.code, 0, "%s", result.err);
  cr_expect_eq(number_behind(result.out, "\nBatch     "), 24, "four pictures of each class: %s", result.out);
  siam_command_release(&result);
  write_text("large.txt",
             "input 64 64 1\nconv 16 3 pad=1\nrelu\nmax_pool 2\nflatten\nlinear 4\nl2_normalize\n");
  const siam_command_options some = {.environment = (const char *const[]){"SIAMESE_DEVICE_MEMORY=8", NULL}};
  static const char *const ways[] = {"--pairs drawn", "--pairs all --per-class 3", "--reconstruct tied"};
  for (int w = 0; w < 3; w++) {
    char line[256];
    snprintf(line, sizeof line, "siamese-train data -e large.txt --steps 1 -q -o %d.siamese -b auto %s", w,
             ways[w]);
    result = siam_cli_run(&some, line);
    cr_expect_eq(result.code, 0, "%s: %s", line, result.err);
    const unsigned pairs = number_behind(result.out, "\nBatch     ");
    cr_expect(pairs >= 2 && pairs < 30, "%s: %u", line, pairs);
    siam_command_release(&result);
  }
}

Test(cli_train, a_device_without_room_for_any_batch_says_so) {
  write_text("large.txt",
             "input 512 512 1\nconv 64 3 pad=1\nrelu\nmax_pool 2\nglobal_avg_pool\nl2_normalize\n");
  static const char *const batches[] = {"auto", "4"};
  for (int b = 0; b < 2; b++) {
    char line[256];
    snprintf(line, sizeof line, "siamese-train data -e large.txt --steps 1 -q -o m.siamese -b %s",
             batches[b]);
    siam_command_result result = siam_cli_run(&little_memory, line);
    cr_expect_eq(result.code, 2);
    cr_expect_not_null(strstr(result.err, "no batch fits: use smaller pictures"), "%s", result.err);
    siam_command_release(&result);
  }
}
