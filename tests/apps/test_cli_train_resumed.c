// A training that was stopped, and goes on.
#include "cli.h"
#include "train_lines.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG "siamese-train data -e flat.txt -b 8 --steps 3000 --log log.csv "

static void begin(void) {
  siam_cli_begin(false);
}
TestSuite(cli_train_resumed, .init = begin, .fini = siam_cli_end, .timeout = 600);

/// Ctrl-C as soon as the log has a few rows.
static siam_command_options interruption(void) {
  static char log[512];
  snprintf(log, sizeof log, "%s", siam_cli_path("log.csv"));
  return (siam_command_options){.interrupt_file = log, .interrupt_bytes = 1000};
}

Test(cli_train_resumed, resuming_needs_a_checkpoint_of_the_same_run) {
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o m.siamese --resume", {"m.siamese.checkpoint: no such checkpoint", "without --resume"}},
      {NULL, {0}}});
  free(siam_cli_out(0, TRAIN "-o other.siamese -q"));
  cr_assert_eq(rename(siam_cli_path("other.siamese"), siam_cli_path("m.siamese.checkpoint")), 0);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o m.siamese --resume", {"m.siamese.checkpoint: not a checkpoint"}}, {NULL, {0}}});
}

Test(cli_train_resumed, ctrl_c_saves_and_says_how_to_go_on_and_the_end_is_the_same_bits) {
  free(siam_cli_out(0, LONG "-o whole.siamese -q"));
  cr_expect_eq(siam_cli_count_lines("log.csv"), 3001);
  unlink(siam_cli_path("log.csv"));
  siam_command_options options = interruption();
  siam_command_result result = siam_cli_run(&options, LONG "-o parts.siamese");
  cr_assert_eq(result.code, 2, "%s", result.err);
  cr_expect_str_eq(result.out, "");
  cr_expect(siam_cli_begins(result.err, "siamese-train: stopped after step "), "%s", result.err);
  cr_expect_not_null(strstr(result.err, "parts.siamese.checkpoint holds everything, go on with --resume"));
  cr_expect_not(siam_cli_exists("parts.siamese"));
  siam_command_release(&result);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {LONG "-o parts.siamese --resume --lr 0.5", {"parts.siamese.checkpoint", "rate 0.5", "same options"}},
      {NULL, {0}}});
  free(siam_cli_out(0, LONG "-o parts.siamese --resume -q"));
  cr_expect(siam_cli_same_files("whole.siamese", "parts.siamese"));
  cr_expect_not(siam_cli_exists("parts.siamese.checkpoint"));
  cr_expect_eq(siam_cli_count_lines("log.csv"), 3001);
}

Test(cli_train_resumed, beginning_anew_over_a_checkpoint_warns) {
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

Test(cli_train_resumed, a_lost_connection_saves_however_often_it_is_told) {
  siam_command_options options = interruption();
  options.hangup = true;
  siam_command_result result = siam_cli_run(&options, LONG "-o m.siamese");
  cr_assert_eq(result.code, 2, "%s", result.err);
  cr_expect_not_null(strstr(result.err, "m.siamese.checkpoint holds everything, go on with --resume"));
  cr_expect(siam_cli_exists("m.siamese.checkpoint"));
  siam_command_release(&result);
}

Test(cli_train_resumed, a_second_ctrl_c_leaves_at_once) {
  siam_command_options options = interruption();
  options.twice = true;
  siam_command_result result = siam_cli_run(&options, LONG "-o m.siamese -q");
  cr_expect_geq(result.code, 128, "%d: %s", result.code, result.err);
  cr_expect_not(siam_cli_exists("m.siamese"));
  siam_command_release(&result);
}
