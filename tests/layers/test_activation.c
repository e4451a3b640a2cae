#include "device_memory.h"
#include "gradient_check.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

TestSuite(activation, .fini = siam_test_device_close);

static const char *const names[] = {"relu", "leaky_relu", "leaky_relu 0.25", "sigmoid", "tanh"};
enum { COUNT = sizeof names / sizeof *names };

static void check_sizes(const char *name) {
  // One element, fewer than a vector, one more than vectors, and more than one work-item's run.
  static const char *const inputs[] = {"1 1 1", "1 1 5", "1 1 17", "3 5 3", "1 1 64", "17 13 20"};
  for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
    char text[128];
    snprintf(text, sizeof text, "input %s\n%s\n", inputs[i], name);
    siam_check_description(text, &(siam_check_options){.seed = 1 + (uint32_t)i});
    siam_check_description(text, &(siam_check_options){.images = 3, .seed = 2, .scale = 4});
  }
}

Test(activation, relu_and_its_gradient_equal_the_reference) {
  check_sizes("relu");
}
Test(activation, leaky_relu_and_its_gradient_equal_the_reference) {
  check_sizes("leaky_relu");
  check_sizes("leaky_relu 0.25");
  check_sizes("leaky_relu 0");
  check_sizes("leaky_relu 1");
}
Test(activation, sigmoid_and_its_gradient_equal_the_reference) {
  check_sizes("sigmoid");
}
Test(activation, tanh_and_its_gradient_equal_the_reference) {
  check_sizes("tanh");
}

Test(activation, the_gradient_at_zero_is_that_of_the_negative_side) {
  const siam_check_options coarse = {.values = SIAM_VALUES_COARSE, .no_differences = true};
  siam_check_description("input 7 5 3\nrelu\n", &coarse);
  siam_check_description("input 7 5 3\nleaky_relu\n", &coarse);
}

Test(activation, large_arguments_saturate_without_overflow) {
  for (int i = 0; i < COUNT; i++) {
    char text[64];
    snprintf(text, sizeof text, "input 1 1 33\n%s\n", names[i]);
    siam_check_description(text, &(siam_check_options){.scale = 60, .no_differences = true});
    siam_check_description(text, &(siam_check_options){.scale = 1e30F, .no_differences = true});
  }
}

Test(activation, nan_and_infinities_come_through) {
  const float special[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < COUNT; i++)
    for (int s = 0; s < 3; s++) {
      char text[64];
      snprintf(text, sizeof text, "input 1 1 20\n%s\n", names[i]);
      const siam_check_options options = {.offset = special[s], .no_differences = true};
      siam_check_description(text, &options);
    }
}

Test(activation, a_layer_before_may_take_it_over) {
  for (int i = 0; i < COUNT; i++) {
    char text[128];
    snprintf(text, sizeof text, "input 5 4 3\nconv 5 3\n%s\nflatten\nlinear 7\n%s\n", names[i], names[i]);
    siam_check_description(text, &(siam_check_options){.images = 2});
  }
}
