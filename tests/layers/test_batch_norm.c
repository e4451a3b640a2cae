#include "device_memory.h"
#include "gradient_check.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

TestSuite(batch_norm, .fini = siam_test_device_close);

/// Few and many rows, channels that are and are not multiples of a vector.
static const struct {
  const char *input;
  int images;
} sizes[] = {{"1 1 1", 2},  {"1 1 16", 3}, {"1 1 17", 7}, {"3 5 3", 1},  {"5 3 5", 2},
             {"4 4 50", 3}, {"3 3 64", 5}, {"7 9 20", 2}, {"28 28 2", 3}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void check_sizes(const char *behind, bool training) {
  for (int i = 0; i < SIZES; i++) {
    char text[128];
    snprintf(text, sizeof text, "input %s\nbatch_norm\n%s", sizes[i].input, behind);
    const siam_check_options options = {
        .images = sizes[i].images, .training = training, .seed = (uint32_t)i, .offset = 0.5F};
    siam_check_description(text, &options);
  }
}

Test(batch_norm, batch_statistics_gradients_and_running_averages_equal_the_reference) {
  check_sizes("", true);
}

Test(batch_norm, fixed_statistics_and_their_gradients_equal_the_reference) {
  check_sizes("", false);
}

Test(batch_norm, an_absorbed_activation_equals_one_of_its_own) {
  check_sizes("relu\n", true);
  check_sizes("relu\n", false);
  check_sizes("leaky_relu 0.25\n", true);
  check_sizes("tanh\n", true);
}

/// Pictures of even and odd sides: windows that the edge cuts get no output and no gradient from it.
static const char *const pooled_inputs[] = {"2 2 1",  "2 3 17", "5 4 3",  "7 7 16",
                                            "6 9 20", "9 2 50", "28 28 2"};
static void check_pooled(const char *behind, bool training, siam_check_values values) {
  for (size_t i = 0; i < sizeof pooled_inputs / sizeof *pooled_inputs; i++) {
    char text[128];
    snprintf(text, sizeof text, "input %s\nbatch_norm\n%s", pooled_inputs[i], behind);
    const siam_check_options options = {.images = 2 + (int)i % 3,
                                        .training = training,
                                        .seed = (uint32_t)i,
                                        .values = values,
                                        .no_differences = values != SIAM_VALUES_SPREAD};
    siam_check_description(text, &options);
  }
}

Test(batch_norm, absorbed_pooling_equals_a_layer_of_its_own) {
  check_pooled("max_pool 2\n", true, SIAM_VALUES_SPREAD);
  check_pooled("relu\nmax_pool 2\n", true, SIAM_VALUES_SPREAD);
  check_pooled("relu\nmax_pool 2\n", false, SIAM_VALUES_SPREAD);
  check_pooled("leaky_relu\nmax_pool 2\n", true, SIAM_VALUES_SPREAD);
}

Test(batch_norm, absorbed_pooling_gives_the_gradient_to_the_first_of_equal_values) {
  check_pooled("max_pool 2\n", false, SIAM_VALUES_COARSE);
}

Test(batch_norm, other_poolings_stay_layers_of_their_own) {
  const siam_check_options options = {.images = 2, .training = true};
  siam_check_description("input 7 7 16\nbatch_norm\nrelu\nmax_pool 3 stride=2\n", &options);
  siam_check_description("input 7 7 16\nbatch_norm\nrelu\nmax_pool 2 pad=1\n", &options);
  siam_check_description("input 7 7 16\nbatch_norm\nmax_pool 2\nrelu\n", &options);
  siam_check_description("input 8 8 16\nbatch_norm\nrelu\nmax_pool 2\nmax_pool 2\n", &options);
}

Test(batch_norm, options_are_obeyed) {
  const siam_check_options options = {.images = 3, .training = true};
  siam_check_description("input 3 3 5\nbatch_norm epsilon=0.5 momentum=0.75\n", &options);
  siam_check_description("input 3 3 5\nbatch_norm momentum=0\n", &options);
  siam_check_description("input 3 3 5\nbatch_norm momentum=1\n", &options);
}

Test(batch_norm, a_mean_far_from_zero_does_not_drown_the_variance) {
  // With mean 1000 and deviation 1, E[x²] − E[x]² would lose six of float32's seven digits.
  const siam_check_options options = {.images = 4, .training = true, .offset = 1000};
  const siam_check_result result = siam_check_description("input 9 9 16\nbatch_norm\n", &options);
  cr_expect_leq(result.output, 1);
}

Test(batch_norm, a_constant_channel_gives_its_shift_and_finite_gradients) {
  const siam_check_options options = {
      .images = 3, .training = true, .values = SIAM_VALUES_ZERO, .no_differences = true};
  siam_check_description("input 3 3 5\nbatch_norm\n", &options);
  siam_check_description("input 4 4 5\nbatch_norm\nrelu\nmax_pool 2\n", &options);
}

Test(batch_norm, nan_comes_through) {
  const siam_check_options training = {.images = 2, .training = true, .nan_at = 26, .no_differences = true};
  siam_check_description("input 4 4 3\nbatch_norm\n", &training);
  siam_check_description("input 4 4 3\nbatch_norm\nrelu\nmax_pool 2\n", &training);
  for (size_t at = 24; at < 31; at += 3) {
    const siam_check_options fixed = {.images = 2, .nan_at = at, .way_back = SIAM_NO_WAY_BACK};
    siam_check_description("input 4 4 3\nbatch_norm\nrelu\n", &fixed);
    siam_check_description("input 4 4 3\nbatch_norm\nrelu\nmax_pool 2\n", &fixed);
  }
}
