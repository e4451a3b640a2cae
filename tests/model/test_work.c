#include "device_memory.h"
#include "model/description.h"
#include "model/work.h"

#include <criterion/criterion.h>

static siam_network *network;
static void end(void) {
  siam_network_destroy(network);
  siam_test_device_close();
}
TestSuite(work, .fini = end);

static siam_work work_of(const char *name, int images, bool training) {
  siam_work work = {0};
  siam_test_ok(siam_encoder_build(name, NULL, &network));
  siam_test_ok(siam_network_work(network, images, training, &work));
  siam_network_destroy(network);
  network = NULL;
  return work;
}

// Counted by hand: for each convolution, places of the output · filter · channels · filters; for each linear
// layer, in · out.
static const double conv4_first = 28 * 28 * 9 * 1 * 64;
static const double conv4_rest = 14 * 14 * 9 * 64 * 64 + 7 * 7 * 9 * 64 * 64 + 3 * 3 * 9 * 64 * 64 + 64 * 64;
static const double lenet_first = 24 * 24 * 25 * 1 * 20;
static const double lenet_rest = 8 * 8 * 25 * 20 * 50 + 800 * 500 + 500 * 10 + 10 * 2;
static const double koch_first = 96.0 * 96 * 100 * 64;
static const double koch_rest =
    42.0 * 42 * 49 * 64 * 128 + 18.0 * 18 * 16 * 128 * 128 + 6.0 * 6 * 16 * 128 * 256 + 9216.0 * 4096;

Test(work, a_forward_pass_takes_two_operations_for_each_multiply_add) {
  cr_expect_eq(work_of("conv4", 1, false).flops, 2 * (conv4_first + conv4_rest));
  cr_expect_eq(work_of("lenet", 10, false).flops, 20 * (lenet_first + lenet_rest));
  cr_expect_eq(work_of("koch", 1, false).flops, 2 * (koch_first + koch_rest));
}

Test(work, training_takes_three_times_that_but_no_gradient_of_the_pictures) {
  cr_expect_eq(work_of("conv4", 128, true).flops, 128 * (4 * conv4_first + 6 * conv4_rest));
  cr_expect_eq(work_of("lenet", 128, true).flops, 128 * (4 * lenet_first + 6 * lenet_rest));
  cr_expect_eq(work_of("koch", 32, true).flops, 32 * (4 * koch_first + 6 * koch_rest));
}

Test(work, a_transposed_convolution_stamps_its_filters_at_every_pixel_of_its_input) {
  siam_test_ok(
      siam_description_parse("the test", "input 4 5 3\nconv_transpose 2 3 stride=2\n", NULL, &network));
  siam_work work = {0};
  siam_test_ok(siam_network_work(network, 1, false, &work));
  cr_expect_eq(work.flops, 2 * 4 * 5 * 3 * 9 * 2);
}

Test(work, bytes_are_those_of_each_layers_tensors) {
  // 2 images of 4 floats, linear to 3 (12 weights, 3 biases) with its ReLU, linear to 2 (6 and 2).
  siam_test_ok(siam_description_parse("the test", "input 1 1 4\nlinear 3\nrelu\nlinear 2\n", NULL, &network));
  siam_work work = {0};
  siam_test_ok(siam_network_work(network, 2, false, &work));
  const double first = 2 * 4 + 2 * 3 + 15, second = 2 * 3 + 2 * 2 + 8;
  cr_expect_eq(work.bytes, 4 * (first + second));
  siam_test_ok(siam_network_work(network, 2, true, &work));
  // Back: input, gradient of the output, parameters, their gradients read and written; for the second layer
  // the gradient of its input too.
  const double first_back = 2 * 4 + 2 * 3 + 3 * 15, second_back = 2 * 3 + 2 * 2 + 3 * 8 + 2 * 3;
  cr_expect_eq(work.bytes, 4 * (first + second + first_back + second_back));
}
