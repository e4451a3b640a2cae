// The sum of two tensors of one shape, y = x + other: where a residual block and what goes past it meet (He
// et al. 2016, "Deep Residual Learning for Image Recognition"). Both gradients are that of y.
#include "compute/add.h"

#include "layers/layer.h"

static siam_status shape(siam_layer *layer) {
  layer->out = layer->in;
  return SIAM_OK;
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  const siam_epilogue epilogue = {.activation = layer->activation, .slope = layer->slope};
  return siam_add(pass->tape, pass->x, pass->other, &epilogue, pass->y);
}

static siam_status backward(const siam_layer *layer, siam_pass *pass) {
  if (!siam_view_exists(pass->dx)) return SIAM_OK;
  pass->dx_is_balanced = pass->dy_is_balanced && layer->activation == SIAM_ACTIVATION_NONE;
  return siam_layer_activation_gradient(layer, pass, &pass->dx);
}

const siam_layer_type siam_layer_add = {
    .name = "add",
    .summary = "the sum of the output before it and that of the layer it names",
    .joins = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .absorb = siam_layer_absorb_activation,
};
