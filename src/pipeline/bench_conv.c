// Convolutions: 3×3 from 64 to 64 channels at three sizes, and those of the encoders; all three passes.
#include "base/memory.h"
#include "compute/conv.h"
#include "pipeline/bench_tape.h"

#include <stdio.h>
#include <string.h>

typedef enum conv_pass { FORWARD, DATA, WEIGHT, PASSES } conv_pass;

typedef struct conv_row {
  siam_bench_tape tape;
  conv_pass pass;
  siam_conv_shape shape;
} conv_row;

static siam_status write(siam_bench *bench, const siam_bench_case *row, siam_tape *tape) {
  const conv_row *own = row->state;
  const siam_conv_shape *shape = &own->shape;
  const size_t x_count = siam_conv_input_count(shape), y_count = siam_conv_output_count(shape);
  const size_t weights = siam_conv_weight_count(shape);
  siam_view x, y, weight;
  SIAM_RETURN_IF_FAILED(
      siam_bench_take(bench, own->pass == DATA ? SIAM_BENCH_OUT : SIAM_BENCH_A, x_count, &x));
  SIAM_RETURN_IF_FAILED(
      siam_bench_take(bench, own->pass == FORWARD ? SIAM_BENCH_OUT : SIAM_BENCH_B, y_count, &y));
  SIAM_RETURN_IF_FAILED(siam_bench_take(bench, own->pass == WEIGHT ? SIAM_BENCH_OUT : SIAM_BENCH_B,
                                        weights + (size_t)shape->filters, &weight));
  const siam_epilogue bias = {.bias = siam_view_part(weight, weights, (size_t)shape->filters)};
  if (own->pass == FORWARD) return siam_conv_forward(tape, shape, x, weight, &bias, y);
  if (own->pass == DATA)
    return siam_conv_backward_data(tape, shape, &(siam_conv_gradient){.dy = y}, weight, x);
  return siam_conv_backward_weight(tape, shape, x, &(siam_conv_gradient){.dy = y}, weight, (siam_view){0});
}

static siam_status prepare(siam_bench *bench, siam_bench_case *row) {
  const conv_row *own = row->state;
  const siam_conv_shape *shape = &own->shape;
  const double x = (double)siam_conv_input_count(shape), y = (double)siam_conv_output_count(shape);
  const double weights = (double)siam_conv_weight_count(shape);
  row->row.flops = 2 * y * weights / shape->filters;
  row->row.bytes = sizeof(float) * (x + y + (own->pass == WEIGHT ? 2 : 1) * weights);
  return siam_bench_write_tape(bench, row, write);
}

static const siam_bench_kind conv_kind = {.device_clock = true,
                                          .compared = true,
                                          .prepare = prepare,
                                          .run = siam_bench_run_tape,
                                          .release = siam_bench_release_tape};

static siam_status add(siam_bench *bench, conv_pass pass, const siam_conv_shape *shape) {
  static const char *const names[PASSES] = {"forward", "data", "weight"};
  conv_row *own = siam_allocate(1, sizeof *own);
  if (own == NULL) return SIAM_ERROR_MEMORY;
  own->pass = pass;
  own->shape = *shape;
  char stride[16] = "";
  if (shape->stride > 1) snprintf(stride, sizeof stride, "s%d", shape->stride);
  return siam_bench_add(bench, &conv_kind, own, "conv/%s/%dx%dx%dx%d/%dx%dx%dp%d%s", names[pass],
                        shape->images, shape->height, shape->width, shape->channels, shape->kernel_height,
                        shape->kernel_width, shape->filters, shape->pad_y, stride);
}

/// Adds the passes of one convolution. Each tensor may be read from the pool for what is read, or be the one
/// that is written.
static siam_status add_passes(siam_bench *bench, siam_conv_shape shape, bool to_input) {
  SIAM_RETURN_IF_FAILED(siam_conv_shape_complete(&shape));
  const size_t x = siam_conv_input_count(&shape), y = siam_conv_output_count(&shape);
  const size_t weights = siam_conv_weight_count(&shape) + (size_t)shape.filters;
  siam_bench_reserve(bench, SIAM_BENCH_A, x);
  siam_bench_reserve(bench, SIAM_BENCH_B, y > weights ? y : weights);
  siam_bench_reserve(bench, SIAM_BENCH_OUT, x > y ? x : y);
  siam_bench_reserve(bench, SIAM_BENCH_OUT, weights);
  SIAM_RETURN_IF_FAILED(add(bench, FORWARD, &shape));
  if (to_input) SIAM_RETURN_IF_FAILED(add(bench, DATA, &shape));
  return add(bench, WEIGHT, &shape);
}

int siam_bench_option(const siam_layer *layer, const char *name) {
  for (int i = 0; i < SIAM_OPTIONS_MAX && layer->type->options[i].name != NULL; i++)
    if (strcmp(layer->type->options[i].name, name) == 0) return (int)layer->options[i];
  return 0;
}

static siam_status add_layers(siam_bench *bench, const siam_network *network) {
  bool to_input = false; // Nothing before the first layer with weights needs a gradient.
  for (size_t i = 0; i < network->count; i++) {
    const siam_layer *layer = &network->layers[i];
    if (strcmp(layer->type->name, "conv") == 0)
      SIAM_RETURN_IF_FAILED(add_passes(bench,
                                       (siam_conv_shape){.images = 2 * bench->options.batch,
                                                         .height = layer->in.height,
                                                         .width = layer->in.width,
                                                         .channels = layer->in.channels,
                                                         .kernel_height = siam_bench_option(layer, "kernel"),
                                                         .kernel_width = siam_bench_option(layer, "kernel"),
                                                         .stride = siam_bench_option(layer, "stride"),
                                                         .pad_y = siam_bench_option(layer, "pad"),
                                                         .pad_x = siam_bench_option(layer, "pad"),
                                                         .filters = layer->out.channels},
                                       to_input));
    to_input |= layer->slot_count > 0;
  }
  return SIAM_OK;
}

siam_status siam_bench_plan_conv(siam_bench *bench) {
  for (int side = 28; side >= 7; side /= 2)
    SIAM_RETURN_IF_FAILED(add_passes(bench,
                                     (siam_conv_shape){.images = 2 * bench->options.batch,
                                                       .height = side,
                                                       .width = side,
                                                       .channels = 64,
                                                       .kernel_height = 3,
                                                       .kernel_width = 3,
                                                       .stride = 1,
                                                       .pad_y = 1,
                                                       .pad_x = 1,
                                                       .filters = 64},
                                     true));
  for (size_t e = 0; e < bench->encoder_count; e++)
    SIAM_RETURN_IF_FAILED(add_layers(bench, bench->encoders[e].network));
  return siam_bench_plan_blocks(bench);
}
