#include "cli.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void begin(void) {
  siam_cli_begin(true);
}
TestSuite(cli_self_test, .init = begin, .fini = siam_cli_end);

#define KEYS "device platform driver passed struck seconds rows"

/// Requires that every row of a report that was reached is right; returns how many were.
static size_t count_right(const json_t *report) {
  size_t index = 0, right = 0;
  json_t *row = NULL;
  json_array_foreach(json_object_get(report, "rows"), index, row) {
    const char *result = json_string_value(json_object_get(row, "result"));
    right += strcmp(result, "right") == 0;
    cr_expect(strcmp(result, "right") == 0 || strcmp(result, "not reached") == 0, "%s: %s",
              json_string_value(json_object_get(row, "name")),
              json_string_value(json_object_get(row, "reason")));
  }
  return right;
}

Test(cli_self_test, every_engine_and_layer_is_right_within_a_minute, .timeout = 200) {
  // The last row may go on for a while, and commands have 60 s.
  json_t *report = siam_cli_json(0, "siamese-devices --self-test -q --seconds 40", KEYS);
  cr_expect(json_is_true(json_object_get(report, "passed")));
  cr_expect_lt(siam_cli_number(report, "seconds"), 60);
  cr_expect_gt(count_right(report), 10);
  json_decref(report);
}

Test(cli_self_test, a_model_is_held_to_float64_and_to_a_file_made_before, .timeout = 200) {
  json_t *report = siam_cli_json(
      0, "siamese-devices --self-test -q -m m.siamese --basefile base.npy --seconds 1", KEYS " model");
  json_t *model = json_object_get(report, "model");
  cr_expect_eq(siam_cli_integer(model, "pictures"), 32);
  cr_expect_eq(siam_cli_integer(model, "pairs"), 32 * 31 / 2);
  cr_expect_null(json_object_get(model, "base_error"));
  cr_expect_gt(json_number_value(json_array_get(json_object_get(model, "error_quantiles_50_90_99_100"), 3)),
               0);
  cr_expect_lt(siam_cli_number(model, "batch_error"), 1e-4);
  json_decref(report);
  // The same device gives the same bits.
  report = siam_cli_json(0, "siamese-devices --self-test -q -m m.siamese --basefile base.npy --seconds 1",
                         KEYS " model");
  model = json_object_get(report, "model");
  cr_expect_eq(siam_cli_number(model, "base_error"), 0);
  cr_expect_eq(siam_cli_integer(model, "base_flips"), 0);
  json_decref(report);
  char *text = siam_cli_out(0, "siamese-devices --self-test -q -m m.siamese --seconds 1");
  cr_expect_not_null(strstr(text, "verdicts flip"), "%s", text);
  cr_expect_not_null(strstr(text, "not reached"), "%s", text);
  free(text);
}

Test(cli_self_test, what_cannot_serve_is_refused_with_the_file_and_the_reason, .timeout = 200) {
  static const siam_cli_refusal refusals[] = {
      {"siamese-devices -m m.siamese", {"--self-test"}},
      {"siamese-devices --self-test -q --seconds 1 -m tiny.txt", {"tiny.txt"}},
      {"siamese-devices --self-test -q --seconds 1 --basefile m.siamese", {"--model"}},
      {"siamese-devices --self-test -q --seconds 1 -m m.siamese --basefile tiny.txt",
       {"tiny.txt", "embeddings"}},
      {"siamese-devices --self-test -q -d 99", {"99"}},
      {NULL, {NULL}},
  };
  siam_cli_expect_refusals(refusals);
}
