#include "device_memory.h"
#include "gradient_check.h"
#include "model/description.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

TestSuite(depthwise_conv, .fini = siam_test_device_close);

Test(depthwise_conv, outputs_and_gradients_equal_the_reference_at_every_edge) {
  static const char *const networks[] = {
      "input 1 1 1\ndepthwise_conv 1\n",
      "input 5 7 3\ndepthwise_conv 3\n",
      "input 7 5 17\ndepthwise_conv 3 pad=1\n",
      "input 6 9 16\ndepthwise_conv 3 stride=2 pad=1\n",
      "input 8 8 50\ndepthwise_conv 5 pad=2\nrelu\n",
      "input 9 4 20\ndepthwise_conv 2 stride=3\nleaky_relu 0.1\n",
      "input 4 5 64\ndepthwise_conv 4 stride=2 pad=3\n",
      "input 3 3 8\ndepthwise_conv 5 stride=3 pad=4 bias=0\n",
      "input 10 10 4\ndepthwise_conv 1 stride=4\nsigmoid\n",
  };
  for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
    siam_check_description(networks[i],
                           &(siam_check_options){.images = 1 + (int)i % 3, .seed = (uint32_t)i + 1});
}

Test(depthwise_conv, with_pointwise_convolutions_it_is_a_separable_block) {
  for (int training = 0; training < 2; training++)
    siam_check_description("input 8 6 3\nconv 20 1\nbatch_norm\nrelu name=past\n"
                           "depthwise_conv 3 pad=1\nbatch_norm\nrelu\nconv 20 1\nbatch_norm\nadd past\n",
                           &(siam_check_options){.images = 3, .training = training != 0, .seed = 11});
}

Test(depthwise_conv, one_parameter_may_serve_two_layers) {
  siam_check_description("input 6 6 5\ndepthwise_conv 3 pad=1\nrelu\n"
                         "depthwise_conv 3 pad=1 weight=depthwise_conv1.weight\n",
                         &(siam_check_options){.images = 2, .seed = 3});
}

Test(depthwise_conv, the_sum_over_many_pixels_is_split_and_joined) {
  siam_check_description("input 40 30 5\ndepthwise_conv 3 pad=1\n",
                         &(siam_check_options){.images = 3, .seed = 4, .no_differences = true});
}

Test(depthwise_conv, filters_larger_than_the_picture_are_refused) {
  siam_network *network = NULL;
  cr_expect_eq(siam_description_parse("the test", "input 3 3 2\ndepthwise_conv 5\n", NULL, &network),
               SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "larger than the padded image"), "%s", siam_last_error());
}

Test(depthwise_conv, a_nan_never_vanishes) {
  siam_check_description("input 4 4 5\ndepthwise_conv 3 pad=1\nrelu\n",
                         &(siam_check_options){.images = 2, .nan_at = 7, .no_differences = true});
}
