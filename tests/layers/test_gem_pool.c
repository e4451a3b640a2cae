#include "device_memory.h"
#include "gradient_check.h"
#include "model/description.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

TestSuite(gem_pool, .fini = siam_test_device_close);

static const char *const sizes[] = {"1 1 1", "1 1 17", "2 1 16", "7 5 3", "4 6 64", "3 3 50", "9 9 20"};
enum { SIZES = sizeof sizes / sizeof *sizes };

/// Checks with the exponent p.
static void check(const char *text, float p, const siam_check_options *options) {
  siam_network *network = NULL;
  unsigned exponent = 0;
  siam_check_options kept = *options;
  siam_test_ok(siam_description_parse("the test", text, NULL, &network));
  siam_test_ok(siam_network_place(network, siam_test_device(), 1));
  siam_check_fill_parameters(network, options->seed + 1);
  siam_test_ok(siam_store_find(&network->store, "gem_pool1.exponent", &exponent));
  siam_test_ok(siam_buffer_write(siam_test_device(), network->store.weights,
                                 network->store.parameters[exponent].offset, 1, &p));
  kept.keep_parameters = true;
  siam_check_network(network, &kept);
  siam_network_destroy(network);
}

Test(gem_pool, means_and_gradients_equal_the_reference_at_every_size) {
  static const float exponents[] = {1.25F, 3, 6.5F};
  for (size_t i = 0; i < SIZES; i++)
    for (size_t p = 0; p < sizeof exponents / sizeof *exponents; p++) {
      char text[64];
      snprintf(text, sizeof text, "input %s\ngem_pool\n", sizes[i]);
      check(text, exponents[p],
            &(siam_check_options){.images = 1 + (int)i % 3, .offset = 1.5F, .seed = (uint32_t)i});
    }
}

Test(gem_pool, what_is_below_epsilon_counts_as_epsilon_and_gets_no_gradient) {
  for (size_t i = 0; i < SIZES; i++) {
    char text[64];
    snprintf(text, sizeof text, "input %s\ngem_pool epsilon=0.01\n", sizes[i]);
    check(text, 3, &(siam_check_options){.images = 2, .seed = (uint32_t)i + 20, .no_differences = true});
  }
}

Test(gem_pool, an_exponent_out_of_its_limits_is_held_and_has_no_gradient) {
  static const float exponents[] = {-4, 0, 1, 16, 1e9F};
  for (size_t p = 0; p < sizeof exponents / sizeof *exponents; p++)
    check("input 4 3 19\ngem_pool\n", exponents[p],
          &(siam_check_options){.images = 2, .offset = 1.5F, .no_differences = true});
}

Test(gem_pool, huge_and_tiny_values_have_finite_results) {
  check("input 4 3 19\ngem_pool\n", 12,
        &(siam_check_options){.images = 2, .scale = 1e20F, .offset = 2e20F, .no_differences = true});
  check("input 4 3 19\ngem_pool\n", 12,
        &(siam_check_options){.images = 2, .scale = 1e-20F, .no_differences = true});
}

Test(gem_pool, behind_a_convolution_errors_are_carried_along) {
  check("input 6 5 3\nconv 19 3 pad=1\nrelu\ngem_pool\nlinear 5\nl2_normalize\n", 3,
        &(siam_check_options){
            .images = 3, .training = true, .offset = 0.5F, .seed = 9, .no_differences = true});
}

Test(gem_pool, a_nan_never_vanishes) {
  check("input 3 3 5\ngem_pool\n", 3,
        &(siam_check_options){.images = 2, .nan_at = 7, .no_differences = true});
}
