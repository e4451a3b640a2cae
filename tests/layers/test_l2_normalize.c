#include "device_memory.h"
#include "gradient_check.h"
#include "model/description.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

TestSuite(l2_normalize, .fini = siam_test_device_close);

static void check_scaled(float scale, bool differences) {
  static const int sizes[] = {1, 3, 16, 17, 64, 129};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    char text[64];
    snprintf(text, sizeof text, "input 1 1 %d\nl2_normalize\n", sizes[i]);
    const siam_check_options options = {.images = 1 + (int)i, .scale = scale, .no_differences = !differences};
    siam_check_description(text, &options);
  }
}

Test(l2_normalize, vectors_and_gradients_equal_the_reference) {
  check_scaled(1, true);
}

Test(l2_normalize, huge_vectors_do_not_overflow) {
  check_scaled(1e18F, true);
  check_scaled(1e38F, false);
}

Test(l2_normalize, tiny_vectors_do_not_vanish) {
  check_scaled(1e-10F, true);
  // Below ε vectors are only scaled, by 1/ε; these lengths lie on both sides of it.
  check_scaled(2e-13F, true);
  check_scaled(1e-18F, true);
  check_scaled(1e-30F, false);
}

Test(l2_normalize, a_zero_vector_stays_zero_and_has_a_finite_gradient) {
  const siam_check_options options = {.images = 3, .values = SIAM_VALUES_ZERO, .no_differences = true};
  siam_check_description("input 1 1 20\nl2_normalize\n", &options);
}

Test(l2_normalize, nan_and_infinity_spoil_their_own_vector_only) {
  const siam_check_options options = {.images = 3, .nan_at = 25, .no_differences = true};
  siam_check_description("input 1 1 20\nl2_normalize\n", &options);
}

Test(l2_normalize, a_picture_is_refused_with_the_way_out) {
  siam_network *network = NULL;
  cr_expect_neq(siam_description_parse("the test", "input 4 6 1\nl2_normalize\n", NULL, &network), SIAM_OK);
  cr_expect_not_null(strstr(siam_last_error(), "put 'flatten' or 'global_avg_pool' before it"), "%s",
                     siam_last_error());
}
