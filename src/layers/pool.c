// Pooling over windows of side k, stride s and padding p: the largest value (the first one where several are
// equal gets the gradient), or the average, in which padding counts for nothing. Global average pooling
// takes the whole picture. Windows that the far edge would cut are left out.
#include "compute/map.h"
#include "layers/layer.h"

#include <math.h>
#include <stdio.h>

enum { KERNEL, STRIDE, PAD };

extern const siam_layer_type siam_layer_max_pool;

/// The window's side where the description does not say another.
static int stride_of(const siam_layer *layer) {
  return (int)(layer->options[STRIDE] > 0 ? layer->options[STRIDE] : layer->options[KERNEL]);
}

static siam_status window_shape(siam_layer *layer) {
  int kernel = (int)layer->options[KERNEL], stride = stride_of(layer), pad = (int)layer->options[PAD];
  if (pad * 2 > kernel)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%s: padding %d is more than half of the window of %d", layer->name,
                     pad, kernel);
  int height = layer->in.height + 2 * pad - kernel, width = layer->in.width + 2 * pad - kernel;
  if (height < 0 || width < 0)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "%s: a window of %d does not fit into a picture of %d×%d; use larger pictures or fewer "
                     "poolings",
                     layer->name, kernel, layer->in.height, layer->in.width);
  layer->out = (siam_shape){height / stride + 1, width / stride + 1, layer->in.channels};
  return SIAM_OK;
}

static siam_status global_shape(siam_layer *layer) {
  layer->out = (siam_shape){1, 1, layer->in.channels};
  return SIAM_OK;
}

/// Adds `kernel` of cl/pool.cl with its views; `rows` rows of channels are written.
static siam_status launch(const siam_layer *layer, const siam_pass *pass, const char *kernel, size_t rows,
                          const siam_view *views, size_t view_count) {
  siam_device *device = siam_tape_device(pass->tape);
  unsigned vector = siam_vector_width_overlapping(device, layer->in.channels);
  char options[32];
  snprintf(options, sizeof options, "-DVECTOR=%u", vector);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(device, "pool", options, &program));
  bool global = layer->type->options[0].name == NULL;
  int kernel_height = global ? layer->in.height : (int)layer->options[KERNEL];
  int kernel_width = global ? layer->in.width : (int)layer->options[KERNEL];
  int stride = global ? 1 : stride_of(layer), pad = global ? 0 : (int)layer->options[PAD];
  siam_argument arguments[16];
  size_t count = 0;
  for (size_t i = 0; i < view_count; i++) arguments[count++] = siam_arg(views[i]);
  const int numbers[] = {pass->images,
                         layer->in.height,
                         layer->in.width,
                         layer->in.channels,
                         layer->out.height,
                         layer->out.width,
                         kernel_height,
                         kernel_width,
                         stride,
                         pad};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) arguments[count++] = siam_arg_int(numbers[i]);
  return siam_tape_kernel(pass->tape, program, kernel,
                          siam_rows_grid(device, rows, layer->in.channels, vector, 16), arguments, count);
}

static size_t rows_of(siam_shape shape, int images) {
  return (size_t)images * (size_t)shape.height * (size_t)shape.width;
}

static siam_status max_forward(const siam_layer *layer, siam_pass *pass) {
  return launch(layer, pass, "max_pool_forward", rows_of(layer->out, pass->images),
                (siam_view[]){pass->x, pass->y}, 2);
}

static siam_status max_backward(const siam_layer *layer, siam_pass *pass) {
  if (!siam_view_exists(pass->dx)) return SIAM_OK;
  const bool apart = layer->options[KERNEL] <= stride_of(layer);
  return launch(layer, pass, apart ? "max_pool_backward_apart" : "max_pool_backward",
                rows_of(apart ? layer->out : layer->in, pass->images),
                (siam_view[]){pass->x, pass->dy, pass->dx}, 3);
}

static siam_status average_forward(const siam_layer *layer, siam_pass *pass) {
  return launch(layer, pass, "avg_pool_forward", rows_of(layer->out, pass->images),
                (siam_view[]){pass->x, pass->y}, 2);
}

static siam_status average_backward(const siam_layer *layer, siam_pass *pass) {
  if (!siam_view_exists(pass->dx)) return SIAM_OK;
  return launch(layer, pass, "avg_pool_backward", rows_of(layer->in, pass->images),
                (siam_view[]){pass->dy, pass->dx}, 2);
}

// Only the (leaky) ReLU satisfies f(z) = max(z, slope · z), the form of the kernels that pool.
bool siam_layer_absorb_pooling(siam_layer *layer, const siam_layer *next, const siam_fusion *how) {
  if (next->type->activation == SIAM_ACTIVATION_RELU || next->type->activation == SIAM_ACTIVATION_LEAKY_RELU)
    return layer->pool == 0 && siam_layer_absorb_activation(layer, next, how);
  bool two_by_two = next->type == &siam_layer_max_pool && next->options[KERNEL] == 2 &&
                    stride_of(next) == 2 && next->options[PAD] == 0;
  if (layer->pool != 0 || !two_by_two) return false;
  layer->pool = 2;
  return true;
}

#define WINDOW_OPTIONS                                                                                       \
  {                                                                                                          \
    {"kernel", NAN, 1, 1024, true}, {"stride", 0, 0, 1024, true}, {                                          \
      "pad", 0, 0, 512, true                                                                                 \
    }                                                                                                        \
  }

const siam_layer_type siam_layer_max_pool = {
    .name = "max_pool",
    .summary = "largest value of each window; the stride is the window's side unless given",
    .positional = 1,
    .options = WINDOW_OPTIONS,
    .shape = window_shape,
    .forward = max_forward,
    .backward = max_backward,
};
const siam_layer_type siam_layer_avg_pool = {
    .name = "avg_pool",
    .summary = "average of each window; the stride is the window's side unless given",
    .positional = 1,
    .options = WINDOW_OPTIONS,
    .shape = window_shape,
    .forward = average_forward,
    .backward = average_backward,
};
const siam_layer_type siam_layer_global_avg_pool = {
    .name = "global_avg_pool",
    .summary = "average over the whole picture, one value a channel",
    .shape = global_shape,
    .forward = average_forward,
    .backward = average_backward,
};
