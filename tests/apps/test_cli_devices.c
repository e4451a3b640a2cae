#include "command.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

Test(cli_devices, lists_the_devices_and_says_which_is_used_and_why) {
  siam_command_result result = SIAM_RUN(NULL, "siamese-devices");
  cr_expect_eq(result.code, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.out, "index  id "));
  cr_expect_not_null(strstr(result.out, "\n*"));
  cr_expect_not_null(strstr(result.out, "\n* is used: "));
  cr_expect_str_eq(result.err, "");
  siam_command_release(&result);
}

static json_t *run_json(const char *selector) {
  siam_command_result result = selector != NULL
                                   ? SIAM_RUN(NULL, "siamese-devices", "--json", "--device", selector)
                                   : SIAM_RUN(NULL, "siamese-devices", "--json");
  cr_expect_eq(result.code, 0, "%s", result.err);
  json_t *object = json_loads(result.out, JSON_REJECT_DUPLICATES, NULL);
  cr_assert_not_null(object, "%s", result.out);
  siam_command_release(&result);
  return object;
}

Test(cli_devices, json_is_one_object_whose_choice_can_be_asked_for_again) {
  json_t *object = run_json(NULL);
  json_t *devices = json_object_get(object, "devices");
  json_int_t picked = json_integer_value(json_object_get(object, "picked"));
  json_t *device = json_array_get(devices, (size_t)picked);
  cr_assert_not_null(device);
  cr_expect_eq(json_integer_value(json_object_get(device, "index")), picked);
  cr_expect_gt(json_integer_value(json_object_get(device, "compute_units")), 0);
  cr_expect_gt(json_integer_value(json_object_get(device, "global_bytes")), 0);
  cr_expect_gt(strlen(json_string_value(json_object_get(object, "reason"))), 0);
  json_t *again = run_json(json_string_value(json_object_get(device, "name")));
  cr_expect_eq(json_integer_value(json_object_get(again, "picked")), picked);
  json_decref(again);
  json_decref(object);
}

Test(cli_devices, a_device_that_is_not_there_is_trouble_and_the_list_is_still_shown) {
  siam_command_result result = SIAM_RUN(NULL, "siamese-devices", "--device", "no such card");
  cr_expect_eq(result.code, 2);
  cr_expect_not_null(strstr(result.out, "index  id "));
  cr_expect_null(strstr(result.out, "*"));
  cr_expect_not_null(strstr(result.err, "\"no such card\"; choose among: 0:0 "), "%s", result.err);
  siam_command_release(&result);
  const siam_command_options options = {.environment = (const char *const[]){"SIAMESE_DEVICE=99:1", NULL}};
  result = SIAM_RUN(&options, "siamese-devices", "--json");
  cr_expect_eq(result.code, 2);
  cr_expect_str_eq(result.out, "");
  cr_expect_not_null(strstr(result.err, "SIAMESE_DEVICE: no OpenCL device answers to \"99:1\""), "%s",
                     result.err);
  siam_command_release(&result);
}

Test(cli_devices, without_a_driver_the_package_to_install_is_named) {
  const siam_command_options options = {
      .environment =
          (const char *const[]){"OCL_ICD_VENDORS=/nonexistent", "OPENCL_VENDOR_PATH=/nonexistent", NULL}};
  siam_command_result result = SIAM_RUN(&options, "siamese-devices", "--json");
  cr_expect_eq(result.code, 2);
  cr_expect_str_eq(result.out, "");
  cr_expect_not_null(strstr(result.err, "siamese-devices: no OpenCL driver is installed: "), "%s",
                     result.err);
  cr_expect_not_null(strstr(result.err, "pocl-opencl-icd"), "%s", result.err);
  siam_command_release(&result);
}
