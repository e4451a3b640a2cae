// Convolution: y[n,p,q,o] = b[o] + Σ_{i,j,c} x[n, p·s+i−pad, q·s+j−pad, c] · w[i,j,c,o]
// Gradients: dw += Σ x · dz, db += Σ dz, dx = dz convolved with w turned by 180°, where dz is the gradient
// before the absorbed activation. Images are NHWC, filters HWIO.
#include "layers/conv.h"

#include <math.h>

enum {
  FILTERS = SIAM_CONV_FILTERS,
  KERNEL = SIAM_CONV_KERNEL,
  STRIDE = SIAM_CONV_STRIDE,
  PAD = SIAM_CONV_PAD
};
enum { BIAS = SIAM_CONV_BIAS };
enum { WEIGHT_SLOT, BIAS_SLOT };

siam_conv_shape siam_layer_conv_shape(const siam_layer *layer, int images) {
  return (siam_conv_shape){.images = images,
                           .height = layer->in.height,
                           .width = layer->in.width,
                           .channels = layer->in.channels,
                           .kernel_height = (int)layer->options[KERNEL],
                           .kernel_width = (int)layer->options[KERNEL],
                           .stride = (int)layer->options[STRIDE],
                           .pad_y = (int)layer->options[PAD],
                           .pad_x = (int)layer->options[PAD],
                           .filters = (int)layer->options[FILTERS],
                           .out_height = layer->out.height,
                           .out_width = layer->out.width};
}

static siam_status shape(siam_layer *layer) {
  const double *options = layer->options;
  int kernel = (int)options[KERNEL], filters = (int)options[FILTERS];
  siam_conv_shape shape = siam_layer_conv_shape(layer, 1);
  siam_status status = siam_conv_shape_complete(&shape);
  if (status != SIAM_OK) return siam_fail_within(status, "%s", layer->name);
  layer->out = (siam_shape){shape.out_height, shape.out_width, shape.filters};
  size_t fan_in = (size_t)kernel * (size_t)kernel * (size_t)layer->in.channels;
  siam_layer_add_slot(layer, "weight", SIAM_PARAMETER_WEIGHT, siam_initialise_he(fan_in), 4,
                      (int[]){kernel, kernel, layer->in.channels, filters});
  if (options[BIAS] != 0)
    siam_layer_add_slot(layer, "bias", SIAM_PARAMETER_OFFSET, siam_initialise_constant(0), 1,
                        (int[]){filters});
  return SIAM_OK;
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  siam_conv_shape shape = siam_layer_conv_shape(layer, pass->images);
  siam_epilogue epilogue = {
      .bias = pass->weight[BIAS_SLOT], .activation = layer->activation, .slope = layer->slope};
  return siam_conv_forward(pass->tape, &shape, pass->x, pass->weight[WEIGHT_SLOT], &epilogue, pass->y);
}

static siam_status backward(const siam_layer *layer, siam_pass *pass) {
  siam_conv_shape shape = siam_layer_conv_shape(layer, pass->images);
  siam_conv_gradient gradient = {0};
  SIAM_RETURN_IF_FAILED(siam_layer_activation_gradient(layer, pass, &gradient.dy));
  // Batch statistics take any bias away again: its gradient is 0, and the sum would be nothing but rounding.
  const bool is_balanced = pass->dy_is_balanced && layer->activation == SIAM_ACTIVATION_NONE;
  const bool has_bias = layer->slot_count > BIAS_SLOT && !is_balanced;
  SIAM_RETURN_IF_FAILED(siam_conv_backward_weight(pass->tape, &shape, pass->x, &gradient,
                                                  pass->gradient[WEIGHT_SLOT],
                                                  has_bias ? pass->gradient[BIAS_SLOT] : (siam_view){0}));
  if (!siam_view_exists(pass->dx)) return SIAM_OK;
  return siam_conv_backward_data(pass->tape, &shape, &gradient, pass->weight[WEIGHT_SLOT], pass->dx);
}

static bool absorb(siam_layer *layer, const siam_layer *next, const siam_fusion *how) {
  return siam_conv_norm_absorb(layer, next, how) || siam_conv_folded_absorb(layer, next, how) ||
         siam_conv_pooled_absorb(layer, next, how) || siam_layer_absorb_activation(layer, next, how);
}

static double multiply_adds(const siam_layer *layer) {
  const double patch = layer->options[KERNEL] * layer->options[KERNEL] * layer->in.channels;
  return (double)siam_shape_count(layer->out) * patch;
}

const siam_layer_type siam_layer_conv = {
    .name = "conv",
    .summary = "convolution with square filters, and a bias",
    .positional = 2,
    .options = {{"filters", NAN, 1, 65536, true},
                {"kernel", 3, 1, 64, true},
                {"stride", 1, 1, 64, true},
                {"pad", 0, 0, 64, true},
                {"bias", 1, 0, 1, true}},
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .absorb = absorb,
    .multiply_adds = multiply_adds,
};
