#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/safetensors.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *folder;
static void begin(void) {
  folder = siam_scratch_create();
}
static void end(void) {
  siam_scratch_remove(folder);
}
TestSuite(safetensors, .init = begin, .fini = end);

/// A file of `header` (its length in front) and `data_length` bytes of zero; the caller frees it.
static uint8_t *build(const char *header, size_t data_length, size_t *count) {
  uint64_t length = strlen(header);
  *count = 8 + length + data_length;
  uint8_t *bytes = siam_allocate(*count, 1);
  memcpy(bytes, &length, 8);
  memcpy(bytes + 8, header, length);
  return bytes;
}

/// The file must be refused with the name of the error, and named itself.
static void refuse_bytes(const uint8_t *bytes, size_t count, const char *error) {
  siam_safetensors *file = NULL;
  cr_assert_eq(siam_safetensors_parse("some.file", bytes, count, NULL, &file), SIAM_ERROR_FORMAT, "%s",
               error);
  cr_assert_null(file);
  cr_assert_not_null(strstr(siam_last_error(), error), "expected %s: %s", error, siam_last_error());
  cr_assert_not_null(strstr(siam_last_error(), "some.file"));
}

static void refuse(const char *header, size_t data_length, const char *error) {
  size_t count;
  uint8_t *bytes = build(header, data_length, &count);
  refuse_bytes(bytes, count, error);
  siam_free(bytes);
}

/// The file must be taken; the caller destroys it, and frees the bytes after that.
static siam_safetensors *take(const char *header, size_t data_length, uint8_t **bytes) {
  size_t count;
  siam_safetensors *file = NULL;
  *bytes = build(header, data_length, &count);
  cr_assert_eq(siam_safetensors_parse("some.file", *bytes, count, NULL, &file), SIAM_OK, "%s",
               siam_last_error());
  return file;
}

static void accept(const char *header, size_t data_length, size_t tensors) {
  uint8_t *bytes;
  siam_safetensors *file = take(header, data_length, &bytes);
  cr_assert_eq(siam_safetensors_count(file), tensors);
  siam_safetensors_destroy(file);
  siam_free(bytes);
}

Test(safetensors, a_file_too_short_for_a_length_is_header_too_small) {
  refuse_bytes((const uint8_t *)"", 0, "HeaderTooSmall");
  refuse_bytes((const uint8_t *)"\0\0\0\0\0\0\0", 7, "HeaderTooSmall");
}

Test(safetensors, a_length_over_the_limit_is_header_too_large) {
  refuse_bytes((const uint8_t *)"<\0\0\0\0\xff\xff\xff{}", 10, "HeaderTooLarge");
  uint8_t *bytes = siam_allocate(8, 1);
  uint64_t length = 100000001;
  memcpy(bytes, &length, 8);
  siam_safetensors *file = NULL;
  const siam_safetensors_options unlimited = {.max_header_bytes = UINT64_MAX};
  cr_assert_eq(siam_safetensors_parse("f", bytes, 8, &unlimited, &file), SIAM_ERROR_FORMAT);
  cr_assert_not_null(strstr(siam_last_error(), "limit of 100000000"));
  siam_free(bytes);
}

Test(safetensors, a_header_longer_than_the_file_is_invalid_header_length) {
  refuse_bytes((const uint8_t *)"<\0\0\0\0\0\0\0", 8, "InvalidHeaderLength");
  refuse_bytes((const uint8_t *)"\3\0\0\0\0\0\0\0{}", 10, "InvalidHeaderLength");
}

Test(safetensors, a_header_that_is_not_utf8_is_invalid_header) {
  refuse("{\"a\xff\":{}}", 0, "InvalidHeader)");
  refuse("{\"__metadata__\":{\"a\":\"\xc0\xaf\"}}", 0, "InvalidHeader)");
}

Test(safetensors, a_header_begins_with_a_brace_at_once) {
  refuse(" {}", 0, "InvalidHeaderStart");
  refuse("[]", 0, "InvalidHeaderStart");
  refuse("", 0, "InvalidHeaderStart");
}

Test(safetensors, a_header_that_is_not_json_is_invalid_header_deserialization) {
  const char *const error = "InvalidHeaderDeserialization";
  refuse("{\"\"}", 0, error);
  refuse("{\"a\":", 0, error);
  refuse("{}x", 0, error);
  refuse("{} {}", 0, error);
  refuse("{\"a\\u0000\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4, error);
  const char *const with_nul[] = {"{}?", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1?],\"data_offsets\":[0,4]}}"};
  for (int i = 0; i < 2; i++) {
    size_t count;
    uint8_t *bytes = build(with_nul[i], i == 0 ? 0 : 4, &count);
    *(uint8_t *)memchr(bytes, '?', count) = 0;
    refuse_bytes(bytes, count, error);
    siam_free(bytes);
  }
}

Test(safetensors, spaces_and_line_ends_may_follow_the_header) {
  accept("{}", 0, 0);
  accept("{} \t\r\n  ", 0, 0);
}

Test(safetensors, metadata_are_texts_and_may_be_absent) {
  const char *const error = "InvalidHeaderDeserialization";
  refuse("{\"__metadata__\":[]}", 0, error);
  refuse("{\"__metadata__\":\"a\"}", 0, error);
  refuse("{\"__metadata__\":{\"a\":1}}", 0, error);
  refuse("{\"__metadata__\":{\"a\":null}}", 0, error);
  accept("{\"__metadata__\":null}", 0, 0);
  accept("{\"__metadata__\":{}}", 0, 0);
}

Test(safetensors, every_field_of_a_tensor_is_required_and_of_its_type) {
  const char *const error = "InvalidHeaderDeserialization";
  refuse("{\"a\":1}", 4, error);
  refuse("{\"a\":[\"F32\",[1],[0,4]]}", 4, error);
  refuse("{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, error);
  refuse("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, error);
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, error);
  refuse("{\"a\":{\"dtype\":\"f32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, error);
  refuse("{\"a\":{\"dtype\":32,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, error);
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4, error);
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, error);
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}", 4, error);
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, error);
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,4]}}", 4, error);
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,\"4\"]}}", 4, error);
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, error);
  accept("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"more\":{\"x\":[1.5]}}}", 4, 1);
}

Test(safetensors, a_key_that_comes_twice_is_refused_wherever_it_stands) {
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         4, "DuplicateKey");
  refuse("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
         "DuplicateKey");
  refuse("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "DuplicateKey");
  refuse("{\"__metadata__\":{\"a\":\"1\",\"\\u0061\":\"2\"}}", 0, "DuplicateKey");
}

Test(safetensors, overlap_and_gap_and_sharing_are_invalid_offset) {
  const char *const error = "InvalidOffset";
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
         8, error);
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}",
         12, error);
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, error);
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         4, error);
}

Test(safetensors, an_end_before_its_begin_is_invalid_offset) {
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,0]}}",
         4, "InvalidOffset");
}

Test(safetensors, ten_tensors_on_one_range_are_refused) {
  siam_text header = {0};
  for (int i = 0; i < 10; i++)
    siam_text_add(&header, "%c\"weight_%d\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]}",
                  i == 0 ? '{' : ',', i);
  siam_text_add(&header, "}");
  refuse(header.bytes, 16, "InvalidOffset");
  siam_text_clear(&header);
}

Test(safetensors, shape_and_bytes_that_disagree_are_tensor_invalid_info) {
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,8]}}", 8, "TensorInvalidInfo");
  refuse("{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "TensorInvalidInfo");
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,4]}}", 4, "TensorInvalidInfo");
}

Test(safetensors, sizes_that_overflow_are_validation_overflow) {
  const char *const error = "ValidationOverflow";
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[4,9223372036854775807],\"data_offsets\":[0,16]}}", 16, error);
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,9223372036854775807],\"data_offsets\":[0,16]}}", 16, error);
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1,18446744073709551615],\"data_offsets\":[0,16]}}", 16, error);
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999999],\"data_offsets\":[0,16]}}", 16,
         error);
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775807,4,0],\"data_offsets\":[0,0]}}", 0, error);
}

Test(safetensors, half_bytes_at_the_end_are_misaligned_slice) {
  refuse("{\"a\":{\"dtype\":\"F4\",\"shape\":[1,3],\"data_offsets\":[0,2]}}", 2, "MisalignedSlice");
  accept("{\"a\":{\"dtype\":\"F4\",\"shape\":[1,4],\"data_offsets\":[0,2]}}", 2, 1);
  accept("{\"a\":{\"dtype\":\"F6_E2M3\",\"shape\":[4],\"data_offsets\":[0,3]}}", 3, 1);
}

Test(safetensors, bytes_missing_or_left_over_are_metadata_incomplete_buffer) {
  const char *const header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}";
  refuse(header, 14, "MetadataIncompleteBuffer");
  refuse(header, 17, "MetadataIncompleteBuffer");
  refuse(header, 0, "MetadataIncompleteBuffer");
  refuse("{}", 1, "MetadataIncompleteBuffer");
  accept(header, 16, 1);
}

Test(safetensors, more_than_eight_dimensions_are_rank_too_large) {
  accept("{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4, 1);
  refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
         "RankTooLarge");
}

Test(safetensors, deep_nesting_is_refused_and_not_followed) {
  siam_text header = {0};
  siam_text_add(&header, "{\"a\":");
  for (int i = 0; i < 100000; i++) siam_text_add(&header, "[");
  refuse(header.bytes, 0, "InvalidHeaderDeserialization");
  siam_text_clear(&header);
}

Test(safetensors, empty_tensors_and_single_numbers_are_sound) {
  uint8_t *bytes;
  siam_safetensors *file = take("{\"none\":{\"dtype\":\"F32\",\"shape\":[2,0],\"data_offsets\":[0,0]},"
                                "\"one\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}",
                                4, &bytes);
  cr_assert_eq(siam_safetensors_find(file, "none")->count, 0);
  cr_assert_eq(siam_safetensors_find(file, "one")->count, 1);
  cr_assert_eq(siam_safetensors_find(file, "one")->rank, 0);
  siam_safetensors_destroy(file);
  siam_free(bytes);
}

Test(safetensors, other_types_are_checked_but_have_no_values) {
  uint8_t *bytes;
  siam_safetensors *file =
      take("{\"steps\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[0,16]}}", 16, &bytes);
  const siam_safetensors_tensor *tensor = siam_safetensors_find(file, "steps");
  cr_assert_str_eq(tensor->dtype, "I64");
  cr_assert_null(tensor->values);
  siam_safetensors_destroy(file);
  siam_free(bytes);
}

Test(safetensors, values_that_lie_askew_are_read_right) {
  const char *const header = "{\"a\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[0,1]},"
                             "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[1,9]}}";
  const float values[2] = {1.5f, -3.25f};
  for (int shift = 0; shift < 4; shift++) {
    size_t count;
    uint8_t *bytes = build(header, 9, &count), *moved = siam_allocate(count + 4, 1);
    memcpy(bytes + count - sizeof values, values, sizeof values);
    memcpy(moved + shift, bytes, count);
    siam_safetensors *file = NULL;
    cr_assert_eq(siam_safetensors_parse("f", moved + shift, count, NULL, &file), SIAM_OK);
    const float *found = siam_safetensors_find(file, "b")->values;
    cr_assert_eq((uintptr_t)found % _Alignof(float), 0);
    cr_assert_arr_eq(found, values, sizeof values);
    siam_safetensors_destroy(file);
    siam_free(moved);
    siam_free(bytes);
  }
}

Test(safetensors, values_that_are_not_finite_are_refused_where_that_is_asked_for) {
  const char *const header = "{\"w\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}";
  const siam_safetensors_options strict = {.require_finite = true};
  const float bad[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < 3; i++) {
    size_t count;
    uint8_t *bytes = build(header, 12, &count);
    memcpy(bytes + count - 4, &bad[i], 4);
    siam_safetensors *file = NULL;
    cr_assert_eq(siam_safetensors_parse("f", bytes, count, &strict, &file), SIAM_ERROR_NUMERIC);
    cr_assert_not_null(strstr(siam_last_error(), "number 2 of tensor 'w'"));
    cr_assert_eq(siam_safetensors_parse("f", bytes, count, NULL, &file), SIAM_OK);
    siam_safetensors_destroy(file);
    siam_free(bytes);
  }
}

Test(safetensors, messages_show_no_control_characters_of_a_hostile_name) {
  refuse("{\"\\u001b[2Jx\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "tensor '?[2Jx'");
}

static const float ramp[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

Test(safetensors, what_is_saved_is_loaded_with_its_shared_names) {
  const char *path = siam_scratch_path(folder, "model.safetensors");
  const siam_safetensors_tensor tensors[] = {
      {.name = "fc.weight", .rank = 2, .shape = {2, 3}, .values = ramp},
      {.name = "conv \"ä\".weight", .rank = 4, .shape = {1, 2, 2, 1}, .values = ramp + 6},
      {.name = "empty", .rank = 1, .shape = {0}},
      {.name = "scale", .values = ramp + 11}};
  const siam_safetensors_text metadata[] = {{"encoder", "conv 3\nrelu\n\t\"quoted\" \\ ü"}, {"empty", ""}};
  const siam_safetensors_text aliases[] = {{"decoder.weight", "fc.weight"}};
  siam_safetensors_content content = {tensors, 4, metadata, 1, aliases, 1, true};
  cr_assert_eq(siam_safetensors_save(path, &content), SIAM_OK, "%s", siam_last_error());

  siam_safetensors *file = NULL;
  cr_assert_eq(siam_safetensors_load(path, NULL, &file), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_safetensors_count(file), 4);
  for (size_t i = 0; i < 4; i++) {
    const siam_safetensors_tensor *tensor = siam_safetensors_find(file, tensors[i].name);
    cr_assert_eq(tensor->rank, tensors[i].rank);
    cr_assert_arr_eq(tensor->shape, tensors[i].shape, sizeof tensor->shape);
    if (tensor->count > 0) cr_assert_arr_eq(tensor->values, tensors[i].values, tensor->count * sizeof(float));
    if (i > 0)
      cr_assert_lt(strcmp(siam_safetensors_get(file, i - 1)->name, siam_safetensors_get(file, i)->name), 0);
  }
  cr_assert_str_eq(siam_safetensors_find_metadata(file, "encoder"), metadata[0].value);
  cr_assert_eq(siam_safetensors_find(file, "decoder.weight"), siam_safetensors_find(file, "fc.weight"));
  cr_assert_null(siam_safetensors_find(file, "encoder"));
  cr_assert_null(siam_safetensors_find(file, "absent"));
  cr_assert_null(siam_safetensors_find_metadata(file, "absent"));
  cr_assert_eq(siam_safetensors_count_metadata(file), 3);
  siam_safetensors_destroy(file);
}

Test(safetensors, the_bytes_are_those_of_the_reference) {
  // Python: safetensors.numpy.save({"b": [[0,1,2]] * f4, "a": [3,4] * f4}, metadata={"k": "v"}).
  const char *path = siam_scratch_path(folder, "m");
  const siam_safetensors_tensor tensors[] = {{.name = "b", .rank = 2, .shape = {1, 3}, .values = ramp},
                                             {.name = "a", .rank = 1, .shape = {2}, .values = ramp + 3}};
  const siam_safetensors_text metadata[] = {{"k", "v"}};
  siam_safetensors_content content = {
      .tensors = tensors, .tensor_count = 2, .metadata = metadata, .metadata_count = 1};
  cr_assert_eq(siam_safetensors_save(path, &content), SIAM_OK);
  const char *header =
      "{\"__metadata__\":{\"k\":\"v\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
      "\"b\":{\"dtype\":\"F32\",\"shape\":[1,3],\"data_offsets\":[8,20]}}";
  uint8_t *bytes = NULL;
  size_t count = 0;
  uint64_t length = 0;
  cr_assert_eq(siam_file_read(path, 4096, &bytes, &count), SIAM_OK);
  memcpy(&length, bytes, 8);
  cr_assert_eq(length, (strlen(header) + 7) / 8 * 8);
  cr_assert_arr_eq(bytes + 8, header, strlen(header));
  for (size_t i = 8 + strlen(header); i < 8 + length; i++) cr_assert_eq(bytes[i], ' ');
  cr_assert_eq(count, 8 + length + 20);
  cr_assert_arr_eq(bytes + 8 + length, ramp + 3, 8);
  cr_assert_arr_eq(bytes + 16 + length, ramp, 12);
  siam_free(bytes);
}

Test(safetensors, a_changed_value_is_checksum_mismatch) {
  const char *path = siam_scratch_path(folder, "m");
  const siam_safetensors_tensor tensor = {.name = "w", .rank = 1, .shape = {12}, .values = ramp};
  siam_safetensors_content content = {.tensors = &tensor, .tensor_count = 1, .checksum = true};
  cr_assert_eq(siam_safetensors_save(path, &content), SIAM_OK);
  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_assert_eq(siam_file_read(path, 4096, &bytes, &count), SIAM_OK);
  for (size_t i = count - sizeof ramp; i < count; i += 5) {
    bytes[i] ^= 1;
    refuse_bytes(bytes, count, "ChecksumMismatch");
    bytes[i] ^= 1;
  }
  siam_safetensors *file = NULL;
  cr_assert_eq(siam_safetensors_parse("f", bytes, count, NULL, &file), SIAM_OK);
  siam_safetensors_destroy(file);
  siam_free(bytes);
}

static void refuse_content(const siam_safetensors_content *content, const char *reason) {
  const char *path = siam_scratch_path(folder, "refused");
  cr_assert_eq(siam_safetensors_save(path, content), SIAM_ERROR_ARGUMENT, "%s", reason);
  cr_assert_not_null(strstr(siam_last_error(), reason), "expected %s: %s", reason, siam_last_error());
  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_assert_eq(siam_file_read(path, 4096, &bytes, &count), SIAM_ERROR_FILE);
}

Test(safetensors, content_that_no_file_can_hold_is_not_written) {
  siam_safetensors_tensor tensors[2] = {{.name = "a", .values = ramp}, {.name = "a", .values = ramp}};
  siam_safetensors_text text = {"key", "value"};
  siam_safetensors_content content = {.tensors = tensors, .tensor_count = 2};
  refuse_content(&content, "comes twice");
  tensors[1].name = "__metadata__";
  refuse_content(&content, "__metadata__");
  tensors[1].name = "";
  refuse_content(&content, "cannot have the name");
  tensors[1].name = "not utf-8 \xff";
  refuse_content(&content, "not UTF-8");
  tensors[1].name = "b";
  tensors[1].rank = 9;
  refuse_content(&content, "dimensions");
  tensors[1].rank = 2;
  tensors[1].shape[0] = tensors[1].shape[1] = UINT64_MAX / 2;
  refuse_content(&content, "too large");
  content.tensor_count = 1;
  content.metadata = &text;
  content.metadata_count = 1;
  text.key = "a";
  refuse_content(&content, "name of a tensor");
  text.key = "key";
  text.value = "\xff";
  refuse_content(&content, "not UTF-8");
  content.metadata_count = 0;
  content.aliases = &text;
  content.alias_count = 1;
  text = (siam_safetensors_text){"other", "absent"};
  refuse_content(&content, "cannot stand for");
  text = (siam_safetensors_text){"a", "a"};
  refuse_content(&content, "cannot stand for");
}

Test(safetensors, loading_names_the_file_and_keeps_to_the_limit) {
  const char *path = siam_scratch_path(folder, "long.safetensors");
  const siam_safetensors_tensor tensor = {.name = "w", .rank = 1, .shape = {12}, .values = ramp};
  siam_safetensors_content content = {.tensors = &tensor, .tensor_count = 1};
  cr_assert_eq(siam_safetensors_save(path, &content), SIAM_OK);
  siam_safetensors *file = NULL;
  cr_assert_eq(siam_safetensors_load(path, &(siam_safetensors_options){.max_bytes = 64}, &file),
               SIAM_ERROR_FORMAT);
  cr_assert_not_null(strstr(siam_last_error(), "long.safetensors"));
  cr_assert_eq(siam_safetensors_load(siam_scratch_path(folder, "absent"), NULL, &file), SIAM_ERROR_FILE);
  cr_assert_null(file);
}

/// Reads every byte that a file hands out, so that a checker sees a view that reaches too far.
static double touch(const siam_safetensors *file) {
  double sum = 0;
  for (size_t i = 0; i < siam_safetensors_count(file); i++) {
    const siam_safetensors_tensor *tensor = siam_safetensors_get(file, i);
    for (uint64_t k = 0; tensor->values != NULL && k < tensor->count; k++) sum += tensor->values[k];
  }
  for (size_t i = 0; i < siam_safetensors_count_metadata(file); i++)
    sum += (double)strlen(siam_safetensors_get_metadata(file, i)->value);
  return sum;
}

Test(safetensors, no_cut_and_no_changed_byte_is_taken_for_more_than_it_holds) {
  const char *const header = "{\"__metadata__\":{\"k\":\"v\",\"t\":\"b\"},"
                             "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                             "\"b\":{\"dtype\":\"F32\",\"shape\":[1,3],\"data_offsets\":[8,20]}}";
  size_t count;
  uint8_t *bytes = build(header, 20, &count);
  volatile double sink = 0;
  for (size_t length = 0; length < count; length++) {
    uint8_t *cut = siam_allocate(length, 1);
    memcpy(cut, bytes, length);
    siam_safetensors *file = NULL;
    cr_assert_eq(siam_safetensors_parse("f", cut, length, NULL, &file), SIAM_ERROR_FORMAT, "cut to %zu",
                 length);
    siam_free(cut);
  }
  for (size_t place = 0; place < 8 + strlen(header); place++) {
    uint8_t kept = bytes[place];
    for (int value = 0; value < 256; value++) {
      bytes[place] = (uint8_t)value;
      siam_safetensors *file = NULL;
      if (siam_safetensors_parse("f", bytes, count, NULL, &file) == SIAM_OK) sink += touch(file);
      siam_safetensors_destroy(file);
    }
    bytes[place] = kept;
  }
  siam_free(bytes);
}
