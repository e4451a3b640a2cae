#include "compute/conv_engines.h"
#include "compute/join.h"
#include "compute/tile.h"

#include <stdio.h>
#include <string.h>

enum {
  SMALL = 2,          ///< Outputs along a small tile; see cl/winograd.clh.
  MIDDLE = 3,         ///< The same where it suits the shape better.
  SMALL_POINTS = 4,   ///< All that a small tile has use for.
  MOST_POINTS = 8,    ///< The next larger ones have errors that training might notice.
  LINE = 16,          ///< Floats between the matrices of a block beyond their rows.
  ROWS = 4,           ///< Of the register tile.
  TASKS_PER_UNIT = 4, ///< Work-items for each compute unit, so that none waits long for the last.
  BLOCK = 40 * 1024,  ///< Floats of a block's matrices: beside the transformed filters they stay in the
                      ///< second-level cache.
  BLOCK_WEIGHT = 160 * 1024, ///< Larger for weight gradients, which read and write their sums once a block.
  LEAST_TILES = 8,           ///< Of a block: fewer leave the register tile empty.
  TRANSFORMED = 192 * 1024,  ///< Floats of transformed filters that stay in the second-level cache, too. More
  LEAST_TILES_LARGE = 64,    ///< are read again for each block, which so many tiles make up for.
  BLOCKS_FOR_PART = 16,      ///< Blocks worth a partial weight gradient of their own.
  PARTS_MOST = 64 << 20,     ///< Floats of all partial weight gradients.
  LEAST_CHANNELS = 32,       ///< Read and written, from which on 3 × 3 filters are taken by themselves,
  LEAST_SIDE = 3,            ///< of outputs of at least so many rows and columns.
  LEAST_CHANNELS_LARGE = 16, ///< The same of larger filters, which save more.
  LEAST_PIXELS = 256,        ///< Outputs of a channel, which make up for transforming the filters,
  LEAST_PIXELS_ONCE = 128,   ///< or, where that is done once, for reading the larger ones,
  LEAST_PIXELS_SMALL = 32    ///< which F(2 × 2, 3 × 3) has less than half of.
};

/// Tiles along one side of the output or of a block.
typedef struct side {
  int full, small;
} side;

/// A division of the output into blocks; see cl/winograd.clh.
typedef struct division {
  siam_tile tile;
  int taps, points;         ///< Along a side.
  int small;                ///< Outputs along a small tile.
  int side;                 ///< 2: the output is pooled, else 1.
  int images, down, across; ///< Of a block: images and tiles.
  int blocks, tasks;        ///< Number of blocks; number of work-items.
  int tiles;                ///< Rows of a block's matrices, with those of a register tile that hangs over.
} division;

static int full_outputs(const division *by) {
  return by->points - by->taps + 1;
}

static side tiles_along(int outputs, const division *by) {
  const int full = full_outputs(by);
  if (by->points == SMALL_POINTS) return (side){0, siam_divide_up(outputs, SMALL)};
  if (by->taps > 3) return (side){siam_divide_up(outputs, full), 0};
  return (side){(outputs + full - 1 - by->small) / full, outputs % full > 0 && outputs % full <= by->small};
}

/// Small tiles of three outputs where full ones would hang over by one, and none of two is wanted.
static int small_for(const siam_conv_shape *shape, const division *by) {
  const int full = full_outputs(by), down = shape->out_height % full, across = shape->out_width % full;
  const bool mixed = by->taps == 3 && by->points != SMALL_POINTS;
  const bool wants_three = down == MIDDLE || across == MIDDLE;
  const bool wants_two = (down != 0 && down != MIDDLE) || (across != 0 && across != MIDDLE);
  return mixed && wants_three && !wants_two ? MIDDLE : SMALL;
}

/// Parts of at most `most`, as equal as can be.
static int even_part(int count, int most) {
  return siam_divide_up(count, siam_divide_up(count, most));
}

/// Blocks of at most `floats`, but enough of them for all compute units. `row`: floats of a tile in all
/// the matrices of a block that belong to one pair of points.
static void divide(const siam_device *device, const siam_conv_shape *shape, int floats, int row,
                   division *by) {
  by->small = small_for(shape, by);
  const side down = tiles_along(shape->out_height, by);
  const side across = tiles_along(shape->out_width, by);
  const int tall = down.full + down.small, wide = across.full + across.small;
  const int wanted = siam_tasks_worth(device, siam_conv_multiply_adds(shape), TASKS_PER_UNIT);
  const int pairs = by->points * by->points;
  const bool is_large = (int64_t)pairs * shape->channels * shape->filters > TRANSFORMED;
  const int most = siam_larger(is_large ? LEAST_TILES_LARGE : LEAST_TILES, floats / pairs / row);
  by->across = even_part(wide, most);
  by->down = even_part(tall, siam_larger(1, most / by->across));
  while (by->down > 1 && by->down * by->across >= 2 * LEAST_TILES &&
         (int64_t)shape->images * siam_divide_up(tall, by->down) < wanted)
    by->down = siam_divide_up(by->down, 2);
  by->images = 1;
  if (by->down == tall && by->across == wide)
    by->images = siam_larger(1, siam_smaller(most / (tall * wide), shape->images / wanted));
  by->blocks = siam_divide_up(shape->images, by->images) * siam_divide_up(tall, by->down) *
               siam_divide_up(wide, by->across);
  by->tasks = siam_smaller(by->blocks, wanted);
}

/// The register tile for so many filters. Its few rows leave a register for the float that is broadcast, and
/// the few tiles of a block fill it; with fewer vectors more of them keep the multipliers busy.
static siam_tile tile_for(const siam_device *device, int filters) {
  siam_tile tile = siam_tile_for(device, filters);
  tile.rows = tile.vectors == 1 ? 2 * ROWS : tile.vectors == 2 ? ROWS + 2 : ROWS;
  return tile;
}

/// How many partial sums of `size` floats: one for each compute unit, and more of them, a multiple, where the
/// blocks make up for writing and adding them.
static int parts_for(const siam_device *device, const division *by, size_t size) {
  const int units = (int)device->traits.compute_units;
  const int parts = siam_larger(1, by->blocks / BLOCKS_FOR_PART / units) * units;
  return siam_larger(1, siam_smaller(parts, (int)(PARTS_MOST / size)));
}

/// What gates the gradient: GATE in cl/winograd.clh.
static int gate_of(const siam_conv *conv) {
  return siam_view_exists(conv->gradient.places) ? 1 : siam_view_exists(conv->gradient.outputs) ? 2 : 0;
}
static siam_view gates_of(const siam_conv *conv) {
  return gate_of(conv) == 1 ? conv->gradient.places : conv->gradient.outputs;
}

static siam_status get_program(siam_tape *tape, const char *name, const siam_conv *conv, const division *by,
                               siam_program **program) {
  char options[128];
  snprintf(options, sizeof options,
           "-DROWS=%d -DVECTORS=%d -DTAPS=%d -DPOINTS=%d -DSMALL=%d -DSIDE=%d%s%s -DGATE=%d", by->tile.rows,
           by->tile.vectors, by->taps, by->points, by->small, by->side,
           siam_view_exists(conv->epilogue.places) ? " -DPLACES=1" : "",
           siam_view_exists(conv->dbias) ? " -DBIAS=1" : "", gate_of(conv));
  return siam_program_get(siam_tape_device(tape), name, options, program);
}

/// Adds a launch whose last arguments are views that may be nothing, which the kernel then does not have.
static siam_status launch(siam_tape *tape, siam_program *program, const char *kernel, int items,
                          const siam_argument *arguments, size_t count, const siam_view last[2]) {
  enum { MOST = 32 };
  siam_argument all[MOST];
  memcpy(all, arguments, count * sizeof *all);
  for (int i = 0; i < 2; i++)
    if (siam_view_exists(last[i])) all[count++] = siam_arg(last[i]);
  return siam_tape_kernel(tape, program, kernel, (siam_grid){{(size_t)items}}, all, count);
}
#define LAUNCH(tape, program, kernel, items, last, ...)                                                      \
  launch(tape, program, kernel, items, (const siam_argument[]){__VA_ARGS__},                                 \
         sizeof((const siam_argument[]){__VA_ARGS__}) / sizeof(siam_argument), last)

/// The first 14 arguments of the kernels that work on blocks.
#define SHAPE_ARGUMENTS(shape, by)                                                                           \
  siam_arg_int((shape)->images), siam_arg_int((shape)->height), siam_arg_int((shape)->width),                \
      siam_arg_int((shape)->channels), siam_arg_int((shape)->pad_y), siam_arg_int((shape)->pad_x),           \
      siam_arg_int((shape)->filters), siam_arg_int((shape)->out_height), siam_arg_int((shape)->out_width),   \
      siam_arg_int((by)->images), siam_arg_int((by)->down), siam_arg_int((by)->across),                      \
      siam_arg_int((by)->blocks), siam_arg_int((by)->tiles)

/// Floats of the area where vectors at the right edge are put together.
static size_t edge_floats(const siam_device *device, const division *by) {
  return (size_t)(by->points * by->points) * device->traits.vector_width;
}

/// Floats of the area for the gated gradient that a block reads, as cl/conv_winograd.cl counts them.
static size_t stage_floats(const siam_conv *conv, const siam_conv_shape *shape, const division *by) {
  if (gate_of(conv) == 0) return 0;
  const int tall = siam_smaller(by->down * full_outputs(by) + by->taps - 1, shape->height);
  const int wide = siam_smaller(by->across * full_outputs(by) + by->taps - 1, shape->width);
  const size_t floats = (size_t)by->images * (size_t)tall * (size_t)wide * (size_t)shape->channels;
  return (floats + LINE - 1) / LINE * LINE;
}

/// Floats of the matrices of all pairs of points.
static size_t matrices(const division *by, int rows, int row) {
  return (size_t)(by->points * by->points) * ((size_t)rows * (size_t)row + LINE);
}

static siam_status add_product(siam_tape *tape, const siam_conv *conv, int points) {
  const siam_device *device = siam_tape_device(tape);
  const bool forward = conv->pass == SIAM_CONV_FORWARD;
  siam_conv_shape shape = forward ? conv->shape : siam_conv_shape_turned(&conv->shape);
  if (conv->epilogue.pool) {
    // A last row or column that belongs to no window is not computed.
    shape.out_height -= shape.out_height % 2;
    shape.out_width -= shape.out_width % 2;
  }
  if (gate_of(conv) == 1) {
    // Nor has it a gradient.
    shape.height -= shape.height % 2;
    shape.width -= shape.width % 2;
  }
  division by = {.tile = tile_for(device, shape.filters),
                 .taps = shape.kernel_height,
                 .points = points,
                 .side = conv->epilogue.pool ? 2 : 1};
  const int width = (int)device->traits.vector_width, columns = by.tile.columns;
  const int panels = siam_divide_up(shape.filters, columns);
  const int row = siam_larger(siam_divide_up(shape.channels, width) * width, columns);
  divide(device, &shape, points == MOST_POINTS ? 2 * BLOCK : BLOCK, panels > 1 ? row + columns : row, &by);
  by.tiles = by.images * by.down * by.across + by.tile.rows - 1;
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(get_program(tape, "conv_winograd", conv, &by, &program));

  const siam_view filters = siam_tape_tensor(tape, (size_t)panels * matrices(&by, shape.channels, columns));
  siam_tape_begin_once(tape);
  siam_status status = SIAM_LAUNCH(tape, program, "winograd_filters", ((siam_grid){{(size_t)shape.channels}}),
                                   siam_arg_int(shape.channels), siam_arg_int(shape.filters),
                                   siam_arg_int(!forward), siam_arg(conv->weight), siam_arg(filters));
  siam_tape_end_once(tape);
  SIAM_RETURN_IF_FAILED(status);
  const size_t inputs = matrices(&by, by.tiles, row);
  const size_t products = panels > 1 ? matrices(&by, by.tiles, columns) : 0;
  const size_t slot =
      (size_t)row + edge_floats(device, &by) + stage_floats(conv, &shape, &by) + inputs + products;
  const siam_view scratch = siam_tape_tensor(tape, (size_t)by.tasks * slot);
  const bool with_bias = siam_view_exists(conv->epilogue.bias);
  const siam_view last[2] = {gates_of(conv), conv->epilogue.places};
  return LAUNCH(tape, program, "winograd_forward", by.tasks, last, SHAPE_ARGUMENTS(&shape, &by),
                siam_arg(forward ? conv->x : conv->y), siam_arg(filters),
                siam_arg(with_bias ? conv->epilogue.bias : filters), siam_arg_int(with_bias),
                siam_arg_float(siam_epilogue_slope(&conv->epilogue)), siam_arg(forward ? conv->y : conv->x),
                siam_arg(scratch), siam_arg_int((int)slot), siam_arg_int(row),
                siam_arg_int(panels > 1 ? columns : row), siam_arg_int(panels > 1 ? (int)inputs : 0));
}

static siam_status add_weight_gradient(siam_tape *tape, const siam_conv *conv, int points) {
  const siam_device *device = siam_tape_device(tape);
  siam_conv_shape gated = conv->shape;
  const siam_conv_shape *shape = &gated;
  const bool pooled = gate_of(conv) == 1;
  if (pooled) {
    // A last row or column that belongs to no window has no gradient.
    gated.out_height -= gated.out_height % 2;
    gated.out_width -= gated.out_width % 2;
  }
  division by = {.tile = tile_for(device, shape->filters),
                 .taps = shape->kernel_height,
                 .points = points,
                 .side = pooled ? 2 : 1};
  const int width = (int)device->traits.vector_width, columns = by.tile.columns;
  const int panels = siam_divide_up(shape->filters, columns);
  const int row = siam_larger(siam_divide_up(shape->channels, width) * width, columns);
  divide(device, shape, BLOCK_WEIGHT, row + columns, &by);
  by.tiles = by.images * by.down * by.across;
  const size_t part = (size_t)panels * matrices(&by, shape->channels, columns);
  by.tasks = siam_smaller(by.tasks, parts_for(device, &by, part));
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(get_program(tape, "conv_winograd_weight", conv, &by, &program));

  const siam_view parts = siam_tape_tensor(tape, (size_t)by.tasks * part);
  const size_t slot = (size_t)row + edge_floats(device, &by) + matrices(&by, by.tiles, row) +
                      matrices(&by, by.tiles, columns);
  const siam_view scratch = siam_tape_tensor(tape, (size_t)by.tasks * slot);
  const bool with_bias = siam_view_exists(conv->dbias);
  siam_view shifts = {0};
  if (with_bias) shifts = siam_tape_tensor(tape, (size_t)by.tasks * (size_t)panels * (size_t)columns);
  const siam_view last[2] = {gates_of(conv), shifts}, last_finish[2] = {shifts, conv->dbias};
  SIAM_RETURN_IF_FAILED(LAUNCH(
      tape, program, "winograd_weight_sums", by.tasks, last, SHAPE_ARGUMENTS(shape, &by), siam_arg(conv->x),
      siam_arg(conv->y), siam_arg(parts), siam_arg(scratch), siam_arg_int((int)slot), siam_arg_int(row)));
  return LAUNCH(tape, program, "winograd_weight_finish", shape->channels + with_bias, last_finish,
                siam_arg_int(by.tasks), siam_arg_int(shape->channels), siam_arg_int(shape->filters),
                siam_arg(parts), siam_arg(conv->weight));
}

/// Points of the tile that makes `outputs` × `outputs` with these filters; 0: there is none.
static int points_for(const siam_conv_shape *shape, int outputs) {
  const int taps = shape->kernel_height, points = outputs + taps - 1;
  const bool has_filters = taps == 3 || taps == 4 || taps == 5 || taps == 7;
  const bool has_points = points == SMALL_POINTS || points == 6 || points == MOST_POINTS;
  return has_filters && has_points && shape->kernel_width == taps ? points : 0;
}

static bool can(const siam_device *device, const siam_conv *conv, int outputs) {
  const siam_conv_shape *shape = &conv->shape;
  return device->traits.is_cpu && shape->stride == 1 && points_for(shape, outputs) > 0 &&
         shape->pad_y < shape->kernel_height && shape->pad_x < shape->kernel_width;
}

static bool suits_small(const siam_conv_shape *shape) {
  return shape->channels >= LEAST_CHANNELS && shape->filters >= LEAST_CHANNELS &&
         shape->out_height >= LEAST_SIDE && shape->out_width >= LEAST_SIDE;
}

/// Whether the tiles, which may hang over the edges, save half of the multiplications.
static bool suits_large(const siam_conv_shape *shape, int outputs) {
  const int points = points_for(shape, outputs), taps = shape->kernel_height;
  const int tiles = siam_divide_up(shape->out_height, outputs) * siam_divide_up(shape->out_width, outputs);
  return shape->channels >= LEAST_CHANNELS_LARGE && shape->filters >= LEAST_CHANNELS_LARGE &&
         2 * tiles * points * points <= shape->out_height * shape->out_width * taps * taps;
}

static bool suits(const siam_conv *conv, int outputs) {
  const siam_conv_shape *shape = &conv->shape;
  const int pixels = shape->images * shape->out_height * shape->out_width;
  const bool is_two_by_three = outputs == SMALL && shape->kernel_height == 3;
  if (is_two_by_three && (!conv->weight_stays || pixels < LEAST_PIXELS_SMALL)) return false;
  if (!is_two_by_three && pixels < (conv->weight_stays ? LEAST_PIXELS_ONCE : LEAST_PIXELS)) return false;
  if (shape->kernel_height > 3) return suits_large(shape, outputs);
  return suits_small(shape);
}

static siam_status add(siam_tape *tape, const siam_conv *conv, int outputs) {
  const int points = points_for(&conv->shape, outputs);
  if (points == 0) return siam_fail(SIAM_ERROR_ARGUMENT, "no tile of Winograd's has such filters");
  if (conv->pass == SIAM_CONV_BACKWARD_WEIGHT) return add_weight_gradient(tape, conv, points);
  return add_product(tape, conv, points);
}

#define ENGINE(outputs)                                                                                      \
  static bool can##outputs(const siam_device *device, const siam_conv *conv) {                               \
    return can(device, conv, outputs);                                                                       \
  }                                                                                                          \
  static bool suits##outputs(const siam_device *device, const siam_conv *conv) {                             \
    (void)device;                                                                                            \
    return suits(conv, outputs);                                                                             \
  }                                                                                                          \
  static siam_status add##outputs(siam_tape *tape, const siam_conv *conv) {                                  \
    return add(tape, conv, outputs);                                                                         \
  }                                                                                                          \
  const siam_conv_engine siam_conv_winograd##outputs = {.name = "winograd" #outputs,                         \
                                                        .can = can##outputs,                                 \
                                                        .suits = suits##outputs,                             \
                                                        .add = add##outputs,                                 \
                                                        .pools = (outputs) % 2 == 0,                         \
                                                        .gates = true};

ENGINE(4)
ENGINE(3)
ENGINE(2)
