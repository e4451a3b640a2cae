#include "base/memory.h"
#include "compute/reduce.h"
#include "device_memory.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

TestSuite(reduce, .fini = siam_test_device_close);

/// Compares with float64. Any order of r additions errs by at most r unit roundoffs of the magnitudes' sum
/// (Higham 2002, section 4.2).
static void check_sums(int rows, int columns, float beta) {
  const size_t count = (size_t)rows * (size_t)columns;
  float *x = siam_allocate(count, sizeof *x), *before = siam_allocate((size_t)columns, sizeof *before);
  float *got = siam_allocate((size_t)columns, sizeof *got),
        *again = siam_allocate((size_t)columns, sizeof *again);
  siam_test_numbers(x, count, 1);
  siam_test_numbers(before, (size_t)columns, 2);
  for (int c = 0; c < columns && beta == 0; c++) before[c] = NAN;
  const siam_view from = siam_test_upload(x, count), to = siam_test_upload(before, (size_t)columns);
  siam_tape *tape = siam_test_tape();
  siam_test_ok(siam_column_sums(tape, from, rows, columns, to, beta));
  siam_test_run(tape);
  siam_test_download(to, got);
  siam_test_rewrite(to, before);
  siam_test_run(tape);
  siam_test_download(to, again);
  cr_assert_arr_eq(got, again, (size_t)columns * sizeof *got, "%d × %d, run twice", rows, columns);
  for (int c = 0; c < columns; c++) {
    double sum = beta == 0 ? 0 : (double)beta * before[c], magnitude = fabs(sum);
    for (int r = 0; r < rows; r++) {
      sum += x[(size_t)r * (size_t)columns + (size_t)c];
      magnitude += fabsf(x[(size_t)r * (size_t)columns + (size_t)c]);
    }
    const double bound = 1.01 * (rows + 2) * FLT_EPSILON / 2 * magnitude;
    cr_assert(fabs(got[c] - sum) <= bound, "%d × %d: sum %d is %.9g, expected %.9g ± %.2g", rows, columns, c,
              (double)got[c], sum, bound);
  }
  siam_free(x);
  siam_free(before);
  siam_free(got);
  siam_free(again);
}

Test(reduce, sums_columns_at_every_edge) {
  static const int rows[] = {1, 2, 63, 127, 128, 129, 1000, 4099};
  static const int columns[] = {1, 3, 4, 15, 16, 17, 64, 67, 130};
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
      check_sums(rows[r], columns[c], (r + c) % 3 == 0 ? 0.0F : (r + c) % 3 == 1 ? 1.0F : -0.5F);
}

Test(reduce, refuses_what_does_not_fit) {
  const float values[12] = {0};
  const siam_view view = siam_test_upload(values, 12);
  siam_tape *tape = siam_test_tape();
  cr_expect_eq(siam_column_sums(tape, view, 0, 4, view, 0), SIAM_ERROR_ARGUMENT);
  cr_expect_eq(siam_column_sums(tape, view, 4, 4, view, 0), SIAM_ERROR_ARGUMENT);
  cr_expect_eq(siam_column_sums(tape, view, 3, 4, siam_view_part(view, 0, 3), 0), SIAM_ERROR_ARGUMENT);
}
