#include "base/memory.h"
#include "compute/bench.h"
#include "device_memory.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

TestSuite(bench, .fini = siam_test_device_close);

static const double unit_roundoff = FLT_EPSILON / 2;

/// A work-item's sum in float64, and how far float32 may be from it: each multiply-add passes on |factor| of
/// the error before and adds a rounding of its result; a sum of n terms adds n roundings of their magnitudes.
static double reference(const float *start, int width, int chains, const siam_bench_fma *fma, double *bound) {
  double sum = 0, magnitude = 0;
  *bound = 0;
  for (int i = 0; i < chains; i++)
    for (int k = 0; k < width; k++) {
      double x = (double)start[k] + i, error = fabs(x) * unit_roundoff;
      for (int r = 0; r < fma->rounds; r++) {
        x = x * (double)fma->factor + (double)fma->offset;
        error = error * fabs((double)fma->factor) + fabs(x) * unit_roundoff;
      }
      sum += x;
      magnitude += fabs(x);
      *bound += error;
    }
  *bound = 1.01 * (*bound + width * chains * unit_roundoff * magnitude);
  return sum;
}

static void check_chains(int rounds, float factor, float offset) {
  siam_device *device = siam_test_device();
  const size_t items = siam_bench_fma_items(device);
  const int width = (int)device->traits.vector_width;
  float *out = siam_allocate(items, sizeof *out), start[16];
  siam_test_numbers(start, 16, 1);
  const siam_bench_fma fma = {.start = siam_test_upload(start, 16),
                              .out = siam_test_upload(out, items),
                              .rounds = rounds,
                              .factor = factor,
                              .offset = offset};
  siam_tape *tape = siam_test_tape();
  double flops = 0;
  siam_test_ok(siam_bench_fma_add(tape, &fma, &flops));
  siam_test_run(tape);
  siam_test_download(fma.out, out);
  const double chains = flops / (2.0 * (double)items * width * rounds);
  cr_assert_eq(chains, 12, "%g chains were counted", chains);
  double bound = 0;
  const double sum = reference(start, width, (int)chains, &fma, &bound);
  for (size_t i = 0; i < items; i++)
    cr_assert(fabs(out[i] - sum) <= bound, "%d rounds: item %zu has %.9g, expected %.9g ± %.2g", rounds, i,
              (double)out[i], sum, bound);
  siam_free(out);
}

Test(bench, every_work_item_does_all_its_multiply_adds) {
  check_chains(1, 0.5F, 0.25F);
  check_chains(2, -0.75F, 1);
  check_chains(7, 0.9F, 0.1F);
  check_chains(100, -0.5F, 3);
}

Test(bench, the_standard_number_of_rounds_is_counted) {
  const size_t items = siam_bench_fma_items(siam_test_device());
  float *out = siam_allocate(items, sizeof *out), start[16] = {0};
  const siam_view from = siam_test_upload(start, 16), to = siam_test_upload(out, items);
  double flops = 0;
  siam_test_ok(siam_bench_fma_add(siam_test_tape(), &(siam_bench_fma){.start = from, .out = to}, &flops));
  cr_expect_geq(flops, 2.0 * 12 * 512 * (double)items);
  siam_free(out);
}

Test(bench, copies_every_float_and_no_more) {
  static const size_t counts[] = {1, 3, 4, 15, 16, 17, 63, 1000, 4095, 4096, 4097, 20000};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    const size_t count = counts[i];
    float *in = siam_allocate(count, sizeof *in), *out = siam_allocate(count, sizeof *out);
    siam_test_numbers(in, count, 3);
    for (size_t k = 0; k < count; k++) out[k] = NAN;
    const siam_view from = siam_test_upload(in, count), to = siam_test_upload(out, count);
    siam_tape *tape = siam_test_tape();
    siam_test_ok(siam_bench_copy_add(tape, from, to));
    siam_test_run(tape);
    siam_test_download(to, out);
    cr_assert_arr_eq(in, out, count * sizeof *in, "%zu floats", count);
    siam_free(in);
    siam_free(out);
  }
}

Test(bench, a_kernel_that_does_nothing_still_runs) {
  float out = NAN;
  const siam_view view = siam_test_upload(&out, 1);
  siam_tape *tape = siam_test_tape();
  siam_test_ok(siam_bench_nothing_add(tape, view));
  siam_test_run(tape);
  siam_test_download(view, &out);
  cr_expect_eq(out, 1);
}

Test(bench, refuses_views_that_do_not_fit) {
  const float values[16] = {0};
  const siam_view view = siam_test_upload(values, 16);
  siam_tape *tape = siam_test_tape();
  double flops = 0;
  const siam_bench_fma no_start = {.start = siam_view_part(view, 0, 0), .out = view};
  cr_expect_eq(siam_bench_fma_add(tape, &no_start, &flops), SIAM_ERROR_ARGUMENT);
  const siam_bench_fma no_out = {.start = view, .out = siam_view_part(view, 0, 1)};
  cr_expect_eq(siam_bench_fma_add(tape, &no_out, &flops), SIAM_ERROR_ARGUMENT);
  cr_expect_eq(siam_bench_copy_add(tape, view, siam_view_part(view, 0, 15)), SIAM_ERROR_ARGUMENT);
}
