#include "device_memory.h"
#include "gradient_check.h"
#include "model/description.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(conv_transpose, .fini = siam_test_device_close);

/// One pixel, one channel, odd sizes, channels beside multiples of a vector, strides beyond the kernel (which
/// leave gaps), padding that takes the edges away, rests of a stride.
static const struct {
  const char *text;
  int images;
} shapes[] = {
    {"input 1 1 1\nconv_transpose 1 1", 1},
    {"input 1 1 3\nconv_transpose 5 1", 2},
    {"input 1 1 20\nconv_transpose 3 5", 2},
    {"input 5 7 3\nconv_transpose 16 3", 1},
    {"input 7 5 16\nconv_transpose 17 3 pad=1", 2},
    {"input 6 6 17\nconv_transpose 20 3 stride=2 pad=1", 3},
    {"input 3 3 16\nconv_transpose 3 3 stride=2 pad=1 output_pad=1", 2},
    {"input 4 3 5\nconv_transpose 3 2 stride=3", 1},
    {"input 3 4 5\nconv_transpose 2 2 stride=4 output_pad=3", 1},
    {"input 6 5 1\nconv_transpose 33 5", 2},
    {"input 5 5 20\nconv_transpose 50 4 pad=3", 1},
    {"input 4 4 64\nconv_transpose 64 3 pad=1", 1},
    {"input 9 8 3\nconv_transpose 64 3 pad=1", 2},
    {"input 5 4 2\nconv_transpose 1 8 stride=2 pad=2", 2},
    {"input 3 4 50\nconv_transpose 1 3 stride=2", 2},
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

Test(conv_transpose, outputs_and_gradients_equal_the_reference) {
  check_shapes("", true);
}

// The reference of these has been differentiated by the test before.
Test(conv_transpose, the_bias_can_be_left_out) {
  check_shapes(" bias=0", false);
}

Test(conv_transpose, an_absorbed_activation_equals_one_of_its_own) {
  check_shapes("\nrelu", false);
  check_shapes("\nsigmoid", false);
  check_shapes(" bias=0\nleaky_relu 0.25", false);
}

/// A decoder of its encoder's filters: both directions add to one gradient, in any order of the two, and with
/// the decoder of every stride back at the picture's size.
Test(conv_transpose, a_decoder_refers_to_its_encoders_filters_plainly) {
  static const char *const texts[] = {
      "input 7 6 3\nconv 5 3 pad=1 name=e\nrelu\nconv_transpose 3 3 pad=1 weight=e.weight\n",
      "input 8 8 1\nconv 20 3 stride=2 pad=1 name=e\ntanh\n"
      "conv_transpose 1 3 stride=2 pad=1 output_pad=1 weight=e.weight\n",
      "input 9 7 2\nconv 4 3 weight=d.weight\nsigmoid\nconv_transpose 2 3 name=d\n",
      "input 8 8 1\nconv 4 3 stride=2 pad=1 name=a\nrelu\nconv 6 3 name=b\nrelu\nflatten\nlinear 5 name=c\n"
      "linear 24 weight=c.weight^T\nrelu\nreshape 2 2 6\nconv_transpose 4 3 weight=b.weight\nrelu\n"
      "conv_transpose 1 3 stride=2 pad=1 output_pad=1 weight=a.weight\n",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    siam_check_description(texts[i], &(siam_check_options){.images = 2, .seed = 20 + (uint32_t)i});
}

Test(conv_transpose, two_layers_may_share_their_filters) {
  siam_check_description("input 4 4 3\nconv_transpose 3 3 pad=1 name=first\n"
                         "conv_transpose 3 3 pad=1 weight=first.weight bias=first.bias\n",
                         &(siam_check_options){.images = 2});
}

Test(conv_transpose, nan_spoils_what_it_touches_only) {
  const siam_check_options options = {.images = 2, .nan_at = 100, .way_back = SIAM_NO_WAY_BACK};
  siam_check_description("input 9 9 3\nconv_transpose 5 3 pad=1\nrelu\n", &options);
}

static void refuses(const char *text, const char *words) {
  siam_network *network = NULL;
  cr_expect_neq(siam_description_parse("the test", text, NULL, &network), SIAM_OK, "%s", text);
  cr_expect_not_null(strstr(siam_last_error(), words), "%s", siam_last_error());
}

Test(conv_transpose, what_does_not_fit_is_refused_with_the_reason) {
  refuses("input 4 4 1\nconv_transpose\n", "'filters' must be given");
  refuses("input 4 4 1\nconv_transpose 1 3 stride=2 output_pad=2\n",
          "output_pad=2 must be below the stride, 2");
  refuses("input 1 2 1\nconv_transpose 1 3 pad=2\n", "pad=2 leaves nothing of a picture of 1×2");
  refuses("input 16384 16384 1\nconv_transpose 1 3 stride=64\n", "conv_transpose1");
  refuses("input 8 8 1\nconv 4 3 name=e\nconv_transpose 2 3 weight=e.weight\n",
          "needs [3,3,2,4] and 'e.weight' is [3,3,1,4]");
  refuses("input 8 8 4\nconv 4 3 name=e\nconv_transpose 4 3 weight=e.weight^T\n",
          "only matrices have a transpose");
}
