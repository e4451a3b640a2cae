#include "base/option.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const char *const minings[] = {"all", "hardest", NULL};
static const siam_option options[SIAM_OPTIONS_MAX] = {{"kernel", NAN, 1, 9, true, NULL},
                                                      {"mining", 1, 0, 0, false, minings},
                                                      {"margin", 0.25, 0, 2, false, NULL}};

static void said(const char *part) {
  cr_expect_not_null(strstr(siam_last_error(), part), "%s", siam_last_error());
}

Test(option, a_line_is_its_words_up_to_a_remark) {
  static const char line[] = " conv\t64 3  pad=1 # as in the paper\r";
  siam_words words;
  cr_assert_eq(siam_words_split(line, strlen(line), &words), SIAM_OK);
  cr_assert_eq(words.count, 4);
  cr_expect_str_eq(words.words[0], "conv");
  cr_expect_str_eq(words.words[3], "pad=1");
  cr_assert_eq(siam_words_split("# nothing", 9, &words), SIAM_OK);
  cr_expect_eq(words.count, 0);
}

Test(option, lines_that_are_too_long_are_refused) {
  static char line[SIAM_LINE_SIZE + 1];
  siam_words words;
  memset(line, 'a', SIAM_LINE_SIZE);
  cr_expect_eq(siam_words_split(line, SIAM_LINE_SIZE, &words), SIAM_ERROR_FORMAT);
  cr_expect_eq(siam_words_split(line, SIAM_LINE_SIZE - 1, &words), SIAM_OK);
  for (int i = 1; i < SIAM_LINE_SIZE; i += 2) line[i] = ' ';
  cr_expect_eq(siam_words_split(line, 2 * SIAM_WORDS_MAX, &words), SIAM_OK);
  cr_expect_eq(siam_words_split(line, 2 * SIAM_WORDS_MAX + 1, &words), SIAM_ERROR_FORMAT);
  said("more than 24 words");
}

Test(option, is_found_by_name) {
  cr_expect_eq(siam_option_find(options, "kernel"), 0);
  cr_expect_eq(siam_option_find(options, "margin"), 2);
  cr_expect_eq(siam_option_find(options, "marg"), -1);
}

Test(option, reads_numbers_and_words) {
  double value = 0;
  cr_assert_eq(siam_option_read(&options[2], "-1e-3", &value), SIAM_OK);
  cr_expect_eq(value, -1e-3);
  cr_assert_eq(siam_option_read(&options[1], "hardest", &value), SIAM_OK);
  cr_expect_eq(value, 1);
  cr_expect_eq(siam_option_read(&options[2], "1.5x", &value), SIAM_ERROR_FORMAT);
  said("'1.5x' is not a number");
  cr_expect_eq(siam_option_read(&options[2], "inf", &value), SIAM_ERROR_FORMAT);
  cr_expect_eq(siam_option_read(&options[1], "1", &value), SIAM_ERROR_FORMAT);
  said("'mining' cannot be '1'; it can be: all, hardest");
}

Test(option, takes_what_is_given_and_else_the_standard) {
  double given[SIAM_OPTIONS_MAX] = {3, NAN, NAN}, values[SIAM_OPTIONS_MAX];
  cr_assert_eq(siam_options_take(options, "conv1", given, values), SIAM_OK);
  cr_expect_eq(values[0], 3);
  cr_expect_eq(values[1], 1);
  cr_expect_eq(values[2], 0.25);
}

Test(option, refuses_what_is_missing_or_outside_its_limits) {
  static const struct {
    double kernel, margin;
    const char *part;
  } rows[] = {{NAN, 1, "conv1: 'kernel' must be given"},
              {10, 1, "conv1: kernel=10 must be a whole number from 1 to 9"},
              {2.5, 1, "conv1: kernel=2.5 must be a whole number"},
              {3, 2.5, "conv1: margin=2.5 must be a number from 0 to 2"}};
  double values[SIAM_OPTIONS_MAX];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const double given[SIAM_OPTIONS_MAX] = {rows[i].kernel, NAN, rows[i].margin};
    cr_expect_eq(siam_options_take(options, "conv1", given, values), SIAM_ERROR_ARGUMENT);
    said(rows[i].part);
  }
}

Test(option, is_written_as_it_is_read) {
  static const double values[SIAM_OPTIONS_MAX] = {3, 0, 0.25};
  siam_text text = {0};
  siam_options_write(options, 1, false, values, &text);
  cr_expect_str_eq(text.bytes, " 3 mining=all");
  siam_text_clear(&text);
  siam_options_write(options, 0, true, values, &text);
  cr_expect_str_eq(text.bytes, " kernel=3 mining=all margin=0.25");
  siam_text_clear(&text);
}
