#include "device_memory.h"
#include "gradient_check.h"

#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(layer_norm, .fini = siam_test_device_close);

static void check(const siam_check_options *options) {
  static const char *const inputs[] = {"1 1 2", "1 1 17", "3 5 1", "4 4 4", "5 7 3", "16 16 3"};
  for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
    char text[64];
    snprintf(text, sizeof text, "input %s\nlayer_norm\n", inputs[i]);
    siam_check_options of_size = *options;
    of_size.images = 1 + (int)i;
    siam_check_description(text, &of_size);
  }
}

Test(layer_norm, images_and_gradients_equal_the_reference) {
  check(&(siam_check_options){0});
}

Test(layer_norm, a_mean_far_from_zero_costs_no_more_than_it_must) {
  check(&(siam_check_options){.offset = 50, .no_differences = true});
}

Test(layer_norm, small_values_are_held_back_by_epsilon) {
  check(&(siam_check_options){.scale = 1e-3F});
}

Test(layer_norm, an_image_of_one_value_becomes_zero_with_a_finite_gradient) {
  check(&(siam_check_options){.values = SIAM_VALUES_ZERO, .no_differences = true});
}

Test(layer_norm, nan_spoils_its_own_image_only) {
  const siam_check_options options = {.images = 3, .nan_at = 25, .no_differences = true};
  siam_check_description("input 5 4 1\nlayer_norm\n", &options);
}

Test(layer_norm, stands_before_a_convolution_and_another_epsilon_is_kept) {
  siam_check_description("input 6 5 3\nlayer_norm epsilon=0.01\nconv 4 3 pad=1\nlayer_norm\nrelu\n",
                         &(siam_check_options){.images = 3});
}
