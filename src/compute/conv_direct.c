#include "compute/conv_engines.h"
#include "compute/join.h"
#include "compute/tile.h"

#include <stdio.h>

enum {
  TASKS_PER_UNIT = 8,        ///< Work-items for each compute unit, so that none waits long for the last.
  STAGE_FORWARD = 24 * 1024, ///< Floats of a stage: with the weights it stays in the second-level cache.
  STAGE_WEIGHT = 48 * 1024,  ///< Larger for weight gradients, which read and write their sums once a block.
  STAGE_MOST = 256 * 1024,   ///< Beyond this a block is narrowed, too.
  LEAST_PIXELS = 48,         ///< Pixels of a block below which its edges and set-up show.
  FEW_ROWS = 48,             ///< Rows of weights up to which the register tile is made to divide them,
  LEAST_ROWS = 4,            ///< but not into fewer: these do not keep the multipliers busy.
  PIXELS_FOR_PART = 512,     ///< Pixels worth a partial weight gradient of their own.
  PARTS_MOST = 64 << 20      ///< Floats of all partial weight gradients.
};

/// A division of the output into blocks; see cl/conv_direct.cl.
typedef struct division {
  siam_tile tile;
  int images, height, width;     ///< Of a block.
  int stage_height, stage_width; ///< Of what it reads.
  int stage, blocks, tasks;      ///< Floats of a stage; number of blocks; number of work-items.
} division;

static int64_t stage_of(const siam_conv_shape *shape, int images, int height, int width) {
  const int64_t down = (int64_t)(height - 1) * shape->stride + shape->kernel_height;
  const int64_t across = (int64_t)(width - 1) * shape->stride + shape->kernel_width;
  return images * down * across * shape->channels;
}

/// Blocks as large as `budget` floats allow, but enough of them for all compute units.
static division divide(const siam_device *device, const siam_conv_shape *shape, int budget) {
  division by = {.tile = siam_tile_for(device, shape->filters),
                 .images = 1,
                 .height = shape->out_height,
                 .width = shape->out_width};
  const int wanted = siam_tasks_worth(device, siam_conv_multiply_adds(shape), TASKS_PER_UNIT);
  while (by.height > 1 && stage_of(shape, 1, by.height, by.width) > budget)
    by.height = siam_divide_up(by.height, 2);
  while (by.height > 1 && by.height * by.width >= 2 * LEAST_PIXELS &&
         (int64_t)shape->images * siam_divide_up(shape->out_height, by.height) < wanted)
    by.height = siam_divide_up(by.height, 2);
  while (by.width > by.tile.rows && stage_of(shape, 1, by.height, by.width) > STAGE_MOST)
    by.width = siam_divide_up(by.width, 2);
  if (by.height == shape->out_height && by.width == shape->out_width)
    while (by.images < shape->images / wanted &&
           stage_of(shape, by.images + 1, by.height, by.width) <= budget)
      by.images++;
  by.stage_height = (by.height - 1) * shape->stride + shape->kernel_height;
  by.stage_width = (by.width - 1) * shape->stride + shape->kernel_width;
  by.stage = siam_divide_up(by.images * by.stage_height * by.stage_width * shape->channels, 16) * 16;
  by.blocks = siam_divide_up(shape->images, by.images) * siam_divide_up(shape->out_height, by.height) *
              siam_divide_up(shape->out_width, by.width);
  by.tasks = siam_smaller(by.blocks, wanted);
  return by;
}

static siam_status get_program(siam_tape *tape, const siam_tile *tile, siam_program **program) {
  char options[48];
  snprintf(options, sizeof options, "-DROWS=%d -DVECTORS=%d", tile->rows, tile->vectors);
  return siam_program_get(siam_tape_device(tape), "conv_direct", options, program);
}

/// The first 16 arguments of both kernels.
#define SHAPE_ARGUMENTS(shape, by)                                                                           \
  siam_arg_int((shape)->images), siam_arg_int((shape)->height), siam_arg_int((shape)->width),                \
      siam_arg_int((shape)->channels), siam_arg_int((shape)->kernel_height),                                 \
      siam_arg_int((shape)->kernel_width), siam_arg_int((shape)->stride), siam_arg_int((shape)->pad_y),      \
      siam_arg_int((shape)->pad_x), siam_arg_int((shape)->filters), siam_arg_int((shape)->out_height),       \
      siam_arg_int((shape)->out_width), siam_arg_int((by)->images), siam_arg_int((by)->height),              \
      siam_arg_int((by)->width), siam_arg_int((by)->blocks)

/// Weights for the kernel: as they lie where that will do, otherwise a turned or padded copy.
static siam_status prepare_weights(siam_tape *tape, siam_program *program, const siam_conv *conv, int row,
                                   siam_view *weight) {
  const siam_conv_shape *shape = &conv->shape;
  const bool turned = conv->pass == SIAM_CONV_BACKWARD_DATA;
  *weight = conv->weight;
  if (!turned && row == shape->filters) return SIAM_OK;
  const int taps = shape->kernel_height * shape->kernel_width;
  const size_t rows = (size_t)taps * (size_t)(turned ? shape->filters : shape->channels);
  *weight = siam_tape_tensor(tape, rows * (size_t)row);
  siam_tape_begin_once(tape);
  siam_status status =
      SIAM_LAUNCH(tape, program, "conv_weights", ((siam_grid){{rows}}), siam_arg_int(taps),
                  siam_arg_int(shape->channels), siam_arg_int(shape->filters), siam_arg_int(turned),
                  siam_arg(conv->weight), siam_arg(*weight), siam_arg_int(row));
  siam_tape_end_once(tape);
  return status;
}

static siam_status add_product(siam_tape *tape, const siam_conv *conv) {
  const bool forward = conv->pass == SIAM_CONV_FORWARD;
  const siam_conv_shape shape = forward ? conv->shape : siam_conv_shape_turned(&conv->shape);
  const division by = divide(siam_tape_device(tape), &shape, STAGE_FORWARD);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(get_program(tape, &by.tile, &program));
  const int row = siam_divide_up(shape.filters, by.tile.columns) * by.tile.columns;
  siam_view weight = {0};
  SIAM_RETURN_IF_FAILED(prepare_weights(tape, program, conv, row, &weight));
  const siam_view stage = siam_tape_tensor(tape, (size_t)by.tasks * (size_t)by.stage);
  const bool with_bias = siam_view_exists(conv->epilogue.bias);
  return SIAM_LAUNCH(tape, program, "conv_forward", ((siam_grid){{(size_t)by.tasks}}),
                     SHAPE_ARGUMENTS(&shape, &by), siam_arg(forward ? conv->x : conv->y), siam_arg(weight),
                     siam_arg_int(row), siam_arg(with_bias ? conv->epilogue.bias : weight),
                     siam_arg_int(with_bias), siam_arg_float(siam_epilogue_slope(&conv->epilogue)),
                     siam_arg(forward ? conv->y : conv->x), siam_arg(stage), siam_arg_int(by.stage));
}

/// How many partial weight gradients of `size` floats: enough for all compute units, and more of them, a
/// multiple, where the pixels make up for writing and adding them.
static int parts_for(const siam_device *device, const siam_conv_shape *shape, int64_t size) {
  const int units = (int)device->traits.compute_units;
  const int pixels = shape->images * shape->out_height * shape->out_width;
  const int parts = siam_larger(1, pixels / PIXELS_FOR_PART / units) * units;
  return siam_larger(1, siam_smaller(parts, (int)(PARTS_MOST / size)));
}

static siam_status add_weight_gradient(siam_tape *tape, const siam_conv *conv) {
  const siam_conv_shape *shape = &conv->shape;
  division by = divide(siam_tape_device(tape), shape, STAGE_WEIGHT);
  const int row = siam_divide_up(shape->filters, by.tile.columns) * by.tile.columns;
  const int rows = shape->kernel_height * shape->kernel_width * shape->channels;
  by.tile.rows = siam_divide_up(rows, siam_divide_up(rows, by.tile.rows));
  if (by.tile.rows < LEAST_ROWS || rows > FEW_ROWS)
    by.tile = siam_tile_for(siam_tape_device(tape), shape->filters);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(get_program(tape, &by.tile, &program));
  by.tasks = siam_smaller(by.tasks, parts_for(siam_tape_device(tape), shape, (int64_t)rows * row));
  const int slot = by.stage + (row == shape->filters ? 0 : by.images * by.height * by.width * row);
  const siam_view stage = siam_tape_tensor(tape, (size_t)by.tasks * (size_t)slot);
  const siam_view parts = siam_tape_tensor(tape, (size_t)by.tasks * (size_t)rows * (size_t)row);
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(tape, program, "conv_weight_gradient", ((siam_grid){{(size_t)by.tasks}}),
                                    SHAPE_ARGUMENTS(shape, &by), siam_arg(conv->x), siam_arg(conv->y),
                                    siam_arg_int(row), siam_arg(parts), siam_arg(stage), siam_arg_int(slot),
                                    siam_arg_int(by.stage)));
  const siam_join join = {.parts = parts,
                          .count = by.tasks,
                          .rows = rows,
                          .columns = shape->filters,
                          .part_step = rows * row,
                          .parts_row = row,
                          .out = conv->weight,
                          .out_row = shape->filters,
                          .beta = 1};
  return siam_join_add(tape, &join);
}

static siam_status add(siam_tape *tape, const siam_conv *conv) {
  if (conv->epilogue.pool) return siam_conv_pooled_add(tape, conv);
  return conv->pass == SIAM_CONV_BACKWARD_WEIGHT ? add_weight_gradient(tape, conv) : add_product(tape, conv);
}

static bool can(const siam_device *device, const siam_conv *conv) {
  return device->traits.is_cpu && (conv->pass != SIAM_CONV_BACKWARD_DATA || conv->shape.stride == 1);
}

const siam_conv_engine siam_conv_direct = {.name = "direct", .can = can, .add = add, .pools = true};
