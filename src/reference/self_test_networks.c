#include "model/description.h"
#include "reference/network_check.h"
#include "reference/self_test_rows.h"

#include <math.h>
#include <stdio.h>

/// Every type of layer, at sizes that no vector or work-group divides, and what several of them are done as
/// at once. A row's name begins with the types that it is about. `training`: with statistics of the batch,
/// and dropout. `tokens`: inputs are the whole numbers 0 … 4.
static const struct {
  const char *name, *description;
  int images;
  bool training, tokens;
  siam_way_back way_back;
} networks[] = {
    {"conv", "input 9 10 6\nconv 18 3 stride=2 pad=1\n", .images = 2},
    {"conv, relu", "input 7 11 5\nconv 15 5 pad=2\nrelu\n", .images = 2},
    {"conv_transpose", "input 4 5 3\nconv_transpose 7 3 stride=2 pad=1\n", .images = 2},
    {"linear", "input 1 1 129\nlinear 65\n", .images = 3},
    {"linear, sigmoid", "input 1 1 17\nlinear 50\nsigmoid\n", .images = 5},
    {"layer_norm", "input 5 7 3\nlayer_norm\n", .images = 3},
    {"embedding", "input 1 1 9\nembedding 50 17\n", .images = 33, .tokens = true},
    {"batch_norm", "input 7 5 17\nbatch_norm\n", .images = 3, .training = true},
    {"batch_norm, fixed", "input 7 5 17\nbatch_norm\n", .images = 3},
    {"batch_norm, relu, max_pool", "input 8 6 20\nbatch_norm\nrelu\nmax_pool 2\n", .images = 2,
     .training = true},
    {"relu", "input 5 3 7\nrelu\n", .images = 2},
    {"leaky_relu", "input 5 3 7\nleaky_relu 0.25\n", .images = 2},
    {"sigmoid", "input 5 3 7\nsigmoid\n", .images = 2},
    {"tanh", "input 5 3 7\ntanh\n", .images = 2},
    {"max_pool", "input 5 6 50\nmax_pool 3 stride=2 pad=1\n", .images = 2},
    {"max_pool, apart", "input 5 7 20\nmax_pool 2\n", .images = 2},
    {"avg_pool", "input 9 7 20\navg_pool 2 stride=3\n", .images = 2},
    {"global_avg_pool", "input 7 5 3\nglobal_avg_pool\n", .images = 2},
    {"gem_pool", "input 7 5 19\nrelu\ngem_pool\n", .images = 3},
    {"depthwise_conv", "input 9 10 18\ndepthwise_conv 3 stride=2 pad=1\nrelu\n", .images = 2},
    {"add, leaky_relu", "input 6 7 5\nconv 19 3 pad=1\nrelu\nconv 19 3 pad=1\nadd relu1\nleaky_relu 0.1\n",
     .images = 2, .training = true},
    {"upsample", "input 3 5 7\nupsample 2\n", .images = 2},
    {"dropout", "input 3 5 7\ndropout 0.5\n", .images = 2, .training = true},
    {"reshape, flatten", "input 2 3 5\nreshape 3 2 5\nflatten\n", .images = 2},
    {"l2_normalize", "input 1 1 67\nl2_normalize\n", .images = 5},
    {"conv, batch_norm, relu, max_pool, folded",
     "input 9 10 32\nconv 40 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\n", .images = 2,
     .way_back = SIAM_NO_WAY_BACK},
    {"conv, relu, max_pool, few channels", "input 13 14 3\nconv 40 3 pad=1\nrelu\nmax_pool 2\n", .images = 2,
     .way_back = SIAM_NO_WAY_BACK},
    {"conv, batch_norm, relu, max_pool, first",
     "input 13 14 1\nconv 48 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\n", .images = 3, .training = true,
     .way_back = SIAM_BACK_TO_WEIGHTS},
    {"conv, relu, max_pool, pooled", "input 14 14 64\nconv 64 3 pad=1\nrelu\nmax_pool 2\n", .images = 2,
     .way_back = SIAM_BACK_TO_WEIGHTS},
};

static siam_status check(siam_self_test_run *test, siam_network *network, size_t i,
                         siam_product_result *result) {
  const uint32_t seed = (uint32_t)i + 1;
  SIAM_RETURN_IF_FAILED(siam_network_place(network, test->device, seed));
  const siam_check_options options = {.images = networks[i].images,
                                      .training = networks[i].training,
                                      .seed = seed,
                                      .values = networks[i].tokens ? SIAM_VALUES_COARSE : SIAM_VALUES_SPREAD,
                                      .offset = networks[i].tokens ? 2 : 0,
                                      .way_back = networks[i].way_back,
                                      .no_differences = true};
  const siam_check_result found = siam_network_check(network, &options);
  result->cases++;
  result->share = fmax(found.output, fmax(found.input_gradient, found.parameter_gradients));
  snprintf(result->failure, sizeof result->failure, "%s", found.failure);
  return SIAM_OK;
}

static siam_status test_network(siam_self_test_run *test, size_t i) {
  siam_self_test_row *row = NULL;
  siam_network *network = NULL;
  bool reached = false;
  siam_product_result result = {0};
  SIAM_RETURN_IF_FAILED(siam_self_test_begin(test, &row, &reached, "layer %s", networks[i].name));
  if (!reached) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_description_parse(row->name, networks[i].description, NULL, &network));
  siam_self_test_end(test, row, check(test, network, i, &result), &result);
  siam_network_destroy(network);
  return SIAM_OK;
}

siam_status siam_self_test_networks(siam_self_test_run *test) {
  for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
    SIAM_RETURN_IF_FAILED(test_network(test, i));
  return SIAM_OK;
}
