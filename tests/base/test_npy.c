#include "base/file.h"
#include "base/memory.h"
#include "base/npy.h"
#include "scratch.h"

#include <criterion/criterion.h>
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
  cr_assert_eq(siam_npy_begin(path, 3, 2, &writer), SIAM_OK);
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
  cr_assert_eq(siam_npy_begin(siam_scratch_path(folder, "m.npy"), UINT64_MAX, 0, &writer), SIAM_OK);
  siam_npy_abandon(writer);
}

Test(npy, too_few_and_too_many_rows_leave_no_file) {
  const char *path = siam_scratch_path(folder, "m.npy");
  const float values[4] = {0};
  siam_npy_writer *writer = NULL;
  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_assert_eq(siam_npy_begin(path, 2, 2, &writer), SIAM_OK);
  cr_assert_eq(siam_npy_add(writer, values, 1), SIAM_OK);
  cr_assert_eq(siam_npy_add(writer, values, 2), SIAM_ERROR_ARGUMENT);
  cr_assert_not_null(strstr(siam_last_error(), "m.npy"));
  cr_assert_eq(siam_npy_commit(writer), SIAM_ERROR_ARGUMENT);
  cr_assert_eq(siam_file_read(path, 4096, &bytes, &count), SIAM_ERROR_FILE);
  cr_assert_eq(siam_npy_begin(path, UINT64_MAX / 2, 4, &writer), SIAM_ERROR_ARGUMENT);
}
