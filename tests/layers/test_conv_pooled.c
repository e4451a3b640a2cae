#include "device_memory.h"
#include "gradient_check.h"
#include "model/description.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static void begin(void) {
  unsetenv("SIAMESE_CONV");
}
TestSuite(conv_pooled, .init = begin, .fini = siam_test_device_close);

/// Every rest of a tile along both sides, rows and columns that no window has, pads, channels and filters
/// beside the width of a vector, several panels of filters, blocks of several pictures and of parts of one.
static const struct {
  const char *input;
  int channels_out, pad, images;
} sizes[] = {{"2 2 3", 16, 1, 1},   {"7 7 33", 64, 1, 9},   {"6 9 16", 17, 0, 2},   {"4 5 64", 33, 1, 3},
             {"8 10 5", 80, 1, 2},  {"11 13 20", 16, 0, 1}, {"14 14 64", 64, 1, 2}, {"28 27 3", 130, 1, 1},
             {"3 12 17", 65, 1, 2}, {"4 4 3", 257, 1, 1},   {"5 6 48", 32, 2, 4}};
enum { SIZES = sizeof sizes / sizeof *sizes };

/// With filters of a side, which grow pictures and pad so that there are as many outputs as with 3 × 3.
static void check_sizes(const char *engine, int taps, const char *behind, siam_check_options options) {
  setenv("SIAMESE_CONV", engine, 1);
  // Every other one with larger filters: each takes programs of its own, seconds to build.
  for (int i = 0; i<SIZES; i += taps> 3 ? 2 : 1) {
    int height = 0, width = 0, channels = 0;
    sscanf(sizes[i].input, "%d %d %d", &height, &width, &channels);
    const int grown = taps - 3, pad = sizes[i].pad;
    const double products =
        (double)sizes[i].images * height * width * taps * taps * channels * sizes[i].channels_out;
    if (products > siam_test_most_products()) continue;
    char text[160];
    snprintf(text, sizeof text, "input %d %d %d\nconv %d %d pad=%d\n%s", height + grown, width + grown,
             channels, sizes[i].channels_out, taps, pad, behind);
    options.images = sizes[i].images;
    options.seed = (uint32_t)i;
    options.no_differences = true;
    siam_check_description(text, &options);
  }
}

static const siam_check_options to_input = {.way_back = SIAM_BACK_TO_INPUT};
static const siam_check_options to_weights = {.way_back = SIAM_BACK_TO_WEIGHTS};

Test(conv_pooled, outputs_and_gradients_equal_those_of_layers_of_their_own, .timeout = 300) {
  check_sizes("winograd4", 3, "relu\nmax_pool 2\n", to_input);
  check_sizes("winograd2", 3, "relu\nmax_pool 2\n", to_weights);
  check_sizes("winograd4", 3, "max_pool 2\n", to_input);
}

Test(conv_pooled, larger_filters_are_done_too, .timeout = 300) {
  check_sizes("winograd4", 5, "max_pool 2\n", to_input);
  check_sizes("winograd2", 5, "relu\nmax_pool 2\n", to_input);
  check_sizes("winograd2", 7, "relu\nmax_pool 2\n", to_input);
}

Test(conv_pooled, a_bias_alone_has_its_gradient_summed_with_those_of_the_weights, .timeout = 300) {
  check_sizes("winograd4", 3, "relu\n", to_input);
  check_sizes("winograd3", 4, "", to_weights);
}

/// How many layers are left of a convolution of these, with `behind` it, in a training that asks for all.
static size_t count_layers(const char *conv, const char *behind) {
  char text[96];
  siam_network *network = NULL;
  siam_layer layers[8];
  snprintf(text, sizeof text, "input 14 14 32\n%s\n%s", conv, behind);
  siam_test_ok(siam_description_parse("the test", text, NULL, &network));
  siam_test_ok(siam_network_place(network, siam_test_device(), 1));
  const siam_run_options options = {.images = 4, .training = true};
  const size_t count = siam_network_absorb(network, &options, layers);
  siam_network_destroy(network);
  return count;
}

Test(conv_pooled, only_what_the_engine_can_is_taken_over) {
  if (!siam_test_device()->traits.is_cpu) cr_skip("the engine is for devices of CPU form");
  cr_expect_eq(count_layers("conv 32 3 pad=1", "relu\nmax_pool 2\n"), 1);
  cr_expect_eq(count_layers("conv 32 3 pad=1", "max_pool 2\n"), 1);
  cr_expect_eq(count_layers("conv 32 3 pad=1", "max_pool 2\nrelu\n"), 2);
  cr_expect_eq(count_layers("conv 32 3 pad=1", "leaky_relu\nmax_pool 2\n"), 2);
  cr_expect_eq(count_layers("conv 32 3 pad=1", "relu\nmax_pool 3\n"), 2);
  setenv("SIAMESE_CONV", "direct", 1);
  cr_expect_eq(count_layers("conv 32 3 pad=1", "relu\nmax_pool 2\n"), 2);
  setenv("SIAMESE_CONV", "winograd3", 1);
  cr_expect_eq(count_layers("conv 32 4 pad=1", "relu\nmax_pool 2\n"), 2, "tiles of three hold no windows");
}

Test(conv_pooled, a_constant_picture_gives_finite_gradients) {
  setenv("SIAMESE_CONV", "winograd4", 1);
  const siam_check_options options = {
      .images = 2, .values = SIAM_VALUES_ZERO, .way_back = SIAM_BACK_TO_INPUT, .no_differences = true};
  siam_check_description("input 6 6 4\nconv 16 3 bias=0\nmax_pool 2\n", &options);
}

// The bounds of the checks above allow for either side of ReLU's kink, where all outputs of a window end.
Test(conv_pooled, what_relu_cuts_has_no_gradient_at_all) {
  enum { PIXELS = 6 * 6 * 4, OUTPUTS = 3 * 3 * 17, IMAGES = 2 };
  setenv("SIAMESE_CONV", "winograd4", 1);
  siam_device *device = siam_test_device();
  siam_network *network = NULL;
  siam_run *run = NULL;
  siam_test_ok(
      siam_description_parse("the test", "input 6 6 4\nconv 17 3 pad=1\nrelu\nmax_pool 2\n", NULL, &network));
  siam_test_ok(siam_network_place(network, device, 1));
  const siam_parameter *bias = &network->store.parameters[1];
  cr_assert_eq(bias->count, 17);
  float low[17], x[IMAGES * PIXELS], dy[IMAGES * OUTPUTS];
  for (int i = 0; i < 17; i++) low[i] = -1000;
  siam_test_ok(siam_buffer_write(device, network->store.weights, bias->offset, bias->count, low));
  siam_test_numbers(x, IMAGES * PIXELS, 1);
  siam_test_numbers(dy, IMAGES * OUTPUTS, 2);
  const siam_view from = siam_test_upload(x, IMAGES * PIXELS), to = siam_test_upload(dy, IMAGES * OUTPUTS),
                  slopes = siam_test_upload(dy, IMAGES * OUTPUTS), dx = siam_test_upload(x, IMAGES * PIXELS);
  cl_mem gradients = NULL;
  siam_test_ok(siam_buffer_create(device, network->store.trained, &gradients));
  siam_tape *tape = siam_test_tape();
  const siam_run_options options = {.images = IMAGES, .training = true, .way_back = SIAM_BACK_TO_INPUT};
  siam_test_ok(siam_run_forward(network, tape, &options, from, to, &run));
  siam_test_ok(siam_run_backward_to_input(run, slopes, gradients, dx));
  siam_test_run(tape);
  siam_test_download(dx, x);
  for (int i = 0; i < IMAGES * PIXELS; i++) cr_expect_eq(x[i], 0);
  siam_run_destroy(run);
  siam_buffer_release(device, gradients);
  siam_network_destroy(network);
}

Test(conv_pooled, layers_before_and_behind_it_keep_their_gradients) {
  setenv("SIAMESE_CONV", "winograd4", 1);
  const siam_check_options options = {.images = 2, .way_back = SIAM_BACK_TO_INPUT, .no_differences = true};
  siam_check_description("input 10 9 3\nconv 20 3 pad=1\nrelu\nmax_pool 2\nconv 18 3 pad=1 bias=0\nrelu\n"
                         "conv 20 3 pad=1\nmax_pool 2\nflatten\nlinear 5\n",
                         &options);
}
