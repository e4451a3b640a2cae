#include "device_memory.h"
#include "gradient_check.h"
#include "model/description.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(conv_layer, .fini = siam_test_device_close);

/// One pixel, one channel, odd sizes, channels beside multiples of a vector, strides beyond the kernel,
/// padding as wide as the kernel, kernels that just fit.
static const struct {
  const char *text;
  int images;
} shapes[] = {
    {"input 1 1 1\nconv 1 1", 1},
    {"input 1 1 3\nconv 5 1", 2},
    {"input 5 7 3\nconv 16 3", 1},
    {"input 7 5 16\nconv 17 3 pad=1", 2},
    {"input 6 6 17\nconv 20 3 stride=2 pad=1", 3},
    {"input 9 8 5\nconv 3 2 stride=3", 1},
    {"input 10 9 1\nconv 50 5", 2},
    {"input 8 8 20\nconv 50 5", 1},
    {"input 4 4 64\nconv 64 3 pad=1", 1},
    {"input 14 14 3\nconv 64 3 pad=1", 2},
    {"input 3 3 2\nconv 4 3 pad=3", 1},
    {"input 13 11 1\nconv 8 10", 2},
    {"input 5 5 3\nconv 5 4 pad=2 stride=2", 2},
    {"input 3 4 50\nconv 1 3", 2},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void check_shapes(const char *behind, bool differences) {
  for (int i = 0; i < SHAPES; i++) {
    char text[128];
    snprintf(text, sizeof text, "%s%s\n", shapes[i].text, behind);
    const siam_check_options options = {
        .images = shapes[i].images, .seed = (uint32_t)i, .no_differences = !differences};
    siam_check_description(text, &options);
  }
}

Test(conv_layer, outputs_and_gradients_equal_the_reference) {
  check_shapes("", true);
}

// The reference of these has been differentiated by the test before.
Test(conv_layer, the_bias_can_be_left_out) {
  check_shapes(" bias=0", false);
}

Test(conv_layer, an_absorbed_activation_equals_one_of_its_own) {
  check_shapes("\nrelu", false);
  check_shapes("\nleaky_relu 0.25", false);
}

Test(conv_layer, two_layers_may_share_their_filters) {
  siam_check_description(
      "input 5 5 3\nconv 3 3 pad=1 name=first\nconv 3 3 pad=1 weight=first.weight bias=first.bias\n",
      &(siam_check_options){.images = 2});
}

Test(conv_layer, nan_spoils_what_it_touches_only) {
  const siam_check_options options = {.images = 2, .nan_at = 100, .way_back = SIAM_NO_WAY_BACK};
  siam_check_description("input 9 9 3\nconv 5 3 pad=1\nrelu\n", &options);
}

Test(conv_layer, a_filter_larger_than_the_picture_is_refused_with_the_sizes) {
  siam_network *network = NULL;
  cr_expect_neq(siam_description_parse("the test", "input 4 6 1\nconv 3 5\n", NULL, &network), SIAM_OK);
  cr_expect_not_null(strstr(siam_last_error(), "conv1"), "%s", siam_last_error());
  cr_expect_not_null(strstr(siam_last_error(), "5"), "%s", siam_last_error());
}
