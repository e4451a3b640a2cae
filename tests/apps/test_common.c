#include "common/json.h"
#include "common/message.h"
#include "common/number.h"
#include "common/table.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(common, numbers_are_read_to_their_limits) {
  int64_t integer = 0;
  double number = 0;
  cr_expect(app_read_integer("9223372036854775807", &integer) && integer == INT64_MAX);
  cr_expect(app_read_integer("-9223372036854775808", &integer) && integer == INT64_MIN);
  cr_expect(!app_read_integer("9223372036854775808", &integer));
  cr_expect(app_read_number("-1.5E+2", &number) && number == -150);
  cr_expect(app_read_number("1e-320", &number) && number > 0, "small numbers are no errors");
  cr_expect(!app_read_number(".", &number));
  cr_expect(!app_read_number("1 ", &number));
}

Test(common, one_is_spoken_of_as_one) {
  cr_expect_str_eq(app_plural(0, "is", "are"), "are");
  cr_expect_str_eq(app_plural(1, "is", "are"), "is");
  cr_expect_str_eq(app_plural(2, "is", "are"), "are");
}

Test(common, shown_names_keep_letters_and_lose_what_steers) {
  cr_expect_str_eq(app_show("Grüße 日本 🙂.png"), "Grüße 日本 🙂.png");
  cr_expect_str_eq(app_show("a\tb\x7f"), "a\\x09b\\x7f");
  cr_expect_str_eq(app_show("\xc2\x9b"), "\\xc2\\x9b", "a C1 control");
  cr_expect_str_eq(app_show("\xe2\x80\xae"
                            "gnp.exe"),
                   "\\xe2\\x80\\xaegnp.exe", "right-to-left override");
  cr_expect_str_eq(app_show("\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80"),
                   "\\xc0\\xaf \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80", "overlong, surrogate, beyond the last");
  cr_expect_str_eq(app_show("cut \xe6\x97"), "cut \\xe6\\x97");
}

static char *print(const app_table *table, void (*printer)(const app_table *, FILE *)) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  printer(table, stream);
  fclose(stream);
  return text;
}

Test(common, tables_are_aligned_by_characters) {
  static const app_column columns[] = {{"name", false}, {"n", true}, {"note", false}};
  app_table *table = app_table_create(columns, 3);
  for (int i = 0; i < 9; i++) {
    app_table_add(table, "%s", i % 2 == 0 ? "größe" : "b");
    app_table_add(table, "%d", i * 100);
    app_table_add(table, "%s", i == 0 ? "x\n" : "");
  }
  char *plain = print(table, app_table_print), *markdown = print(table, app_table_print_markdown);
  cr_expect_eq(strncmp(plain, "name     n  note\ngröße    0  x\\x0a\nb      100  \n", 47), 0, "%s", plain);
  cr_expect_eq(
      strncmp(markdown, "| name  |   n | note  |\n| ----- | --: | ----- |\n| größe |   0 | x\\x0a |\n", 74),
      0, "%s", markdown);
  free(plain);
  free(markdown);
  app_table_destroy(table);
}

Test(common, json_texts_are_valid_whatever_a_file_is_called_and_numbers_are_finite) {
  json_t *text = app_json_text("ä\xff.png");
  cr_expect_str_eq(json_string_value(text), "ä\xef\xbf\xbd.png");
  json_decref(text);
  json_t *number = app_json_number(NAN);
  cr_expect(json_is_null(number));
  json_decref(number);
}
