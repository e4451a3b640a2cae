#include "command.h"
#include "pictures.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

static char *folder;
static void begin(void) {
  folder = siam_scratch_create();
  siam_test_write_flat(siam_scratch_path(folder, "d/a/1.pgm"), 4, 1);
  siam_test_write_flat(siam_scratch_path(folder, "d/a/2.pgm"), 4, 2);
  siam_test_write_flat(siam_scratch_path(folder, "d/b/1.pgm"), 4, 1);
  siam_test_write_flat(siam_scratch_path(folder, "v/x/1.pgm"), 4, 2);
  siam_test_write_flat(siam_scratch_path(folder, "v/x/2.pgm"), 4, 5);
  siam_test_write_flat(siam_scratch_path(folder, "v/y/1.pgm"), 4, 6);
}
static void end(void) {
  siam_scratch_remove(folder);
}
TestSuite(cli_check, .init = begin, .fini = end);

Test(cli_check, reports_without_a_model_or_a_device) {
  // A device that does not exist shows that none is asked for.
  const siam_command_options options = {.environment = (const char *const[]){"SIAMESE_DEVICE=99:1", NULL}};
  siam_command_result result = SIAM_RUN(&options, "siamese-train", siam_scratch_path(folder, "d"), "--check",
                                        "--val", siam_scratch_path(folder, "v"));
  cr_expect_eq(result.code, 0, "%s", result.err);
  cr_expect_str_eq(result.err, "");
  cr_expect_not_null(strstr(result.out, "Same content under two labels:\n"), "%s", result.out);
  cr_expect_not_null(strstr(result.out, "Same content in training and validation:\n"), "%s", result.out);
  cr_expect_not_null(strstr(result.out, "These data can be trained on."), "%s", result.out);
  siam_command_release(&result);
}

Test(cli_check, json_is_one_object) {
  siam_command_result result =
      SIAM_RUN(NULL, "siamese-train", "--json", "--check", siam_scratch_path(folder, "d"));
  cr_expect_eq(result.code, 0, "%s", result.err);
  json_t *object = json_loads(result.out, JSON_REJECT_DUPLICATES, NULL);
  cr_assert_not_null(object, "%s", result.out);
  cr_expect_eq(json_integer_value(json_object_get(object, "pictures")), 3);
  cr_expect_eq(json_integer_value(json_object_get(object, "singletons")), 1);
  json_t *finding = json_array_get(json_object_get(object, "findings"), 0);
  cr_expect_str_eq(json_string_value(json_object_get(finding, "kind")), "two labels");
  cr_expect(json_is_true(json_object_get(object, "can_train")));
  json_decref(object);
  siam_command_release(&result);
}

Test(cli_check, data_that_cannot_be_trained_on_are_trouble) {
  siam_test_write(siam_scratch_path(folder, "d/b/1.pgm"), "P5", 2);
  siam_command_result result = SIAM_RUN(NULL, "siamese-train", "--check", siam_scratch_path(folder, "d"));
  cr_expect_eq(result.code, 2);
  cr_expect_not_null(strstr(result.out, "Cannot be trained on: "), "%s", result.out);
  cr_expect_not_null(strstr(result.out, "b/1.pgm"), "%s", result.out);
  siam_command_release(&result);
  result = SIAM_RUN(NULL, "siamese-train", "--check", siam_scratch_path(folder, "none"));
  cr_expect_eq(result.code, 2);
  cr_expect_not_null(strstr(result.err, "none"), "%s", result.err);
  siam_command_release(&result);
}
