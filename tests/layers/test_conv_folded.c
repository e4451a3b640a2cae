#include "device_memory.h"
#include "gradient_check.h"

#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(conv_folded, .fini = siam_test_device_close);

/// Filters that fill vectors, leave some over, and are fewer than one; even and odd sides; few inputs and
/// many.
static const struct {
  const char *input, *conv;
  int images;
} sizes[] = {{"4 4 1", "conv 16 3 pad=1", 1},
             {"28 28 1", "conv 64 3 pad=1", 2},
             {"7 9 3", "conv 20 3 pad=1", 2},
             {"6 5 3", "conv 3 3", 3},
             {"9 8 2", "conv 50 2", 1},
             {"11 10 5", "conv 17 5 pad=2 stride=2", 2},
             {"14 14 64", "conv 64 3 pad=1 bias=0", 1},
             {"5 70 20", "conv 33 3 pad=2", 1},
             {"14 14 64", "conv 64 3 pad=1", 3},
             {"7 7 64", "conv 64 3 pad=1", 1},
             {"7 7 64", "conv 64 3 pad=1", 6},
             {"9 10 32", "conv 40 3 pad=1", 4},
             {"12 13 32", "conv 33 5 pad=2", 2}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void check_sizes(const char *behind) {
  for (int i = 0; i < SIZES; i++) {
    char text[160];
    snprintf(text, sizeof text, "input %s\n%s\n%s", sizes[i].input, sizes[i].conv, behind);
    const siam_check_options options = {
        .images = sizes[i].images, .seed = (uint32_t)i, .way_back = SIAM_NO_WAY_BACK};
    siam_check_description(text, &options);
  }
}

Test(conv_folded, a_batch_normalisation_behind_is_done_by_weights_and_bias) {
  check_sizes("batch_norm\n");
  check_sizes("batch_norm epsilon=0.5\nrelu\n");
}

Test(conv_folded, pooling_behind_is_done_too) {
  check_sizes("max_pool 2\n");
  check_sizes("batch_norm\nmax_pool 2\n");
  check_sizes("relu\nmax_pool 2\n");
  check_sizes("batch_norm\nleaky_relu 0.25\nmax_pool 2\n");
}

Test(conv_folded, what_cannot_be_folded_stays_a_layer_of_its_own) {
  check_sizes("tanh\nmax_pool 2\n");
  check_sizes("max_pool 2\nrelu\n");
  check_sizes("max_pool 2\nbatch_norm\n");
  check_sizes("relu\nbatch_norm\n");
  check_sizes("batch_norm\nbatch_norm\n");
  check_sizes("batch_norm\nrelu\nmax_pool 3 stride=2\n");
}

Test(conv_folded, nan_comes_through) {
  for (size_t at = 24; at < 31; at += 3) {
    const siam_check_options options = {.images = 2, .nan_at = at, .way_back = SIAM_NO_WAY_BACK};
    siam_check_description("input 4 4 3\nconv 16 1\nbatch_norm\nrelu\nmax_pool 2\n", &options);
  }
}
