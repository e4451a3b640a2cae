#include "base/file.h"
#include "base/memory.h"
#include "base/npy.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static char *folder;
static void begin(void) {
  folder = siam_scratch_create();
}
static void end(void) {
  siam_scratch_remove(folder);
}
TestSuite(npy, .init = begin, .fini = end);

Test(npy, the_file_is_what_the_format_states) {
  const char *path = siam_scratch_path(folder, "m.npy");
  const float values[6] = {1, 2, 3, -4, 0.5f, 1e30f};
  siam_npy_writer *writer = NULL;
  cr_assert_eq(siam_npy_begin(path, 3, 2, NULL, &writer), SIAM_OK);
  cr_assert_eq(siam_npy_add(writer, values, 1), SIAM_OK);
  cr_assert_eq(siam_npy_add(writer, values + 2, 2), SIAM_OK);
  cr_assert_eq(siam_npy_commit(writer), SIAM_OK);

  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_assert_eq(siam_file_read(path, 4096, &bytes, &count), SIAM_OK);
  cr_assert_arr_eq(bytes, "\x93NUMPY\x01\x00", 8);
  size_t header = bytes[8] + 256u * bytes[9], data = 10 + header;
  cr_assert_eq(data % 64, 0);
  cr_assert_eq(count, data + sizeof values);
  cr_assert_eq(bytes[data - 1], '\n');
  const char *dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }";
  cr_assert_arr_eq(bytes + 10, dictionary, strlen(dictionary));
  for (size_t i = 10 + strlen(dictionary); i < data - 1; i++) cr_assert_eq(bytes[i], ' ');
  cr_assert_arr_eq(bytes + data, values, sizeof values);
  siam_free(bytes);
}

Test(npy, the_longest_shape_fits_the_header) {
  siam_npy_writer *writer = NULL;
  cr_assert_eq(siam_npy_begin(siam_scratch_path(folder, "m.npy"), UINT64_MAX, 0, NULL, &writer), SIAM_OK);
  siam_npy_abandon(writer);
}

Test(npy, too_few_and_too_many_rows_leave_no_file) {
  const char *path = siam_scratch_path(folder, "m.npy");
  const float values[4] = {0};
  siam_npy_writer *writer = NULL;
  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_assert_eq(siam_npy_begin(path, 2, 2, NULL, &writer), SIAM_OK);
  cr_assert_eq(siam_npy_add(writer, values, 1), SIAM_OK);
  cr_assert_eq(siam_npy_add(writer, values, 2), SIAM_ERROR_ARGUMENT);
  cr_assert_not_null(strstr(siam_last_error(), "m.npy"));
  cr_assert_eq(siam_npy_commit(writer), SIAM_ERROR_ARGUMENT);
  cr_assert_eq(siam_file_read(path, 4096, &bytes, &count), SIAM_ERROR_FILE);
  cr_assert_eq(siam_npy_begin(path, UINT64_MAX / 2, 4, NULL, &writer), SIAM_ERROR_ARGUMENT);
}

/// Bytes of a file: a prefix with the length that fits, a header's text, and numbers behind it.
static size_t build(uint8_t *bytes, const char *text, const float *values, size_t count) {
  const size_t length = strlen(text);
  memcpy(bytes, "\x93NUMPY\x01\x00", 8);
  bytes[8] = (uint8_t)length;
  bytes[9] = 0;
  memcpy(bytes + 10, text, length);
  memcpy(bytes + 10 + length, values, count * sizeof *values);
  return 10 + length + count * sizeof *values;
}

Test(npy, what_is_written_reads_back_with_its_note) {
  static const char *const notes[] = {"model 0123456789abcdef", NULL,
                                      "as long as a note may be, forty-seven letters -"};
  for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
    const char *path = siam_scratch_path(folder, "m.npy");
    const float values[6] = {1, 2, 3, -4, 0.5f, 1e30f};
    float read[6] = {0};
    char note[SIAM_NPY_NOTE_SIZE];
    siam_npy_writer *writer = NULL;
    uint8_t *bytes = NULL;
    size_t count = 0;
    cr_assert_eq(siam_npy_begin(path, 3, 2, notes[i], &writer), SIAM_OK);
    cr_assert_eq(siam_npy_add(writer, values, 3), SIAM_OK);
    cr_assert_eq(siam_npy_commit(writer), SIAM_OK);
    cr_assert_eq(siam_file_read(path, 4096, &bytes, &count), SIAM_OK);
    cr_assert_eq((count - sizeof values) % 64, 0);
    cr_assert_eq(siam_npy_parse(path, bytes, count, 3, 2, read, note), SIAM_OK, "%s", siam_last_error());
    cr_expect_arr_eq(read, values, sizeof values);
    cr_expect_str_eq(note, notes[i] != NULL ? notes[i] : "");
    siam_free(bytes);
  }
}

Test(npy, headers_are_read_as_python_reads_them) {
  static const char *const texts[] = {
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n",
      "{\"shape\":(1,2),\"descr\":\"<f4\",\"fortran_order\":False}#\n",
      "  { 'fortran_order' : False , 'shape' : ( 1 , 2 , ) , 'descr' : '<f4' } # \n",
  };
  const float values[2] = {-0.0f, 3};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    uint8_t bytes[256];
    float read[2];
    char note[SIAM_NPY_NOTE_SIZE];
    const size_t count = build(bytes, texts[i], values, 2);
    cr_expect_eq(siam_npy_parse("m.npy", bytes, count, 1, 2, read, note), SIAM_OK, "%s: %s", texts[i],
                 siam_last_error());
    cr_expect_arr_eq(read, values, sizeof values);
    cr_expect_str_empty(note);
  }
}

/// Requires that a header before the numbers of a 1 × 2 matrix is refused with the file's name and `reason`.
static void expect_refusal(const char *text, const char *reason) {
  uint8_t bytes[256];
  float read[2];
  char note[SIAM_NPY_NOTE_SIZE];
  const float values[2] = {1, 2};
  const size_t count = build(bytes, text, values, 2);
  cr_expect_eq(siam_npy_parse("m.npy", bytes, count, 1, 2, read, note), SIAM_ERROR_FORMAT, "%s", text);
  cr_expect(strstr(siam_last_error(), "m.npy: ") != NULL && strstr(siam_last_error(), reason) != NULL &&
                strstr(siam_last_error(), "; ") != NULL,
            "%s: %s", text, siam_last_error());
}

Test(npy, another_type_order_or_shape_is_refused_by_name) {
  expect_refusal("{'descr': '>f4', 'fortran_order': False, 'shape': (1, 2), }\n", "'>f4'");
  expect_refusal("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }\n", "'<f8'");
  expect_refusal("{'descr': '', 'fortran_order': False, 'shape': (1, 2), }\n", "''");
  expect_refusal("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }\n", "column by column");
  expect_refusal("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }\n", "2 by 1");
  expect_refusal("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", "1 dimensions");
  expect_refusal("{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", "0 dimensions");
  expect_refusal("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 1), }\n", "3 dimensions");
}

Test(npy, a_header_that_is_damaged_is_refused) {
  static const char *const texts[] = {
      "\n",
      "{}\n",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n\n",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), \n",
      "{'descr': '<f4', 'fortran_order': False, }\n",
      "{'descr': '<f4', 'shape': (1, 2), }\n",
      "{'fortran_order': False, 'shape': (1, 2), }\n",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), 'more': 1, }\n",
      "{'descr': '<f4' 'fortran_order': False, 'shape': (1, 2), }\n",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (1, 2), }\n",
      "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1, 2), }\n",
      "{'descr': '<f4\", 'fortran_order': False, 'shape': (1, 2), }\n",
      "{'descr': '\\x3cf4', 'fortran_order': False, 'shape': (1, 2), }\n",
      "{'descr': '\x1b[2J', 'fortran_order': False, 'shape': (1, 2), }\n",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (01, 2), }\n",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 2), }\n",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2), }\n",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1), }\n",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (,), }\n",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551617, 2), }\n",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), } and more\n",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) expect_refusal(texts[i], "header");
  expect_refusal("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }"
                 "# 123456789 123456789 123456789 123456789 12345678\n",
                 "header");
}

Test(npy, what_is_cut_longer_or_no_number_is_refused) {
  static const char text[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n";
  uint8_t bytes[256];
  float read[2];
  char note[SIAM_NPY_NOTE_SIZE];
  const float wrong[] = {NAN, INFINITY, -INFINITY};
  float values[3] = {1, 2, 3};
  const size_t count = build(bytes, text, values, 3) - sizeof(float);
  cr_expect_eq(siam_npy_parse("m.npy", bytes, count, 1, 2, read, note), SIAM_OK);
  // Every length but the right one.
  for (size_t cut = 0; cut <= count + sizeof(float); cut++)
    cr_expect_eq(siam_npy_parse("m.npy", bytes, cut, 1, 2, read, note),
                 cut == count ? SIAM_OK : SIAM_ERROR_FORMAT, "%zu of %zu bytes", cut, count);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    values[1] = wrong[i];
    build(bytes, text, values, 2);
    cr_expect_eq(siam_npy_parse("m.npy", bytes, count, 1, 2, read, note), SIAM_ERROR_FORMAT);
    cr_expect_not_null(strstr(siam_last_error(), "number 1 of row 0"), "%s", siam_last_error());
  }
  bytes[6] = 2;
  cr_expect_eq(siam_npy_parse("m.npy", bytes, count, 1, 2, read, note), SIAM_ERROR_FORMAT);
  cr_expect_not_null(strstr(siam_last_error(), "version 2.0"), "%s", siam_last_error());
}
