#include "device_memory.h"
#include "gradient_check.h"
#include "model/description.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(conv_norm, .fini = siam_test_device_close);

/// Pictures, filters and what they leave over at the edges; from one output pixel on.
static const struct {
  const char *input, *conv;
  int images;
} sizes[] = {{"3 3 1", "conv 16 3", 2},
             {"4 4 1", "conv 16 3 pad=1", 1},
             {"14 14 1", "conv 64 3 pad=1", 3},
             {"7 9 1", "conv 32 3 pad=1", 2},
             {"9 7 3", "conv 48 3 pad=1", 2},
             {"6 5 3", "conv 17 3", 3},
             {"5 6 2", "conv 20 2", 2},
             {"11 10 1", "conv 16 5 pad=2 stride=2", 2},
             {"12 13 1", "conv 3 4 stride=3 bias=0", 2},
             {"4 4 32", "conv 16 1", 2},
             {"3 70 1", "conv 8 3 pad=2", 1},
             {"120 90 1", "conv 8 3 pad=1", 1}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void check_sizes(const char *behind, siam_check_options options) {
  for (int i = 0; i < SIZES; i++) {
    char text[160];
    snprintf(text, sizeof text, "input %s\n%s\nbatch_norm\n%s", sizes[i].input, sizes[i].conv, behind);
    options.images = sizes[i].images;
    options.seed = (uint32_t)i;
    siam_check_description(text, &options);
  }
}

/// The layers of the reference are differentiated in suites of their own, where no kinks are in the way.
static const siam_check_options trained = {
    .training = true, .way_back = SIAM_BACK_TO_WEIGHTS, .no_differences = true};

Test(conv_norm, statistics_and_gradients_equal_those_of_layers_of_their_own) {
  check_sizes("", trained);
}

Test(conv_norm, an_activation_behind_is_done_too) {
  check_sizes("relu\n", trained);
  check_sizes("leaky_relu 0.25\n", trained);
}

Test(conv_norm, pooling_behind_is_done_too) {
  for (int i = 1; i < SIZES; i++) {
    if (sizes[i].input[0] == '3') continue; // one pixel has no window
    static const char *const behind[] = {"max_pool 2\n", "relu\nmax_pool 2\n", "leaky_relu\nmax_pool 2\n"};
    for (int b = 0; b < 3; b++) {
      char text[160];
      snprintf(text, sizeof text, "input %s\n%s\nbatch_norm\n%s", sizes[i].input, sizes[i].conv, behind[b]);
      siam_check_options options = trained;
      options.images = sizes[i].images;
      options.seed = (uint32_t)(i + b);
      siam_check_description(text, &options);
    }
  }
}

Test(conv_norm, numbers_far_from_zero_do_not_drown_what_is_between_them) {
  siam_check_options options = trained;
  options.images = 4;
  options.offset = 1000;
  siam_check_description("input 9 9 1\nconv 16 3\nbatch_norm\nrelu\nmax_pool 2\n", &options);
}

Test(conv_norm, a_constant_picture_gives_shifts_and_finite_gradients) {
  siam_check_options options = trained;
  options.images = 3;
  options.values = SIAM_VALUES_ZERO;
  siam_check_description("input 6 6 1\nconv 16 3\nbatch_norm\nrelu\nmax_pool 2\n", &options);
}

Test(conv_norm, nan_comes_through) {
  siam_check_options options = trained;
  options.images = 2;
  options.nan_at = 26;
  siam_check_description("input 6 6 1\nconv 16 3 pad=1 bias=0\nbatch_norm\nrelu\nmax_pool 2\n", &options);
}

Test(conv_norm, layers_behind_it_and_options_are_obeyed) {
  siam_check_options options = trained;
  options.images = 4;
  siam_check_description(
      "input 8 8 1\nconv 16 3 pad=1\nbatch_norm epsilon=0.5 momentum=0.75\nrelu\nmax_pool 2\n"
      "conv 16 3 pad=1\nbatch_norm\nrelu\nflatten\nlinear 5\n",
      &options);
}
