#include "base/number.h"
#include "base/random.h"

#include <criterion/criterion.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <string.h>

static void expect_text(float value, const char *expected) {
  siam_text text = {0};
  siam_number_add(&text, value);
  cr_expect_str_eq(text.bytes, expected);
  siam_text_clear(&text);
}

Test(number, is_written_as_short_as_it_can_be) {
  expect_text(0, "0");
  expect_text(0.1F, "0.1");
  expect_text(-12.5F, "-12.5");
  expect_text(1.0F / 3, "0.33333334");
  expect_text(1e-30F, "1e-30");
}

Test(number, reads_back_to_the_same_float) {
  for (uint32_t i = 0; i < 20000; i++) {
    uint32_t word = siam_random(4, SIAM_STREAM_SAMPLE, 0, i).word[0];
    float value = 0;
    memcpy(&value, &word, sizeof value);
    if (!isfinite(value)) continue;
    siam_text text = {0};
    siam_number_add(&text, value);
    double again = 0;
    const char *end = NULL;
    cr_assert(siam_number_read(text.bytes, &end, &again), "%s", text.bytes);
    cr_assert_eq(*end, '\0');
    cr_assert_eq((float)again, value, "%s", text.bytes);
    siam_text_clear(&text);
  }
}

Test(number, only_finite_numbers_are_numbers) {
  double value = 7;
  static const char *none[] = {"", "x", "nan", "inf", "-inf", "1e999", ",5"};
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
    cr_expect_not(siam_number_read(none[i], NULL, &value), "%s", none[i]);
  cr_expect_eq(value, 7);
  const char *end = NULL;
  cr_assert(siam_number_read("2.5,5", &end, &value));
  cr_expect_eq(value, 2.5);
  cr_expect_str_eq(end, ",5");
}

Test(number, the_locale_changes_nothing) {
  if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL) cr_skip_test("no German locale here");
  expect_text(0.5F, "0.5");
  double value = 0;
  cr_assert(siam_number_read("0.5", NULL, &value));
  cr_expect_eq(value, 0.5);
}
