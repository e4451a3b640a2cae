#include "device_memory.h"
#include "gradient_check.h"
#include "model/description.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(linear, .fini = siam_test_device_close);

static const struct {
  int images, in, out;
} sizes[] = {{1, 1, 1}, {2, 3, 5}, {1, 17, 50}, {5, 64, 16}, {20, 50, 17}, {3, 129, 65}, {33, 20, 3}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void check_sizes(const char *behind) {
  for (int i = 0; i < SIZES; i++) {
    char text[128];
    snprintf(text, sizeof text, "input 1 1 %d\nlinear %d%s\n", sizes[i].in, sizes[i].out, behind);
    siam_check_description(text, &(siam_check_options){.images = sizes[i].images, .seed = (uint32_t)i});
  }
}

Test(linear, products_and_gradients_equal_the_reference) {
  check_sizes("");
}

Test(linear, the_bias_can_be_left_out) {
  check_sizes(" bias=0");
}

Test(linear, an_absorbed_activation_equals_one_of_its_own) {
  check_sizes("\nrelu");
  check_sizes("\nleaky_relu 0.25");
  check_sizes("\nsigmoid");
  check_sizes("\ntanh");
}

Test(linear, a_transposed_slot_adds_its_gradient_to_the_matrix_as_it_lies) {
  for (int i = 0; i < SIZES; i++) {
    char text[128];
    snprintf(text, sizeof text, "input 1 1 %d\nlinear %d name=encoder\nlinear %d weight=encoder.weight^T\n",
             sizes[i].in, sizes[i].out, sizes[i].in);
    siam_check_description(text, &(siam_check_options){.images = sizes[i].images});
  }
}

Test(linear, nan_spoils_its_own_row_only) {
  const siam_check_options options = {.images = 3, .nan_at = 25, .way_back = SIAM_NO_WAY_BACK};
  siam_check_description("input 1 1 20\nlinear 17\nrelu\n", &options);
}

Test(linear, a_picture_is_refused_with_the_way_out) {
  siam_network *network = NULL;
  cr_expect_neq(siam_description_parse("the test", "input 4 6 1\nlinear 3\n", NULL, &network), SIAM_OK);
  cr_expect_not_null(strstr(siam_last_error(), "put 'flatten' or 'global_avg_pool' before it"), "%s",
                     siam_last_error());
}
