#include "cli.h"
#include "pictures.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/// Results must not meet those of other tests. Without batch normalisation the first convolution, too, is one
/// that can be tuned.
static void begin(void) {
  static const char encoder[] =
      "input 16 16 1\nconv 8 3 pad=1\nrelu\nmax_pool 2\nflatten\nlinear 8\nl2_normalize\n";
  siam_cli_begin(false);
  siam_test_write(siam_cli_path("plain.txt"), encoder, sizeof encoder - 1);
  setenv("SIAMESE_CACHE_DIR", siam_cli_path("cache"), 1);
}
TestSuite(cli_tune, .init = begin, .fini = siam_cli_end, .timeout = 300);

#define TUNE "siamese-tune --encoder plain.txt --batch 2 --minutes 0.5 "

Test(cli_tune, every_product_and_convolution_gets_a_way_that_is_used_from_then_on) {
  json_t *report = siam_cli_json(0, TUNE, "device driver seconds rows clblast");
  const json_t *rows = json_object_get(report, "rows");
  // Training on 4 pictures: a convolution forward and for its weights; a linear layer in three passes. The
  // same layers for 128 pictures and for one.
  static const char *const names[] = {"conv forward 4x16x16x1 3x3x8 stride 1 pad 1x1",
                                      "conv weight 4x16x16x1 3x3x8 stride 1 pad 1x1",
                                      "gemm nn 4x8x512",
                                      "gemm nt 4x512x8",
                                      "gemm tn 512x8x4 added",
                                      "conv forward 128x16x16x1 3x3x8 stride 1 pad 1x1",
                                      "gemm nn 128x8x512",
                                      "conv forward 1x16x16x1 3x3x8 stride 1 pad 1x1",
                                      "gemm nn 1x8x512"};
  for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
    const json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(rows); i++) {
      const json_t *row = json_array_get(rows, i);
      if (strcmp(json_string_value(json_object_get(row, "name")), names[n]) == 0) found = row;
    }
    cr_assert_not_null(found, "%s was not tuned", names[n]);
    cr_expect_gt(strlen(json_string_value(json_object_get(found, "choice"))), 0, "%s", names[n]);
    cr_expect_geq(json_integer_value(json_object_get(found, "sound")), 1);
    cr_expect_eq(json_integer_value(json_object_get(found, "failed")), 0, "%s", names[n]);
    cr_expect_lt(json_number_value(json_object_get(found, "error")), 1);
  }
  cr_expect_eq(json_array_size(rows), sizeof names / sizeof *names);
  json_decref(report);
  // Another process trains with it.
  free(siam_cli_out(0, "siamese-train data -o m.siamese -e plain.txt --steps 3 -b 8 --quiet"));
}

Test(cli_tune, the_table_says_what_was_tried) {
  char *out = siam_cli_out(0, TUNE "--quiet");
  cr_expect_not_null(strstr(out, "computation"), "%s", out);
  cr_expect_not_null(strstr(out, "\ngemm nn 4x8x512 "), "%s", out);
  cr_expect_not_null(strstr(out, "\n9 computations in "), "%s", out);
  free(out);
}

/// The real CLBlast, with as many sets as there is time for; building one takes PoCL seconds.
Test(cli_tune, parameters_of_clblast_are_tried_where_they_are_asked_for) {
  json_t *report =
      siam_cli_json(0, "siamese-tune --encoder plain.txt --batch 2 --minutes 0.3 --clblast-sets on",
                    "device driver seconds rows clblast");
  const json_t *clblast = json_object_get(report, "clblast");
  const char *choice = json_string_value(json_object_get(clblast, "choice"));
  cr_assert_gt(strlen(choice), 0, "%s", json_string_value(json_object_get(clblast, "reason")));
  cr_expect_eq(siam_cli_integer(clblast, "wrong"), 0);
  cr_expect_eq(siam_cli_integer(clblast, "failed"), 0);
  cr_expect_geq(siam_cli_integer(clblast, "sound") + siam_cli_integer(clblast, "untried"), 1);
  cr_expect_geq(siam_cli_integer(clblast, "products"), 1);
  cr_expect_geq(siam_cli_number(clblast, "speed"), 1);
  cr_expect_eq(siam_cli_number(clblast, "speed") > 1, strcmp(choice, "its own") != 0);
  cr_expect_lt(siam_cli_number(clblast, "error"), 1);
  json_decref(report);
  report = siam_cli_json(0, TUNE "--clblast-sets off", "device driver seconds rows clblast");
  cr_expect(json_is_null(json_object_get(report, "clblast")));
  json_decref(report);
}

Test(cli_tune, what_gets_no_time_says_so) {
  json_t *report = siam_cli_json(0, "siamese-tune --encoder plain.txt --batch 2 --minutes 0.00001",
                                 "device driver seconds rows clblast");
  const json_t *rows = json_object_get(report, "rows");
  cr_expect_eq(json_array_size(rows), 9);
  for (size_t i = 0; i < json_array_size(rows); i++) {
    const char *reason = json_string_value(json_object_get(json_array_get(rows, i), "reason"));
    cr_expect(reason != NULL && strstr(reason, "no time") != NULL, "%s", reason);
    cr_expect_str_eq(json_string_value(json_object_get(json_array_get(rows, i), "choice")), "");
  }
  json_decref(report);
}

Test(cli_tune, every_refusal_names_what_is_at_fault) {
  siam_cli_expect_refusals(
      (siam_cli_refusal[]){{"siamese-tune more", {"no arguments are expected"}},
                           {"siamese-tune --encoder nowhere", {"'nowhere'", "conv4, lenet, koch"}},
                           {"siamese-tune --batch 0", {"--batch 0: must be at least 1"}},
                           {"siamese-tune --minutes 0", {"--minutes 0: must be above 0"}},
                           {"siamese-tune --clblast-sets all", {"--clblast-sets", "auto"}},
                           {"siamese-tune --device nowhere", {"\"nowhere\""}},
                           {NULL, {0}}});
}
