// What siamese-train refuses, and in which words.
#include "cli.h"
#include "pictures.h"
#include "train_lines.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void begin(void) {
  siam_cli_begin(false);
}
TestSuite(cli_train_refused, .init = begin, .fini = siam_cli_end, .timeout = 600);

Test(cli_train_refused, mistakes_in_the_command_line_are_told_in_one_line) {
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

Test(cli_train_refused, what_contradicts_itself_is_refused) {
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o m.siamese --epochs 2", {"--steps, --epochs and --minutes exclude each other"}},
      {TRAIN "-o m.siamese --val held-out --holdout 0.2", {"--val and --holdout exclude each other"}},
      {TRAIN "-o m.siamese --val held-out --holdout-parents", {"--holdout-parents", "--val"}},
      {TRAIN "-o m.siamese --hardest 0", {"--hardest 0", "at least 1"}},
      {TRAIN "-o m.siamese --pairs drawn --hardest 2", {"--hardest", "--pairs all"}},
      {TRAIN "-o m.siamese --pairs drawn --per-class 2", {"--per-class", "--pairs all"}},
      {TRAIN "-o m.siamese --branches two-pass", {"two passes need drawn pairs"}},
      {TRAIN "-o m.siamese -b 2", {"batch of 2 pairs", "larger batch"}},
      {TRAIN "-o m.siamese --margin 2.5", {"margin of 2.5 cannot be reached", "0..2"}},
      {NULL, {0}}});
}

Test(cli_train_refused, names_that_mean_nothing_are_refused_with_those_that_do) {
  siam_cli_write("bad.txt", "input 16 16 1\nconv 8 3\nfoo 3\n");
  siam_cli_write("nothing.txt", "# Nothing yet\n");
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

Test(cli_train_refused, data_that_cannot_serve_are_refused_by_name) {
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

Test(cli_train_refused, training_stops_where_more_than_half_of_a_class_is_broken) {
  char name[64];
  for (int i = 0; i < 4; i++) {
    snprintf(name, sizeof name, "data/group0/class02/%02d.pgm", i);
    cr_assert_eq(truncate(siam_cli_path(name), 100), 0);
  }
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o m.siamese --holdout 0", {"4 of the 6 pictures of class group0/class02", "more than half"}},
      {NULL, {0}}});
}

Test(cli_train_refused, a_pair_list_that_is_wrong_names_its_line) {
  siam_cli_write_pair_list("pairs.csv");
  siam_cli_write("nothing.csv", "");
  siam_cli_write("header.csv", "a,b,label\n");
  siam_cli_write("columns.csv", "left,right,label\n1,2,1\n");
  siam_cli_write("label.csv", "a,b,label\n" PICTURES "00.pgm," PICTURES "01.pgm,maybe\n");
  siam_cli_write("short.csv", "a,b,label\n" PICTURES "00.pgm\n");
  siam_cli_write("same.csv", "a,b,label\n" PICTURES "00.pgm," PICTURES "01.pgm,same\n");
  siam_cli_write("gone.csv", "a,b,label\nno.pgm," PICTURES "01.pgm,1\nno.pgm," PICTURES "01.pgm,0\n");
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

Test(cli_train_refused, what_cannot_be_written_is_found_out_before_training) {
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

Test(cli_train_refused, what_is_no_model_and_no_log_is_not_written_over) {
  siam_cli_write("pairs.csv", "a,b,label\n");
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {FOREVER "-o tiny.txt", {"tiny.txt: exists and is no model", "name another file"}},
      {FOREVER "-o data/group0/class00/00.pgm", {"00.pgm: exists and is no model"}},
      {FOREVER "-o m.siamese --picture-cache tiny.txt",
       {"tiny.txt: exists and is no cache of pictures", "name another file"}},
      {FOREVER "-o m.siamese --log pairs.csv", {"pairs.csv: exists and is no log", "name another file"}},
      {NULL, {0}}});
  mkdir(siam_cli_path("m.siamese.checkpoint"), 0700);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {FOREVER "-o m.siamese", {"m.siamese.checkpoint: cannot create: it is a folder"}}, {NULL, {0}}});
}

Test(cli_train_refused, no_two_outputs_are_one_file) {
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {FOREVER "-o q --log q", {"q: both the model and the log", "name two files"}},
      {FOREVER "-o q --log data/../q", {"q: both the model and the log", "name two files"}},
      {FOREVER "-o q --report q", {"q: both the model and the report"}},
      {FOREVER "-o q --picture-cache q", {"q: both the model and the cache of pictures"}},
      {FOREVER "-o q.validation --picture-cache q",
       {"q.validation: both the model and the cache of validation pictures"}},
      {FOREVER "-o q --log x --report x", {"x: both the log and the report"}},
      {FOREVER "-o q --log x --picture-cache x", {"x: both the log and the cache of pictures"}},
      {FOREVER "-o q --report x.validation --picture-cache x",
       {"x.validation: both the report and the cache of validation pictures"}},
      {FOREVER "-o q --log q.checkpoint", {"q.checkpoint: both the checkpoint and the log"}},
      {FOREVER "-o q --report q.checkpoint", {"q.checkpoint: both the checkpoint and the report"}},
      {FOREVER "-o q --report q.checkpoint.previous",
       {"q.checkpoint.previous: both the checkpoint before the last and the report"}},
      {FOREVER "-o q --picture-cache q.checkpoint.next",
       {"q.checkpoint.next: both the next checkpoint and the cache of pictures"}},
      {NULL, {0}}});
}

Test(cli_train_refused, a_loss_that_is_not_finite_stops_the_run_and_names_the_step) {
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN
       "-o m.siamese --optimizer sgd --lr 1e6 --clip 0 --schedule constant --warmup 0 --weight-decay 1e6",
       {"step ", "is not finite", "learning rate"}},
      {NULL, {0}}});
}
