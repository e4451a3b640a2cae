#include "compute/conv_engines.h"
#include "compute/join.h"
#include "compute/tile.h"

#include <stdio.h>

enum {
  STAGE = 8 * 1024,  ///< Floats of a band's input, to stay in the first-level cache.
  TASKS_PER_UNIT = 8 ///< Work-items for each compute unit; with fewer blocks, filters are shared out, too.
};

/// A division of the work; see cl/conv_pooled.cl.
typedef struct division {
  int vector, vectors;
  int band, bands, panels;
  int slot, blocks, tasks; ///< Floats of a stage; number of blocks; number of work-items.
} division;

/// Bands of as many lines of windows as fit the stage, but no fewer bands than compute units want.
static void divide_lines(const siam_conv_shape *shape, int wanted, division *by) {
  const int row = ((shape->out_width - 1) * shape->stride + shape->kernel_width) * shape->channels;
  const int lines = shape->out_height / 2;
  const int fitting = ((STAGE / row - shape->kernel_height) / shape->stride + 1) / 2;
  const int few = siam_divide_up(lines * shape->images, wanted);
  by->bands = siam_divide_up(lines, siam_larger(1, siam_smaller(siam_smaller(fitting, few), lines)));
  by->band = siam_divide_up(lines, by->bands);
  by->bands = siam_divide_up(lines, by->band);
  by->slot = siam_divide_up(((2 * by->band - 1) * shape->stride + shape->kernel_height) * row, 16) * 16;
}

static division divide(const siam_device *device, const siam_conv_shape *shape) {
  const int wanted = siam_tasks_worth(device, siam_conv_multiply_adds(shape), TASKS_PER_UNIT);
  const int filters = shape->filters;
  division by = {
      .vector = (int)device->traits.vector_width, .vectors = siam_tile_most_vectors(device), .panels = 1};
  while (by.vector > filters) by.vector /= 2;
  divide_lines(shape, wanted, &by);
  by.vectors = siam_smaller(by.vectors, siam_divide_up(filters, by.vector));
  if (shape->images * by.bands < wanted && by.vectors % 2 == 0 && filters % (by.vectors * by.vector) == 0) {
    by.vectors /= 2;
    by.panels = filters / (by.vectors * by.vector);
  }
  by.blocks = shape->images * by.bands * by.panels;
  by.tasks = siam_smaller(by.blocks, wanted);
  return by;
}

siam_status siam_conv_pooled_add(siam_tape *tape, const siam_conv *conv) {
  const siam_conv_shape *shape = &conv->shape;
  const division by = divide(siam_tape_device(tape), shape);
  char options[48];
  snprintf(options, sizeof options, "-DVECTOR=%d -DVECTORS=%d", by.vector, by.vectors);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(tape), "conv_pooled", options, &program));
  const siam_view stage = siam_tape_tensor(tape, (size_t)by.tasks * (size_t)by.slot);
  const bool with_bias = siam_view_exists(conv->epilogue.bias);
  return SIAM_LAUNCH(tape, program, "conv_pooled", ((siam_grid){{(size_t)by.tasks}}),
                     siam_arg_int(shape->height), siam_arg_int(shape->width), siam_arg_int(shape->channels),
                     siam_arg_int(shape->kernel_height), siam_arg_int(shape->kernel_width),
                     siam_arg_int(shape->stride), siam_arg_int(shape->pad_y), siam_arg_int(shape->pad_x),
                     siam_arg_int(shape->filters), siam_arg_int(shape->out_height),
                     siam_arg_int(shape->out_width), siam_arg_int(by.band), siam_arg_int(by.bands),
                     siam_arg_int(by.panels), siam_arg_int(by.blocks), siam_arg(conv->x),
                     siam_arg(conv->weight), siam_arg(with_bias ? conv->epilogue.bias : conv->weight),
                     siam_arg_int(with_bias), siam_arg_float(siam_epilogue_slope(&conv->epilogue)),
                     siam_arg(conv->y), siam_arg(stage), siam_arg_int(by.slot));
}
