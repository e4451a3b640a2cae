#include "device_memory.h"
#include "gradient_check.h"
#include "model/description.h"

#include <criterion/criterion.h>
#include <string.h>

static siam_network *encoder, *mirrored;
static void clear(void) {
  siam_network_destroy(encoder);
  siam_network_destroy(mirrored);
  encoder = mirrored = NULL;
}
static void end(void) {
  clear();
  siam_test_device_close();
}
TestSuite(mirror, .fini = end);

static void mirror(const char *text, bool tied) {
  clear();
  siam_test_ok(siam_description_parse("the test", text, NULL, &encoder));
  siam_test_ok(siam_network_mirror(encoder, tied, &mirrored));
}

static void expect_layers(const char *expected) {
  const char *text = NULL;
  siam_test_ok(siam_network_describe(mirrored, &text));
  cr_expect_str_eq(text, expected, "%s", text);
}

static void expect_back_at_the_input(const char *what) {
  siam_shape shape = siam_network_output(mirrored), input = encoder->input;
  cr_expect(shape.height == input.height && shape.width == input.width && shape.channels == input.channels,
            "%s: %d×%d×%d", what, shape.height, shape.width, shape.channels);
}

Test(mirror, the_layers_come_back_in_the_other_order_with_what_made_their_input_behind_them) {
  mirror("input 9 9 3\nconv 8 3 stride=2 pad=1\nbatch_norm epsilon=0.5\nrelu\nmax_pool 2\n"
         "conv 4 2 bias=0 name=second\nleaky_relu 0.2\ndropout\nflatten\nlinear 5\nsigmoid\nl2_normalize\n",
         true);
  expect_layers("input 9 9 3\nconv 8 3 stride=2 pad=1\nbatch_norm epsilon=0.5\nrelu\nmax_pool 2\n"
                "conv 4 2 bias=0 name=second\nleaky_relu 0.2\ndropout 0.5\nflatten\nlinear 5\nsigmoid\n"
                "linear 4 name=mirror_linear1 weight=linear1.weight^T\n"
                "reshape 1 1 4 name=mirror_flatten1\n"
                "leaky_relu 0.2 name=mirror_leaky_relu1\n"
                "conv_transpose 8 2 name=mirror_second weight=second.weight\n"
                "batch_norm epsilon=0.5 name=mirror_batch_norm1\nrelu name=mirror_relu1\n"
                "upsample 2 output_pad=1 name=mirror_max_pool1\n"
                "conv_transpose 3 3 stride=2 pad=1 name=mirror_conv1 weight=conv1.weight\n");
}

Test(mirror, what_treats_vectors_comes_before_the_picture_is_put_together_again) {
  mirror("input 4 4 1\nconv 2 3\ntanh\navg_pool 2\nflatten\nbatch_norm\nlinear 3\n", false);
  expect_layers("input 4 4 1\nconv 2 3\ntanh\navg_pool 2\nflatten\nbatch_norm\nlinear 3\n"
                "linear 2 name=mirror_linear1\nbatch_norm name=mirror_batch_norm1\n"
                "reshape 1 1 2 name=mirror_flatten1\ntanh name=mirror_tanh1\n"
                "upsample 2 name=mirror_avg_pool1\nconv_transpose 1 3 name=mirror_conv1\n");
}

Test(mirror, what_stands_before_the_first_weights_and_behind_the_last_is_not_wanted) {
  mirror("input 8 8 1\nbatch_norm\navg_pool 2\nconv 3 3\nrelu\nglobal_avg_pool\n", true);
  expect_layers("input 8 8 1\nbatch_norm\navg_pool 2\nconv 3 3\nrelu\nglobal_avg_pool\n"
                "upsample 2 name=mirror_global_avg_pool1\n"
                "conv_transpose 1 3 name=mirror_conv1 weight=conv1.weight\n"
                "upsample 2 name=mirror_avg_pool1\n");
}

Test(mirror, every_built_in_encoder_comes_back_at_its_pictures_in_any_size_or_has_branches_and_is_refused) {
  for (const siam_encoder *row = siam_encoders; row->name != NULL; row++)
    for (int size = 105; size < 130; size += 3) {
      clear();
      siam_test_ok(siam_encoder_build(
          row->name, &(siam_description_changes){.size = size, .channels = 3, .embedding = 7}, &encoder));
      siam_status status = siam_network_mirror(encoder, size % 2 == 0, &mirrored);
      if (strstr(row->text, "\nadd ") != NULL) {
        cr_assert_eq(status, SIAM_ERROR_ARGUMENT, "%s", row->name);
        cr_assert_not_null(strstr(siam_last_error(), "mirror"));
        continue;
      }
      siam_test_ok(status);
      expect_back_at_the_input(row->name);
    }
}

Test(mirror, an_encoder_with_branches_is_refused_by_the_layer_that_makes_them) {
  siam_test_ok(siam_description_parse(
      "the test", "input 8 8 1\nconv 2 3 name=first\nrelu name=a\nconv 2 1 from=first name=side\nadd a\n",
      NULL, &encoder));
  cr_expect_eq(siam_network_mirror(encoder, true, &mirrored), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "side: reads 'first'"), "%s", siam_last_error());
}

Test(mirror, windows_of_every_kind_lead_back) {
  static const char *const texts[] = {
      "input 9 9 1\nconv 2 3\nmax_pool 3 stride=2\nconv 2 1\n",
      "input 8 8 1\nconv 2 3 pad=1\nmax_pool 3 stride=1 pad=1\n",
      "input 8 8 1\nconv 2 3 pad=1\nmax_pool 3 stride=2 pad=1\n",
      "input 11 11 2\nconv 2 2 stride=3\n",
      "input 10 7 1\nconv 2 3\nrelu\nconv 1 3\n",
      "input 10 8 1\nconv 2 3 stride=2 pad=1\n",
      "input 5 3 2\nflatten\nlinear 4\n",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    mirror(texts[i], true);
    expect_back_at_the_input(texts[i]);
  }
}

Test(mirror, a_tied_one_has_biases_more_and_an_untied_one_all_weights_twice) {
  const char *text =
      "input 6 6 2\nconv 4 3\nbatch_norm\nrelu\nconv 3 2 weight=x.weight\nconv 4 1\nconv 3 2 name=x\n"
      "flatten\nlinear 5\n";
  mirror(text, true);
  size_t own = siam_network_get_info(encoder).weights;
  // Biases of both channels, of 4 filters three times, of 3, of the 12 that flatten gives; scales and shifts.
  cr_expect_eq(siam_network_get_info(mirrored).weights, own + 2 + 4 + 3 + 4 + 12 + 8);
  bool transposed = false;
  siam_parameter_info info;
  siam_test_ok(siam_network_get_slot(mirrored, "mirror_conv2.weight", &info, &transposed));
  cr_expect_str_eq(info.name, "x.weight");
  cr_expect_not(transposed);
  siam_test_ok(siam_network_get_slot(mirrored, "mirror_linear1.weight", &info, &transposed));
  cr_expect(transposed);
  mirror(text, false);
  size_t weights = 3 * 3 * 2 * 4 + 2 * (2 * 2 * 4 * 3) + 3 * 4 + 12 * 5;
  cr_expect_eq(siam_network_get_info(mirrored).weights, own + weights + 2 + 4 + 3 + 4 + 12 + 8);
}

Test(mirror, gradients_of_both_ways_add_up_as_in_the_reference) {
  mirror("input 7 7 2\nconv 4 3 stride=2 pad=1\nbatch_norm\nrelu\nmax_pool 2\nconv 3 2 pad=1\ntanh\nflatten\n"
         "linear 4\nl2_normalize\n",
         true);
  siam_test_ok(siam_network_place(mirrored, siam_test_device(), 1));
  siam_check_network(mirrored, &(siam_check_options){.images = 3, .training = true, .seed = 3});
}

static void refuses(const char *text, const char *words) {
  clear();
  siam_test_ok(siam_description_parse("the test", text, NULL, &encoder));
  cr_expect_eq(siam_network_mirror(encoder, true, &mirrored), SIAM_ERROR_ARGUMENT, "%s", text);
  cr_expect_not_null(strstr(siam_last_error(), words), "%s", siam_last_error());
  cr_expect_null(mirrored);
}

Test(mirror, what_has_no_mirror_is_refused_by_name) {
  refuses("input 1 1 3\nembedding 5 4 name=words\nlinear 3\n",
          "words: a layer of type 'embedding' has no mirror");
  refuses("input 1 1 3\nlinear 4\nl2_normalize name=middle\nlinear 3\n",
          "middle: a layer of type 'l2_normalize'");
  refuses("input 4 4 1\nrelu\nflatten\n", "without conv and linear");
  refuses("input 8 7 1\nconv 2 3 stride=2 pad=1\n", "conv1: of a picture of 8×7 it has no mirror");
  refuses("input 8 7 1\nconv 2 3 pad=1\nmax_pool 2\n", "max_pool1: of a picture of 8×7");
  refuses("input 7 7 1\nconv 2 3 pad=1\nmax_pool 3 stride=2 pad=1\n", "would give 8×8");
  refuses("input 8 7 1\nconv 2 3\nglobal_avg_pool\n", "global_avg_pool1: of a picture of 6×5");
}
