#include "base/csv.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

Test(csv, quotes_what_rfc_4180_says_must_be_quoted) {
  siam_text text = {0};
  siam_csv_add(&text, "plain");
  siam_csv_add(&text, "with space");
  siam_csv_add(&text, "a,b");
  siam_csv_add(&text, "say \"x\"");
  siam_csv_add(&text, "two\nlines");
  siam_csv_end_row(&text);
  cr_assert_str_eq(text.bytes, "plain,with space,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\n");
  siam_text_clear(&text);
}

Test(csv, an_empty_field_keeps_its_place) {
  siam_text text = {0};
  siam_csv_add(&text, "");
  siam_csv_add(&text, "b");
  siam_csv_end_row(&text);
  siam_csv_add(&text, "");
  siam_csv_end_row(&text);
  cr_assert_str_eq(text.bytes, "\"\",b\n\"\"\n");
  siam_text_clear(&text);
}

Test(csv, a_quote_at_the_end_of_a_row_does_not_swallow_the_comma) {
  siam_text text = {0};
  siam_csv_add(&text, "line\n");
  siam_csv_add(&text, "b");
  cr_assert_str_eq(text.bytes, "\"line\n\",b");
  siam_text_clear(&text);
}

Test(csv, floats_read_back_the_same_in_few_digits) {
  siam_text text = {0};
  siam_csv_add_float(&text, 0.1f);
  siam_csv_add_float(&text, -2.0f);
  siam_csv_add_float(&text, -NAN);
  siam_csv_add_float(&text, -INFINITY);
  siam_csv_add_count(&text, 18446744073709551615u);
  cr_assert_str_eq(text.bytes, "0.1,-2,nan,-inf,18446744073709551615");
  siam_text_clear(&text);
  const float hard[] = {1.0f / 3, 16777217.0f, 3.40282347e38f, 1.17549435e-38f, 1e-45f, 0.123456789f};
  for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
    siam_csv_add_float(&text, hard[i]);
    cr_assert_eq(strtof(text.bytes, NULL), hard[i]);
    siam_text_clear(&text);
  }
}

Test(csv, numbers_have_a_point_in_every_locale) {
  const char *locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"};
  int found = 0;
  for (int i = 0; i < 3 && !found; i++) found = setlocale(LC_NUMERIC, locales[i]) != NULL;
  if (!found) cr_skip("no locale with a decimal comma is installed");
  siam_text text = {0};
  siam_csv_add_float(&text, 0.5f);
  cr_assert_str_eq(text.bytes, "0.5");
  siam_text_clear(&text);
}
