// A convolution with the ReLU and the 2×2 max pooling behind it, in training, where its engine notes which
// pixel of each window was the largest: neither the whole output nor its gradient, the largest tensors of the
// layer, are ever in memory. See siam_conv_gradient.
#include "layers/conv.h"

enum { WEIGHT_SLOT, BIAS_SLOT };
enum { PLACES };

extern const siam_layer_type siam_layer_max_pool;
static const siam_layer_type conv_pooled;

bool siam_conv_pooled_absorb(siam_layer *layer, const siam_layer *next, const siam_fusion *how) {
  const siam_conv_shape shape = siam_layer_conv_shape(layer, how->images);
  siam_layer tried = *layer;
  if (next->type != &siam_layer_max_pool || how->device == NULL || !how->way_back ||
      layer->activation > SIAM_ACTIVATION_RELU || !siam_layer_absorb_pooling(&tried, next, how) ||
      !siam_conv_can_gate(how->device, &shape, how->input_gradient))
    return false;
  *layer = tried;
  layer->type = &conv_pooled;
  return true;
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  siam_conv_shape shape = siam_layer_conv_shape(layer, pass->images);
  SIAM_RETURN_IF_FAILED(siam_conv_shape_complete(&shape));
  pass->saved[PLACES] = siam_tape_tensor(pass->tape, (pass->y.count + 3) / sizeof(float)); // bytes
  const siam_epilogue epilogue = {.bias = pass->weight[BIAS_SLOT],
                                  .activation = layer->activation,
                                  .pool = true,
                                  .places = pass->saved[PLACES]};
  return siam_conv_forward(pass->tape, &shape, pass->x, pass->weight[WEIGHT_SLOT], &epilogue, pass->y);
}

static siam_status backward(const siam_layer *layer, siam_pass *pass) {
  siam_conv_shape shape = siam_layer_conv_shape(layer, pass->images);
  SIAM_RETURN_IF_FAILED(siam_conv_shape_complete(&shape));
  const siam_conv_gradient gradient = {.dy = pass->dy, .places = pass->saved[PLACES]};
  SIAM_RETURN_IF_FAILED(siam_conv_backward_weight(pass->tape, &shape, pass->x, &gradient,
                                                  pass->gradient[WEIGHT_SLOT], pass->gradient[BIAS_SLOT]));
  if (!siam_view_exists(pass->dx)) return SIAM_OK;
  return siam_conv_backward_data(pass->tape, &shape, &gradient, pass->weight[WEIGHT_SLOT], pass->dx);
}

static const siam_layer_type conv_pooled = {.name = "conv with max_pool",
                                            .summary = "convolution, ReLU and 2×2 max pooling in one",
                                            .forward = forward,
                                            .backward = backward};
