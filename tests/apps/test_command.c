#include "command.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SAMPLE SIAMESE_BINARY_DIR "/tests/sample_command"
static const char sample[] = SAMPLE;

static void expect_output(siam_command_result result, const char *line) {
  cr_expect_eq(result.code, 0, "%s", result.err);
  cr_expect_eq(strncmp(result.out, line, strlen(line)), 0, "%s", result.out);
  cr_expect_str_eq(result.err, "");
  siam_command_release(&result);
}

Test(command, defaults_stand_where_no_option_is_given) {
  expect_output(SIAM_RUN(NULL, sample, "a"), "flag=0 text=default choice=one count=3 rate=0.5 given=0 [a]\n");
}

Test(command, options_are_read_in_every_form_and_order) {
  expect_output(SIAM_RUN(NULL, sample, "a", "--rate", "1e-3", "-ft", "x y", "--cho=two", "b", "--count=+10"),
                "flag=1 text=x y choice=two count=10 rate=0.001 given=1 [a] [b]\n");
  expect_output(SIAM_RUN(NULL, sample, "-tz", "--", "--flag", "-"),
                "flag=0 text=z choice=one count=3 rate=0.5 given=0 [--flag] [-]\n");
  expect_output(SIAM_RUN(NULL, sample, "a", "-t", "first", "-t", "last"),
                "flag=0 text=last choice=one count=3 rate=0.5 given=0 [a]\n");
}

/// A mistake is one line that begins with the command's name, says `words` and where to read on; exit 2.
static void expect_refusal(siam_command_result result, const char *words) {
  cr_expect_eq(result.code, 2);
  cr_expect_str_eq(result.out, "");
  cr_expect_eq(strncmp(result.err, "sample-command: ", 16), 0, "%s", result.err);
  cr_expect_not_null(strstr(result.err, words), "%s lacks: %s", result.err, words);
  cr_expect_not_null(strstr(result.err, "ry sample-command --help\n"), "%s", result.err);
  cr_expect_eq(strchr(result.err, '\n'), result.err + strlen(result.err) - 1, "%s", result.err);
  siam_command_release(&result);
}

Test(command, a_wrong_value_is_refused_with_its_option) {
  static const struct {
    const char *option, *value, *words;
  } wrong[] = {
      {"--count", "12x", "--count 12x: not a whole number"},
      {"--count", "", "--count : not a whole number"},
      {"--count", " 4", "not a whole number"},
      {"--count", "4.0", "not a whole number"},
      {"--count", "0x4", "not a whole number"},
      {"--count", "99999999999999999999", "not a whole number"},
      {"--count", "0", "--count 0: must be at least 1"},
      {"--count", "-3", "--count -3: must be at least 1"},
      {"--count", "11", "--count 11: must be at most 10"},
      {"--rate", "nan", "--rate nan: not a number"},
      {"--rate", "inf", "not a number"},
      {"--rate", "1e999", "not a number"},
      {"--rate", "0x1p-2", "not a number"},
      {"--rate", "0,5", "not a number"},
      {"--rate", "1e", "not a number"},
      {"--rate", "--", "not a number"},
      {"--rate", "0", "--rate 0: must be above 0"},
      {"--rate", "1.01", "--rate 1.01: must be at most 1"},
      {"--choice", "three", "--choice three: must be one of one, two"},
      {"--choice", "on", "must be one of one, two"},
      {"--text", "", "--text: the value is empty"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    expect_refusal(SIAM_RUN(NULL, sample, "a", wrong[i].option, wrong[i].value), wrong[i].words);
}

Test(command, an_unknown_option_is_named_and_a_near_one_proposed) {
  expect_refusal(SIAM_RUN(NULL, sample, "a", "--chioce=two"),
                 "no option --chioce; did you mean --choice? Try");
  expect_refusal(SIAM_RUN(NULL, sample, "a", "--nonsense"), "no option --nonsense; try");
  expect_refusal(SIAM_RUN(NULL, sample, "a", "-fx"), "no option -x");
  expect_refusal(SIAM_RUN(NULL, sample, "a", "--\033[31mred"), "no option --\\x1b[31mred");
}

Test(command, missing_and_surplus_values_and_arguments_are_refused) {
  expect_refusal(SIAM_RUN(NULL, sample, "a", "--text"), "--text: a value is missing");
  expect_refusal(SIAM_RUN(NULL, sample, "a", "-t"), "--text: a value is missing");
  expect_refusal(SIAM_RUN(NULL, sample, "a", "--flag=1"), "--flag takes no value");
  expect_refusal(SIAM_RUN(NULL, sample, "--flag"), "arguments are missing: A [B]");
  expect_refusal(SIAM_RUN(NULL, sample, "a", "b", "c"), "too many arguments: A [B] is all");
}

Test(command, help_shows_all_of_the_table_in_eighty_columns) {
  siam_command_result result = SIAM_RUN(NULL, sample, "--help");
  static const char *const parts[] = {"Usage: sample-command [OPTION]... A [B]\n",
                                      "Try what commands share.\n",
                                      "One paragraph.\n\n'Another' paragraph.\n\nValues:\n",
                                      "  -f, --flag              A flag.\n",
                                      "      --count N           A number from 1 to 10.\n",
                                      "\n\nDeeds:\n",
                                      "  -h, --help",
                                      "      --version",
                                      "sample-command --text 'back\\slash' A\n",
                                      "Exit status:\n  0  ",
                                      "  SAMPLE                 A variable.\n",
                                      "  SAMPLE_OF_A_LONG_NAME  Another variable.\n"};
  cr_expect_eq(result.code, 0);
  cr_expect_str_eq(result.err, "");
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    cr_expect_not_null(strstr(result.out, parts[i]), "missing: %s", parts[i]);
  cr_expect_null(strstr(result.out, "man-page"));
  cr_expect_null(strstr(result.out, "\n\n\n"));
  for (char *line = strtok(result.out, "\n"); line != NULL; line = strtok(NULL, "\n"))
    cr_expect_leq(strlen(line), 80, "%s", line);
  siam_command_release(&result);
}

Test(command, version_is_one_line) {
  expect_output(SIAM_RUN(NULL, sample, "--version"), "sample-command " SIAMESE_VERSION "\n");
}

Test(command, the_manual_page_is_sound_roff) {
  if (access("/usr/bin/groff", X_OK) != 0) cr_skip("groff is not installed");
  siam_command_result page = SIAM_RUN(NULL, sample, "--man-page");
  siam_command_result text = SIAM_RUN((&(siam_command_options){.input = page.out}), "/usr/bin/groff", "-man",
                                      "-ww", "-Tascii", "-P-c", "-P-b", "-P-u");
  cr_expect_eq(text.code, 0);
  cr_expect_str_eq(text.err, "", "groff warns: %s", text.err);
  static const char *const parts[] = {"sample-command - try what commands share", "-c, --choice NAME",
                                      "'Another' paragraph.", "sample-command --text 'back\\slash' A",
                                      ".begins with a point, and has a \\ in it."};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    cr_expect_not_null(strstr(text.out, parts[i]), "missing: %s", parts[i]);
  siam_command_release(&page);
  siam_command_release(&text);
}

Test(command, the_completion_proposes_options_and_choices) {
  if (access("/bin/bash", X_OK) != 0) cr_skip("bash is not installed");
  static const char script[] =
      "source <(" SAMPLE " --completion); COMP_WORDS=(sample-command --co); COMP_CWORD=1\n"
      "_sample_command; echo \"${COMPREPLY[@]}\"\n"
      "COMP_WORDS=(sample-command --choice ''); COMP_CWORD=2\n"
      "_sample_command; echo \"${COMPREPLY[@]}\"\n"
      "COMP_WORDS=(sample-command pic); COMP_CWORD=1\n"
      "_sample_command; echo \"${#COMPREPLY[@]}\"\n";
  siam_command_result result = SIAM_RUN(NULL, "/bin/bash", "-c", script);
  cr_expect_str_eq(result.out, "--count\none two\n0\n");
  cr_expect_str_eq(result.err, "");
  siam_command_release(&result);
}

Test(command, a_message_cannot_steer_the_terminal_nor_pass_for_another) {
  siam_command_result result =
      SIAM_RUN(NULL, sample, "a", "--fail", "ä \033]0;title\a \xff\nsample-command: all is well");
  cr_expect_eq(result.code, 2);
  cr_expect_str_eq(result.err,
                   "sample-command: ä \\x1b]0;title\\x07 \\xff\n    sample-command: all is well\n");
  siam_command_release(&result);
}

Test(command, a_full_disk_under_the_output_is_trouble) {
  if (access("/dev/full", W_OK) != 0) cr_skip("there is no /dev/full");
  siam_command_result result = SIAM_RUN((&(siam_command_options){.output_file = "/dev/full"}), sample, "a");
  cr_expect_eq(result.code, 2);
  cr_expect_str_eq(result.err, "sample-command: cannot write to standard output: No space left on device\n");
  siam_command_release(&result);
}

Test(command, a_terminal_sees_a_bar_that_makes_room_for_messages_and_goes_at_the_end) {
  const siam_command_options options = {.terminal = true,
                                        .environment = (const char *const[]){"TERM=xterm", NULL}};
  siam_command_result result = SIAM_RUN(&options, sample, "a", "--milliseconds", "1500", "--warn", "look");
  cr_expect_eq(result.code, 0);
  cr_expect_not_null(strstr(result.out, "\rwaiting  "), "%s", result.out);
  cr_expect_not_null(strstr(result.out, " % [#########"));
  cr_expect_not_null(strstr(result.out, "0:01 left  item "));
  cr_expect_not_null(strstr(result.out, "\r\033[Ksample-command: warning: look\r\n\rwaiting "), "%s",
                     result.out);
  const char *end = strstr(result.out, "flag=0");
  cr_assert_not_null(end);
  cr_expect_eq(strncmp(end - 4, "\r\033[K", 4), 0);
  siam_command_release(&result);
}

Test(command, the_time_left_is_that_of_what_is_counted_now) {
  const siam_command_options options = {.terminal = true,
                                        .environment = (const char *const[]){"TERM=xterm", NULL}};
  siam_command_result result = SIAM_RUN(&options, sample, "a", "--files", "100000", "--milliseconds", "3000");
  const char *bar = strstr(result.out, "\rwaiting ");
  cr_assert_not_null(bar, "%s", result.out);
  cr_expect_not_null(strstr(bar, "0:02 left"), "%s", result.out);
  const char *left = strstr(bar, " left");
  cr_assert_not_null(left);
  // At the rate of the files the rest of the wait would take 6 ms.
  cr_expect_neq(strncmp(left - 4, "0:00", 4), 0, "%s", result.out);
  siam_command_release(&result);
}

Test(command, short_tasks_quiet_ones_and_pipes_see_no_bar) {
  const siam_command_options terminal = {.terminal = true,
                                         .environment = (const char *const[]){"TERM=xterm", NULL}};
  siam_command_result result = SIAM_RUN(&terminal, sample, "a", "--milliseconds", "100");
  cr_expect_null(strstr(result.out, "waiting"), "%s", result.out);
  siam_command_release(&result);
  result = SIAM_RUN(&terminal, sample, "a", "--milliseconds", "900", "-q");
  cr_expect_null(strstr(result.out, "waiting"), "%s", result.out);
  siam_command_release(&result);
  result = SIAM_RUN(NULL, sample, "a", "--milliseconds", "900");
  cr_expect_str_eq(result.err, "");
  siam_command_release(&result);
}

/// Whether the word "coloured" is, on a terminal with `environment`.
static bool is_coloured(const char *const *environment) {
  const siam_command_options options = {.terminal = true, .environment = environment};
  siam_command_result result = SIAM_RUN(&options, sample, "a");
  bool coloured = strstr(result.out, "\033[32mcoloured\033[0m") != NULL;
  cr_expect(coloured || strstr(result.out, "\ncoloured\r\n") != NULL, "%s", result.out);
  siam_command_release(&result);
  return coloured;
}

Test(command, colour_is_for_terminals_that_want_it) {
  cr_expect(is_coloured((const char *const[]){"TERM=xterm", "NO_COLOR", NULL}));
  cr_expect(is_coloured((const char *const[]){"TERM=xterm", "NO_COLOR=", NULL}));
  cr_expect(!is_coloured((const char *const[]){"TERM=xterm", "NO_COLOR=1", NULL}));
  cr_expect(!is_coloured((const char *const[]){"TERM=dumb", "NO_COLOR", NULL}));
  siam_command_result piped = SIAM_RUN(NULL, sample, "a");
  cr_expect_not_null(strstr(piped.out, "\ncoloured\n"));
  siam_command_release(&piped);
}

Test(command, an_interrupt_and_a_timeout_end_the_program) {
  siam_command_result result =
      SIAM_RUN((&(siam_command_options){.interrupt_after = 0.2}), sample, "a", "--milliseconds", "20000");
  cr_expect_eq(result.code, 128 + 2);
  cr_expect(!result.timed_out);
  siam_command_release(&result);
  result = SIAM_RUN((&(siam_command_options){.timeout = 0.2}), sample, "a", "--milliseconds", "20000");
  cr_expect(result.timed_out);
  cr_expect_eq(result.code, 128 + 9);
  siam_command_release(&result);
}
