// Depthwise convolution: each channel has one filter of its own (Howard et al. 2017, "MobileNets"; a 1×1
// `conv` behind it mixes channels):
//   y[n,p,q,c] = b[c] + Σ_{i,j} x[n, p·s+i−pad, q·s+j−pad, c] · w[i,j,c]
// Gradients as for a convolution, channel by channel. It moves far more than it computes, so that its kernels
// are plain loops over memory and no engine stands behind them.
#include "compute/conv.h"
#include "compute/join.h"
#include "compute/map.h"
#include "compute/reduce.h"
#include "layers/layer.h"

#include <stdio.h>

enum { KERNEL, STRIDE, PAD, BIAS };
enum { WEIGHT_SLOT, BIAS_SLOT };
enum { LEAST_ROWS = 16 };

static siam_status shape(siam_layer *layer) {
  const int kernel = (int)layer->options[KERNEL], channels = layer->in.channels;
  siam_conv_shape shape = {.images = 1,
                           .height = layer->in.height,
                           .width = layer->in.width,
                           .channels = channels,
                           .kernel_height = kernel,
                           .kernel_width = kernel,
                           .stride = (int)layer->options[STRIDE],
                           .pad_y = (int)layer->options[PAD],
                           .pad_x = (int)layer->options[PAD],
                           .filters = channels};
  siam_status status = siam_conv_shape_complete(&shape);
  if (status != SIAM_OK) return siam_fail_within(status, "%s", layer->name);
  layer->out = (siam_shape){shape.out_height, shape.out_width, channels};
  siam_layer_add_slot(layer, "weight", SIAM_PARAMETER_WEIGHT,
                      siam_initialise_he((size_t)kernel * (size_t)kernel), 3,
                      (int[]){kernel, kernel, channels});
  if (layer->options[BIAS] != 0)
    siam_layer_add_slot(layer, "bias", SIAM_PARAMETER_OFFSET, siam_initialise_constant(0), 1,
                        (int[]){channels});
  return SIAM_OK;
}

/// Adds `kernel` of cl/depthwise_conv.cl with its views.
static siam_status launch(const siam_layer *layer, const siam_pass *pass, const char *kernel, siam_grid grid,
                          unsigned vector, const siam_view *views, size_t view_count) {
  char options[64];
  siam_program *program = NULL;
  siam_argument arguments[16];
  size_t count = 0;
  snprintf(options, sizeof options, "-DVECTOR=%u -DKERNEL=%d -DACTIVATION=%d", vector,
           (int)layer->options[KERNEL], (int)layer->activation);
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(pass->tape), "depthwise_conv", options, &program));
  for (size_t i = 0; i < view_count; i++) arguments[count++] = siam_arg(views[i]);
  const int numbers[] = {pass->images,
                         layer->in.height,
                         layer->in.width,
                         layer->in.channels,
                         layer->out.height,
                         layer->out.width,
                         (int)layer->options[STRIDE],
                         (int)layer->options[PAD]};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) arguments[count++] = siam_arg_int(numbers[i]);
  arguments[count++] = siam_arg_float(layer->slope);
  return siam_tape_kernel(pass->tape, program, kernel, grid, arguments, count);
}

static siam_grid grid_of(const siam_layer *layer, const siam_pass *pass, siam_shape walked,
                         unsigned *vector) {
  const siam_device *device = siam_tape_device(pass->tape);
  *vector = siam_vector_width_overlapping(device, layer->in.channels);
  return siam_rows_grid(device, (size_t)pass->images * (size_t)walked.height * (size_t)walked.width,
                        layer->in.channels, *vector, LEAST_ROWS);
}

static siam_status forward(const siam_layer *layer, siam_pass *pass) {
  const bool has_bias = layer->slot_count > BIAS_SLOT;
  unsigned vector = 1;
  const siam_grid grid = grid_of(layer, pass, layer->out, &vector);
  siam_view bias =
      has_bias ? pass->weight[BIAS_SLOT] : siam_tape_tensor(pass->tape, (size_t)layer->in.channels);
  if (!has_bias) SIAM_RETURN_IF_FAILED(siam_tape_fill(pass->tape, bias, 0));
  return launch(layer, pass, "depthwise_conv_forward", grid, vector,
                (siam_view[]){pass->x, pass->weight[WEIGHT_SLOT], bias, pass->y}, 4);
}

static siam_status backward_weight(const siam_layer *layer, const siam_pass *pass, siam_view dz) {
  unsigned vector = 1;
  const siam_grid grid = grid_of(layer, pass, layer->out, &vector);
  const int columns = (int)pass->gradient[WEIGHT_SLOT].count;
  const siam_join join = {.parts = siam_tape_tensor(pass->tape, grid.items[1] * (size_t)columns),
                          .count = (int)grid.items[1],
                          .rows = 1,
                          .columns = columns,
                          .part_step = columns,
                          .parts_row = columns,
                          .out = pass->gradient[WEIGHT_SLOT],
                          .out_row = columns,
                          .beta = 1};
  SIAM_RETURN_IF_FAILED(launch(layer, pass, "depthwise_conv_backward_weight", grid, vector,
                               (siam_view[]){pass->x, dz, join.parts}, 3));
  return siam_join_add(pass->tape, &join);
}

static siam_status backward(const siam_layer *layer, siam_pass *pass) {
  siam_view dz;
  SIAM_RETURN_IF_FAILED(siam_layer_activation_gradient(layer, pass, &dz));
  SIAM_RETURN_IF_FAILED(backward_weight(layer, pass, dz));
  const int rows = pass->images * layer->out.height * layer->out.width;
  if (layer->slot_count > BIAS_SLOT)
    SIAM_RETURN_IF_FAILED(
        siam_column_sums(pass->tape, dz, rows, layer->out.channels, pass->gradient[BIAS_SLOT], 1));
  if (!siam_view_exists(pass->dx)) return SIAM_OK;
  unsigned vector = 1;
  const siam_grid grid = grid_of(layer, pass, layer->in, &vector);
  return launch(layer, pass, "depthwise_conv_backward_data", grid, vector,
                (siam_view[]){dz, pass->weight[WEIGHT_SLOT], pass->dx}, 3);
}

static double multiply_adds(const siam_layer *layer) {
  return (double)siam_shape_count(layer->out) * layer->options[KERNEL] * layer->options[KERNEL];
}

const siam_layer_type siam_layer_depthwise_conv = {
    .name = "depthwise_conv",
    .summary = "convolution of each channel with a square filter of its own, and a bias",
    .positional = 1,
    .options = {{"kernel", 3, 1, 64, true},
                {"stride", 1, 1, 64, true},
                {"pad", 0, 0, 64, true},
                {"bias", 1, 0, 1, true}},
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .absorb = siam_layer_absorb_activation,
    .multiply_adds = multiply_adds,
};
