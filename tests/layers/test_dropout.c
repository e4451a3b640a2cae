#include "device_memory.h"
#include "gradient_check.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TestSuite(dropout, .fini = siam_test_device_close);

Test(dropout, draws_and_gradients_equal_the_reference) {
  // The gradient has the mask of the output: both are compared with one drawn mask.
  static const char *const texts[] = {"input 1 1 1\ndropout\n", "input 1 1 5\ndropout 0.25\n",
                                      "input 3 5 17\ndropout 0.9\n", "input 28 28 16\ndropout 0.1\n",
                                      "input 2 2 1\ndropout 0\n"};
  for (uint32_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    siam_check_options options = {.images = 3, .training = true, .seed = 11 + i, .step = i, .branch = i % 2};
    siam_check_description(texts[i], &options);
    options.training = false;
    siam_check_description(texts[i], &options);
  }
}

Test(dropout, draws_of_several_layers_differ) {
  const siam_check_options options = {.images = 2, .training = true, .seed = 3, .step = 9, .branch = 1};
  siam_check_description("input 4 4 8\nrelu\ndropout\nflatten\ndropout 0.3\nlinear 5\n", &options);
}

Test(dropout, nan_comes_through_even_where_it_is_dropped) {
  for (uint32_t seed = 0; seed < 4; seed++) {
    const siam_check_options options = {.training = true, .seed = seed, .nan_at = 3, .no_differences = true};
    siam_check_description("input 1 1 9\ndropout\n", &options);
  }
}

enum { SIDE = 100 };

/// Which of SIDE² ones are kept: 1, or 0.
static void draw(uint64_t seed, uint32_t step, unsigned branch, bool training, float rate, float *kept) {
  siam_network *network = NULL;
  siam_run *run = NULL;
  siam_tape *tape = siam_test_tape();
  const uint32_t words[SIAM_CLOCK_WORDS] = {step, (uint32_t)seed, (uint32_t)(seed >> 32)};
  const double options[SIAM_OPTIONS_MAX] = {rate};
  siam_test_ok(siam_network_create(SIDE, SIDE, 1, &network));
  siam_test_ok(siam_network_add_layer(network, siam_layer_type_find("dropout"), NULL, options));
  siam_test_ok(siam_network_place(network, siam_test_device(), 1));
  for (int k = 0; k < SIDE * SIDE; k++) kept[k] = 1 - rate;
  siam_view x = siam_test_upload(kept, SIDE * SIDE), y = siam_test_upload(kept, SIDE * SIDE);
  cl_mem clock = clCreateBuffer(siam_test_device()->context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR,
                                sizeof words, (void *)words, NULL);
  const siam_run_options how = {.images = 1, .training = training, .clock = clock, .branch = branch};
  siam_test_ok(siam_run_forward(network, tape, &how, x, y, &run));
  siam_test_run(tape);
  siam_test_download(y, kept);
  siam_run_destroy(run);
  siam_network_destroy(network);
  clReleaseMemObject(clock);
}

Test(dropout, keeps_its_share_and_the_mean) {
  static float kept[SIDE * SIDE];
  const float rates[] = {0.1F, 0.5F, 0.8F};
  for (int i = 0; i < 3; i++) {
    draw(42, 1, 0, true, rates[i], kept);
    double sum = 0;
    for (int k = 0; k < SIDE * SIDE; k++) {
      // (1 − rate) / (1 − rate) is 1 up to two roundings.
      cr_assert(kept[k] == 0 || fabsf(kept[k] - 1) < 0x1p-22F);
      sum += kept[k];
    }
    // Six standard errors of a share.
    double share = 1 - (double)rates[i], error = sqrt(share * (1 - share)) / SIDE;
    cr_expect_float_eq(sum / (SIDE * SIDE), share, 6 * error);
  }
}

/// How many elements two masks of rate ½ have in common, as a part.
static double agreement(const float *a, const float *b) {
  double equal = 0;
  for (int k = 0; k < SIDE * SIDE; k++) equal += (a[k] == 0) == (b[k] == 0);
  return equal / (SIDE * SIDE);
}

Test(dropout, depends_on_seed_step_and_branch_and_on_nothing_else) {
  static float first[SIDE * SIDE], other[SIDE * SIDE];
  const double chance = 6 * 0.5 / SIDE;
  draw(42, 7, 0, true, 0.5F, first);
  draw(42, 7, 0, true, 0.5F, other);
  cr_expect(siam_check_same_bits(first, other, SIDE * SIDE));
  draw(43, 7, 0, true, 0.5F, other);
  cr_expect_float_eq(agreement(first, other), 0.5, chance);
  draw(42 + (1ULL << 32), 7, 0, true, 0.5F, other);
  cr_expect_float_eq(agreement(first, other), 0.5, chance);
  draw(42, 8, 0, true, 0.5F, other);
  cr_expect_float_eq(agreement(first, other), 0.5, chance);
  draw(42, 7, 1, true, 0.5F, other);
  cr_expect_float_eq(agreement(first, other), 0.5, chance);
}

Test(dropout, neighbours_are_drawn_independently) {
  static float kept[SIDE * SIDE], moved[SIDE * SIDE];
  draw(5, 1, 0, true, 0.5F, kept);
  for (int shift = 1; shift <= 4; shift++) {
    for (int k = 0; k < SIDE * SIDE; k++) moved[k] = kept[(k + shift) % (SIDE * SIDE)];
    cr_expect_float_eq(agreement(kept, moved), 0.5, 6 * 0.5 / SIDE);
  }
}

Test(dropout, changes_nothing_outside_training) {
  static float kept[SIDE * SIDE];
  draw(42, 1, 0, false, 0.5F, kept);
  for (int k = 0; k < SIDE * SIDE; k++) cr_assert_eq(kept[k], 0.5F);
}
