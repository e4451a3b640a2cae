// Transposed convolution (Zeiler et al. 2010, "Deconvolutional Networks"): each pixel of the input stamps the
// filters, scaled by its channels, onto the output, s pixels apart:
//   y[n, p·s+i−pad, q·s+j−pad, o] += Σ_c x[n,p,q,c] · w[i,j,o,c],  then + b[o]
// It is the way back through a convolution from y's shape to x's: forward is that convolution's data
// gradient, the data gradient is its forward pass, and the weight gradient is its weight gradient with x and
// dz in each other's places. The weights lie as that convolution has them, [kernel, kernel, out, in], so a
// decoder that is tied to its encoder's filters refers to them plainly: weight=conv1.weight.
#include "compute/conv.h"
#include "compute/reduce.h"
#include "layers/layer.h"

#include <limits.h>
#include <math.h>

enum { FILTERS, KERNEL, STRIDE, PAD, OUTPUT_PAD, BIAS };
enum { WEIGHT_SLOT, BIAS_SLOT };

/// The convolution whose way back this layer is: from the layer's output to its input.
static siam_conv_shape conv_shape(const siam_layer *layer, int images) {
  return (siam_conv_shape){.images = images,
                           .height = layer->out.height,
                           .width = layer->out.width,
                           .channels = layer->out.channels,
                           .kernel_height = (int)layer->options[KERNEL],
                           .kernel_width = (int)layer->options[KERNEL],
                           .stride = (int)layer->options[STRIDE],
                           .pad_y = (int)layer->options[PAD],
                           .pad_x = (int)layer->options[PAD],
                           .filters = layer->in.channels,
                           .out_height = layer->in.height,
                           .out_width = layer->in.width};
}

/// A side of the output, from one of the input; below 1 where padding takes all of it.
static int side_of(const siam_layer *layer, int side) {
  const double *options = layer->options;
  double out = (side - 1) * options[STRIDE] + options[KERNEL] - 2 * options[PAD] + options[OUTPUT_PAD];
  return out < 1 ? 0 : out < INT_MAX ? (int)out : INT_MAX;
}

static siam_status shape(siam_layer *layer) {
  const double *options = layer->options;
  int kernel = (int)options[KERNEL], filters = (int)options[FILTERS], channels = layer->in.channels;
  if (options[OUTPUT_PAD] >= options[STRIDE])
    return siam_fail(SIAM_ERROR_ARGUMENT, "%s: output_pad=%g must be below the stride, %g", layer->name,
                     options[OUTPUT_PAD], options[STRIDE]);
  layer->out = (siam_shape){side_of(layer, layer->in.height), side_of(layer, layer->in.width), filters};
  if (layer->out.height < 1 || layer->out.width < 1)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "%s: pad=%g leaves nothing of a picture of %d×%d; use a smaller one", layer->name,
                     options[PAD], layer->in.height, layer->in.width);
  siam_conv_shape shape = conv_shape(layer, 1);
  siam_status status = siam_conv_shape_complete(&shape);
  if (status != SIAM_OK) return siam_fail_within(status, "%s", layer->name);
  // So many products, on average, add up in one number of the output.
  double fan_in = (double)kernel * kernel * channels / (options[STRIDE] * options[STRIDE]);
  siam_layer_add_slot(layer, "weight", SIAM_PARAMETER_WEIGHT, siam_initialise_he((size_t)fan_in), 4,
                      (int[]){kernel, kernel, filters, channels});
  if (options[BIAS] != 0)
    siam_layer_add_slot(layer, "bias", SIAM_PARAMETER_OFFSET, siam_initialise_constant(0), 1,
                        (int[]){filters});
  return SIAM_OK;
}

static int pixels_of(const siam_layer *layer, const siam_pass *pass) {
  return pass->images * layer->out.height * layer->out.width;
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  siam_conv_shape shape = conv_shape(layer, pass->images);
  SIAM_RETURN_IF_FAILED(siam_conv_backward_data(pass->tape, &shape, &(siam_conv_gradient){.dy = pass->x},
                                                pass->weight[WEIGHT_SLOT], pass->y));
  siam_epilogue epilogue = {
      .bias = pass->weight[BIAS_SLOT], .activation = layer->activation, .slope = layer->slope};
  int filters = layer->out.channels;
  return siam_epilogue_add(pass->tape, &epilogue, pass->y, pixels_of(layer, pass), filters, filters);
}

static siam_status backward(const siam_layer *layer, siam_pass *pass) {
  siam_conv_shape shape = conv_shape(layer, pass->images);
  siam_view dz;
  SIAM_RETURN_IF_FAILED(siam_layer_activation_gradient(layer, pass, &dz));
  SIAM_RETURN_IF_FAILED(siam_conv_backward_weight(pass->tape, &shape, dz,
                                                  &(siam_conv_gradient){.dy = pass->x},
                                                  pass->gradient[WEIGHT_SLOT], (siam_view){0}));
  if (layer->slot_count > BIAS_SLOT)
    SIAM_RETURN_IF_FAILED(siam_column_sums(pass->tape, dz, pixels_of(layer, pass), layer->out.channels,
                                           pass->gradient[BIAS_SLOT], 1));
  if (!siam_view_exists(pass->dx)) return SIAM_OK;
  return siam_conv_forward(pass->tape, &shape, dz, pass->weight[WEIGHT_SLOT], NULL, pass->dx);
}

static double multiply_adds(const siam_layer *layer) {
  const double stamp = layer->options[KERNEL] * layer->options[KERNEL] * layer->out.channels;
  return (double)siam_shape_count(layer->in) * stamp;
}

const siam_layer_type siam_layer_conv_transpose = {
    .name = "conv_transpose",
    .summary = "transposed convolution: the way back through a conv of the same kernel, stride and pad",
    .positional = 2,
    .options = {{"filters", NAN, 1, 65536, true},
                {"kernel", 3, 1, 64, true},
                {"stride", 1, 1, 64, true},
                {"pad", 0, 0, 64, true},
                {"output_pad", 0, 0, 63, true},
                {"bias", 1, 0, 1, true}},
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .absorb = siam_layer_absorb_activation,
    .multiply_adds = multiply_adds,
};
