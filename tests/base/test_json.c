#include "base/json.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/// Allocations until one fails, and blocks that are held.
static int left, held;

static void *count_down(size_t size) {
  if (left == 0) return NULL;
  left--;
  void *block = malloc(size);
  held += block != NULL;
  return block;
}

static void count_free(void *block) {
  held -= block != NULL;
  free(block);
}

#define WORD "a word that is longer than the buffer which a word begins with"
static const char text[] = "{\"" WORD "\":[1.25,\"" WORD " and another\",true,{\"k\":-123456789012345}]}";

static void expect_whole(json_t *value) {
  json_t *list = json_object_get(value, WORD);
  cr_assert_eq(json_array_size(list), 4);
  cr_expect_str_eq(json_string_value(json_array_get(list, 1)), WORD " and another");
  cr_expect_eq(json_integer_value(json_object_get(json_array_get(list, 3), "k")), -123456789012345);
}

Test(json, every_allocation_that_fails_while_reading_is_said_to_and_nothing_stays) {
  json_error_t error;
  json_t *value = NULL;
  int refused = 0;
  // Before the first reading, which takes over what jansson allocates with.
  json_set_alloc_funcs(count_down, count_free);
  for (siam_status status = SIAM_ERROR_MEMORY; status != SIAM_OK; refused++) {
    left = refused;
    status = siam_json_load(text, strlen(text), &value, &error);
    cr_assert(status == SIAM_OK || status == SIAM_ERROR_MEMORY, "allocation %d: status %d", refused, status);
    if (status == SIAM_OK) break;
    cr_assert_eq(held, 0, "allocation %d leaves %d blocks", refused, held);
    cr_expect_null(value);
  }
  cr_expect_gt(refused, 10);
  expect_whole(value);
  json_decref(value);
  cr_expect_eq(held, 0);
}

Test(json, a_value_that_was_read_may_be_changed_and_released_at_any_time) {
  json_error_t error;
  json_t *first = NULL, *second = NULL;
  cr_assert_eq(siam_json_load(text, strlen(text), &first, &error), SIAM_OK);
  cr_assert_eq(siam_json_load("[]", 2, &second, &error), SIAM_OK);
  cr_expect_eq(json_array_append(second, first), 0);
  json_decref(first);
  expect_whole(json_array_get(second, 0));
  json_decref(second);
}

Test(json, what_is_malformed_is_no_lack_of_memory) {
  json_error_t error;
  json_t *value = NULL;
  cr_expect_eq(siam_json_load("{\"a\":1,\"a\":2}", 13, &value, &error), SIAM_ERROR_FORMAT);
  cr_expect_null(value);
  cr_expect_eq(siam_json_load("[1", 2, &value, &error), SIAM_ERROR_FORMAT);
}
