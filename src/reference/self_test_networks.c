#include "model/description.h"
#include "reference/network_check.h"
#include "reference/self_test_rows.h"

#include <math.h>
#include <stdio.h>

/// Every type of layer, at sizes that no vector or work-group divides, and three encoders whole. `training`:
/// with statistics of the batch, and dropout.
static const struct {
  const char *name, *description;
  int images;
  bool training;
} networks[] = {
    {"conv", "input 9 10 6\nconv 18 3 stride=2 pad=1\n", 2, false},
    {"conv, relu", "input 7 11 5\nconv 15 5 pad=2\nrelu\n", 2, false},
    {"conv_transpose", "input 4 5 3\nconv_transpose 7 3 stride=2 pad=1\n", 2, false},
    {"linear", "input 1 1 129\nlinear 65\n", 3, false},
    {"linear, sigmoid", "input 1 1 17\nlinear 50\nsigmoid\n", 5, false},
    {"batch_norm", "input 7 5 17\nbatch_norm\n", 3, true},
    {"batch_norm, relu, max_pool", "input 8 6 20\nbatch_norm\nrelu\nmax_pool 2\n", 2, true},
    {"relu", "input 5 3 7\nrelu\n", 2, false},
    {"leaky_relu", "input 5 3 7\nleaky_relu 0.25\n", 2, false},
    {"sigmoid", "input 5 3 7\nsigmoid\n", 2, false},
    {"tanh", "input 5 3 7\ntanh\n", 2, false},
    {"max_pool", "input 5 6 50\nmax_pool 3 stride=2 pad=1\n", 2, false},
    {"avg_pool", "input 9 7 20\navg_pool 2 stride=3\n", 2, false},
    {"global_avg_pool", "input 7 5 3\nglobal_avg_pool\n", 2, false},
    {"gem_pool", "input 7 5 19\nrelu\ngem_pool\n", 3, false},
    {"depthwise_conv", "input 9 10 18\ndepthwise_conv 3 stride=2 pad=1\nrelu\n", 2, false},
    {"add, leaky_relu", "input 6 7 5\nconv 19 3 pad=1\nrelu\nconv 19 3 pad=1\nadd relu1\nleaky_relu 0.1\n", 2,
     true},
    {"upsample", "input 3 5 7\nupsample 2\n", 2, false},
    {"dropout", "input 3 5 7\ndropout 0.5\n", 2, true},
    {"l2_normalize", "input 1 1 67\nl2_normalize\n", 5, false},
};

static siam_status check(siam_self_test_run *test, siam_network *network, int images, bool training,
                         uint32_t seed, siam_product_result *result) {
  SIAM_RETURN_IF_FAILED(siam_network_place(network, test->device, seed));
  const siam_check_options options = {
      .images = images, .training = training, .seed = seed, .no_differences = true};
  const siam_check_result found = siam_network_check(network, &options);
  result->cases++;
  result->share = fmax(found.output, fmax(found.input_gradient, found.parameter_gradients));
  snprintf(result->failure, sizeof result->failure, "%s", found.failure);
  return SIAM_OK;
}

static siam_status test_network(siam_self_test_run *test, const char *name, siam_network *network, int images,
                                bool training, uint32_t seed) {
  siam_self_test_row *row = NULL;
  bool reached = false;
  siam_product_result result = {0};
  SIAM_RETURN_IF_FAILED(siam_self_test_begin(test, &row, &reached, "%s", name));
  if (reached) siam_self_test_end(test, row, check(test, network, images, training, seed, &result), &result);
  return SIAM_OK;
}

siam_status siam_self_test_networks(siam_self_test_run *test) {
  for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
    siam_network *network = NULL;
    char name[64];
    snprintf(name, sizeof name, "layer %s", networks[i].name);
    SIAM_RETURN_IF_FAILED(siam_description_parse(name, networks[i].description, NULL, &network));
    const siam_status status =
        test_network(test, name, network, networks[i].images, networks[i].training, (uint32_t)i + 1);
    siam_network_destroy(network);
    SIAM_RETURN_IF_FAILED(status);
  }
  return SIAM_OK;
}
