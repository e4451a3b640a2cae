#include "optim/average.h"

#include "device_memory.h"
#include "layers/layer.h"
#include "reference/values.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(average, .fini = siam_test_device_close);

enum { MOST = 4096 + 37, STEPS = 12 };
static const double unit = 0x1p-24;

/// What the average of so many steps is in float64, and by how much float32 may miss it: each step rounds a
/// difference, and a sum whose parts are at most `largest`.
static double average_of(float weights[STEPS][MOST], int steps, float decay, int i, double *bound) {
  double mean = 0, error = 0, largest = 0;
  for (int t = 1; t <= steps; t++) {
    const double w = weights[t - 1][i], keep = t > 1 ? fmin(decay, t / (10.0 + t)) : 0;
    largest = fmax(largest, fabs(w));
    mean = keep * mean + (1 - keep) * w;
    error = keep * error + 8 * unit * largest;
  }
  *bound = error;
  return mean;
}

static void check(size_t count, float decay) {
  static float weights[STEPS][MOST], got[MOST];
  cl_mem clock = NULL;
  siam_tape *tape = siam_test_tape();
  const siam_view w = siam_test_upload(got, count), mean = siam_test_upload(got, count);
  siam_test_ok(siam_buffer_create(siam_test_device(), SIAM_CLOCK_WORDS, &clock));
  siam_test_ok(siam_average_add(tape, w, mean, clock, decay));
  for (uint32_t step = 1; step <= STEPS; step++) {
    const uint32_t words[SIAM_CLOCK_WORDS] = {[SIAM_CLOCK_STEP] = step};
    siam_check_fill(weights[step - 1], count, SIAM_VALUES_SPREAD, step);
    siam_test_rewrite(w, weights[step - 1]);
    siam_test_ok(siam_buffer_write(siam_test_device(), clock, 0, SIAM_CLOCK_WORDS, (const float *)words));
    siam_test_run(tape);
    siam_test_download(mean, got);
    for (size_t i = 0; i < count; i++) {
      double bound = 0, expected = average_of(weights, (int)step, decay, (int)i, &bound);
      cr_assert_leq(fabs(got[i] - expected), bound, "step %u, weight %zu: %g, not %g", step, i, got[i],
                    expected);
    }
  }
  clReleaseMemObject(clock);
}

Test(average, equals_the_reference_and_begins_with_the_first_weights) {
  const size_t counts[] = {1, 15, 16, 17, 4096, MOST};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) check(counts[i], 0.999F);
  check(100, 0.3F);
}
