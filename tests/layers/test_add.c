#include "device_memory.h"
#include "gradient_check.h"
#include "model/description.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(add, .fini = siam_test_device_close);

static void check(const char *text, const siam_check_options *options) {
  siam_check_description(text, options);
}

Test(add, sums_and_gradients_equal_the_reference_at_every_size) {
  static const char *const networks[] = {
      "input 1 1 1\nlinear 1 name=a\nlinear 1\nadd a\n",
      "input 5 3 7\nconv 7 3 pad=1\nadd input\n",
      "input 5 3 7\nconv 17 3 pad=1\nrelu name=past\nconv 17 3 pad=1\nadd past\nrelu\n",
      "input 4 6 3\nconv 16 1\nsigmoid name=past\nconv 16 3 pad=1\nadd past\nleaky_relu 0.1\n",
      "input 6 4 5\nconv 9 3 pad=1\nrelu name=past\nconv 9 3 pad=1\nadd past\ntanh\nmax_pool 2\n",
  };
  for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
    for (int training = 0; training < 2; training++)
      check(networks[i],
            &(siam_check_options){.images = 1 + (int)i, .training = training != 0, .seed = (uint32_t)i + 1});
}

Test(add, gradients_of_all_uses_of_an_output_sum) {
  // Read by two layers and an addition, added to itself, and the input of the network read three times.
  check("input 1 1 19\nlinear 19\ntanh name=past\nlinear 19 name=a\nlinear 19 from=past\nadd a\nadd past\n",
        &(siam_check_options){.images = 3, .seed = 5});
  check("input 1 1 9\nlinear 9\ntanh name=past\nadd past\n", &(siam_check_options){.images = 2, .seed = 6});
  check("input 1 1 9\nlinear 9 name=a\nlinear 9 from=input\nadd a\nadd input\n",
        &(siam_check_options){.images = 2, .seed = 7});
  check("input 2 3 4\nflatten name=flat\nlinear 24\nadd flat\n",
        &(siam_check_options){.images = 2, .seed = 8});
}

Test(add, a_residual_block_with_a_convolution_past_it_equals_the_reference) {
  static const char block[] =
      "input 8 6 5\n"
      "conv 16 3 pad=1 bias=0\nbatch_norm\nleaky_relu 0.1\n"
      "conv 16 3 pad=1 bias=0\nbatch_norm name=body\n"
      "conv 16 1 bias=0 from=input\nbatch_norm\nadd body\nleaky_relu 0.1\nmax_pool 2\n";
  static const char smooth[] = "input 6 4 5\n"
                               "conv 9 3 pad=1 bias=0\nbatch_norm\ntanh\n"
                               "conv 9 3 pad=1 bias=0\nbatch_norm name=body\n"
                               "conv 9 1 bias=0 from=input\nbatch_norm\nadd body\ntanh\navg_pool 2\n";
  for (int training = 0; training < 2; training++) {
    check(smooth, &(siam_check_options){.images = 3, .training = training != 0, .seed = 2});
    for (siam_way_back back = SIAM_BACK_TO_INPUT; back <= SIAM_NO_WAY_BACK; back++)
      check(block, &(siam_check_options){.images = 3,
                                         .training = training != 0,
                                         .way_back = back,
                                         .seed = 3 + (uint32_t)back,
                                         .no_differences = true});
  }
}

Test(add, layers_that_others_read_keep_their_output) {
  // Nothing may be folded into the convolution, nor into its normalisation: both are read again.
  check("input 6 6 3\nconv 16 3 pad=1 name=c\nbatch_norm name=n\nrelu\nadd c\nadd n\n",
        &(siam_check_options){.images = 2, .training = true, .seed = 2});
  check("input 6 6 3\nconv 16 3 pad=1 name=c\nbatch_norm name=n\nrelu\nadd c\nadd n\n",
        &(siam_check_options){.images = 2, .way_back = SIAM_NO_WAY_BACK, .seed = 2});
}

Test(add, biases_before_an_addition_get_their_gradient) {
  // A bias before a normalisation has none; one whose sum is normalised has none either; others do.
  check("input 5 5 3\nconv 8 3 pad=1\nbatch_norm name=a\nconv 8 3 pad=1\nadd a\n",
        &(siam_check_options){.images = 2, .training = true, .seed = 4});
  check("input 5 5 3\nconv 8 3 pad=1 name=a\nconv 8 3 pad=1\nadd a\nbatch_norm\n",
        &(siam_check_options){.images = 2, .training = true, .seed = 4});
}

Test(add, a_nan_never_vanishes) {
  check("input 3 3 5\nconv 5 1\nadd input\nrelu\n",
        &(siam_check_options){.images = 2, .nan_at = 7, .no_differences = true});
}
