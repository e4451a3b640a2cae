#include "cli.h"
#include "pictures.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void begin(void) {
  siam_cli_begin(true);
}
TestSuite(cli_self_test, .init = begin, .fini = siam_cli_end);

#define MADE "siamese-devices --self-test -q --seconds 1 -m m.siamese --basefile "
#define KEYS "device platform driver passed complete struck seconds rows"

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
  const size_t right = count_right(report);
  cr_expect_gt(right, 10);
  // A row that was begun and not ended is right as far as it goes.
  if (right < json_array_size(json_object_get(report, "rows")))
    cr_expect(json_is_false(json_object_get(report, "complete")));
  json_decref(report);
}

Test(cli_self_test, a_model_is_held_to_float64_and_to_a_file_made_before, .timeout = 200) {
  json_t *report = siam_cli_json(
      0, "siamese-devices --self-test -q -m m.siamese --basefile base.npy --seconds 1", KEYS " model");
  json_t *model = json_object_get(report, "model");
  cr_expect_eq(siam_cli_integer(model, "pictures"), 32);
  cr_expect_eq(siam_cli_integer(model, "pairs"), 32 * 31 / 2);
  cr_expect_null(json_object_get(model, "base_error"));
  cr_expect(json_is_true(json_object_get(model, "base_written")));
  cr_expect(json_is_false(json_object_get(report, "complete")));
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
  cr_expect_not_null(strstr(text, "warning: not all was tested"), "%s", text);
  free(text);
}

Test(cli_self_test, the_default_model_has_its_name_here_too, .timeout = 200) {
  json_t *report = siam_cli_json(0, "siamese-devices --self-test -q -m default --seconds 1", KEYS " model");
  cr_expect_lt(siam_cli_number(json_object_get(report, "model"), "batch_error"), 1e-4);
  json_decref(report);
  // A file of this name goes before.
  siam_cli_write("default", "no model");
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-devices --self-test -q -m default --seconds 1", {"default: "}}, {NULL, {0}}});
}

Test(cli_self_test, what_cannot_serve_is_refused_with_the_file_and_the_reason, .timeout = 200) {
  static const siam_cli_refusal refusals[] = {
      {"siamese-devices -m m.siamese", {"--self-test"}},
      {"siamese-devices --self-test -q --seconds 1 -m tiny.txt", {"tiny.txt"}},
      {"siamese-devices --self-test -q --seconds 1 --basefile m.siamese", {"--model"}},
      {MADE "tiny.txt", {"tiny.txt", "embeddings"}},
      {"siamese-devices --self-test -q -d 99", {"99"}},
      {NULL, {NULL}},
  };
  siam_cli_expect_refusals(refusals);
}

enum { NUMPY_HEADER = 128, DIMENSIONS = 8, ROW = DIMENSIONS * sizeof(float), PICTURES = 32 };
enum { BASE_SIZE = NUMPY_HEADER + PICTURES * ROW };

/// Writes a base file of m.siamese, or of another model, to `bytes`.
static void make_base(const char *model, char bytes[BASE_SIZE]) {
  char line[160];
  snprintf(line, sizeof line, "siamese-devices --self-test -q --seconds 1 -m %s --basefile %s.npy", model,
           model);
  free(siam_cli_out(0, line));
  snprintf(line, sizeof line, "%s.npy", model);
  FILE *file = fopen(siam_cli_path(line), "rb");
  cr_assert_eq(fread(bytes, 1, BASE_SIZE, file), BASE_SIZE);
  cr_assert_eq(fgetc(file), EOF);
  fclose(file);
}

/// Writes a base file with words of its header in the place of others, as long as they.
static void write_changed(const char *name, const char bytes[BASE_SIZE], const char *from, const char *to) {
  char changed[BASE_SIZE];
  memcpy(changed, bytes, sizeof changed);
  char *at = memmem(changed, NUMPY_HEADER, from, strlen(from));
  cr_assert(at != NULL && strlen(from) == strlen(to), "%s", from);
  memcpy(at, to, strlen(to));
  siam_test_write(siam_cli_path(name), changed, sizeof changed);
}

/// Takes the note that says which model it is out of a base file, as NumPy itself would write it.
static void forget_model(char bytes[BASE_SIZE]) {
  char *note = memmem(bytes, NUMPY_HEADER, "# model", 7);
  cr_assert_not_null(note);
  while (*note != '\n') *note++ = ' ';
}

Test(cli_self_test, a_base_file_that_cannot_be_compared_with_is_refused_and_stays, .timeout = 200) {
  char base[BASE_SIZE], other[BASE_SIZE];
  static const char huge[BASE_SIZE + 8192];
  const float no_number = strtof("nan", NULL);
  free(siam_cli_out(0, "siamese-train data -o other.siamese -e tiny.txt --steps 2 -b 8 --seed 9 -q"));
  make_base("m.siamese", base);
  make_base("other.siamese", other);
  // What opens for nobody is there all the same.
  cr_assert_eq(symlink("loop.npy", siam_cli_path("loop.npy")), 0);
  cr_assert_eq(mkdir(siam_cli_path("folder.npy"), 0700), 0);
  write_changed("big.npy", base, "'<f4'", "'>f4'");
  write_changed("shape.npy", base, "(32, 8)", "(8, 32)");
  write_changed("order.npy", base, "False", "True ");
  write_changed("garbage.npy", base, "'<f4'", "<\x01\x02\x03>");
  siam_test_write(siam_cli_path("short.npy"), base, BASE_SIZE - 1);
  siam_test_write(siam_cli_path("long.npy"), huge, sizeof huge);
  forget_model(other);
  siam_test_write(siam_cli_path("unnamed.npy"), other, BASE_SIZE);
  memcpy(base + NUMPY_HEADER + 3 * ROW, &no_number, sizeof no_number);
  siam_test_write(siam_cli_path("nan.npy"), base, BASE_SIZE);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {MADE "loop.npy", {"loop.npy: cannot open"}},
      {MADE "folder.npy", {"folder.npy: not a regular file", "name a file"}},
      {MADE "nowhere/base.npy", {"nowhere/base.npy", "a folder that exists"}},
      {MADE "big.npy", {"big.npy: ", "'>f4'", "astype"}},
      {MADE "shape.npy", {"shape.npy: ", "8 by 32", "name another file"}},
      {MADE "order.npy", {"order.npy: ", "column by column", "ascontiguousarray"}},
      {MADE "garbage.npy", {"garbage.npy: ", "header", "numpy.save"}},
      {MADE "short.npy", {"short.npy: ", "copy it again"}},
      {MADE "long.npy", {"long.npy: ", "more than the limit", "as --basefile writes them"}},
      {MADE "nan.npy", {"nan.npy: ", "number 0 of row 3 is not finite", "anew"}},
      {MADE "other.siamese.npy",
       {"other.siamese.npy: ", "embeddings of another model", "or the name of a new one"}},
      {MADE "unnamed.npy", {"unnamed.npy: ", "another model", "give the file that"}},
      {NULL, {NULL}}});
  struct stat information;
  cr_expect(lstat(siam_cli_path("loop.npy"), &information) == 0 && S_ISLNK(information.st_mode));
}

Test(cli_self_test, verdicts_of_the_base_file_that_flip_are_wrong, .timeout = 200) {
  char base[BASE_SIZE];
  make_base("m.siamese", base);
  forget_model(base);
  siam_test_write(siam_cli_path("numpy.npy"), base, BASE_SIZE);
  json_t *report = siam_cli_json(0, MADE "numpy.npy", KEYS " model");
  cr_expect_eq(siam_cli_number(json_object_get(report, "model"), "base_error"), 0);
  json_decref(report);
  // A picture at the opposite place.
  for (int i = 0; i < DIMENSIONS; i++) base[NUMPY_HEADER + i * (int)sizeof(float) + 3] ^= (char)0x80;
  siam_test_write(siam_cli_path("wrong.npy"), base, BASE_SIZE);
  report = siam_cli_json(1, MADE "wrong.npy", KEYS " model");
  cr_expect(json_is_false(json_object_get(report, "passed")));
  cr_expect_gt(siam_cli_integer(json_object_get(report, "model"), "base_flips"), 0);
  const json_t *row = json_array_get(json_object_get(report, "rows"), 0);
  cr_expect_str_eq(json_string_value(json_object_get(row, "result")), "WRONG");
  cr_expect_not_null(strstr(json_string_value(json_object_get(row, "reason")), "those of the base file"));
  json_decref(report);
}
