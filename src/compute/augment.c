#include "compute/augment.h"

#include "../cl/augment_table.clh"
#include "base/random.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static float or_else(float value, float standard) {
  return value != 0 ? value : standard;
}

static void set_part(float *table, enum augment_part part, float probability, float lowest, float highest) {
  table[part * ROW + ROW_PROBABILITY] = probability;
  table[part * ROW + ROW_LOWEST] = lowest;
  table[part * ROW + ROW_HIGHEST] = highest;
}

/// An amount drawn from −range … range.
static void set_range(float *table, enum augment_part part, float probability, float range) {
  set_part(table, part, range > 0 ? probability : 0, -range, range);
}

/// Shortest and longest side of the erased rectangle: the square roots of its areas, so that the area keeps
/// its bounds whatever the other side is.
static void set_erased_side(float *table, int at_lowest, int size, const siam_augment_options *options) {
  float smallest = or_else(options->erase_smallest, SIAM_AUGMENT_ERASE_SMALLEST);
  float largest = or_else(options->erase_largest, SIAM_AUGMENT_ERASE_LARGEST);
  float lowest = ceilf(sqrtf(smallest) * (float)size), highest = floorf(sqrtf(largest) * (float)size);
  table[at_lowest] = lowest;
  table[at_lowest + 1] = highest > lowest ? highest : lowest;
}

static void set_geometry(float *table, const siam_augment_options *options, const siam_augment_shape *shape) {
  float affine = or_else(options->affine_probability, 1);
  float height = (float)shape->height, width = (float)shape->width;
  set_range(table, PART_SHIFT_X, affine, options->shift * width);
  set_range(table, PART_SHIFT_Y, affine, options->shift * height);
  set_range(table, PART_ROTATION, affine, options->rotation * 0.01745329252F);
  set_range(table, PART_SCALE, affine, options->scale);
  set_range(table, PART_ASPECT, affine, options->aspect);
  set_range(table, PART_SHEAR_X, affine, options->shear);
  set_range(table, PART_SHEAR_Y, affine, options->shear);
  set_part(table, PART_FLIP_X, options->flip_horizontal, 1, 1);
  set_part(table, PART_FLIP_Y, options->flip_vertical, 1, 1);
  set_part(table, PART_TURN, options->quarter_turn, 1, 3.9999F);
  set_part(table, PART_ELASTIC, options->elastic > 0 ? or_else(options->elastic_probability, 1) : 0, 1, 1);
  // A spline of control points with deviation 1 has, on the average over places, deviation 151/315 in the
  // plane: the integral of the squared cubic B-spline along each axis.
  table[AT_WAVE_X] = options->elastic * width * 315 / 151;
  table[AT_WAVE_Y] = options->elastic * height * 315 / 151;
}

static void set_light(float *table, const siam_augment_options *options, const siam_augment_shape *shape) {
  float light = or_else(options->light_probability, 1);
  set_range(table, PART_BRIGHTNESS, light, options->brightness * 255);
  set_range(table, PART_CONTRAST, light, options->contrast);
  set_range(table, PART_TONE, light, options->tone);
  set_part(table, PART_NOISE, options->noise > 0 ? or_else(options->noise_probability, 1) : 0, 0,
           options->noise * 255);
  set_part(table, PART_ERASE, options->erase, 1, 1);
  set_erased_side(table, AT_ERASE_WIDTH_LOWEST, shape->width, options);
  set_erased_side(table, AT_ERASE_HEIGHT_LOWEST, shape->height, options);
  table[AT_ERASE_NOISE] = options->erase_noise;
}

static void set_normalisation(float *table, const siam_augment_shape *shape) {
  for (int c = 0; c < 3; c++) {
    double deviation = or_else(shape->deviation[c], 1);
    table[AT_MEAN + c] = shape->mean[c] * 255;
    table[AT_SCALE + c] = (float)(1 / (255 * deviation));
    table[AT_OFFSET + c] = (float)(-shape->mean[c] / deviation);
  }
}

static siam_status check_shape(const siam_augment_options *options, const siam_augment_shape *shape,
                               siam_view y) {
  if (shape->channels != 1 && shape->channels != 3)
    return siam_fail(SIAM_ERROR_ARGUMENT, "pictures of %d channels: 1 or 3 are possible", shape->channels);
  enum { MOST = 1 << 14 };
  if (shape->height < 1 || shape->width < 1 || shape->height > MOST || shape->width > MOST)
    return siam_fail(SIAM_ERROR_ARGUMENT, "pictures of %d × %d pixels: 1 to %d are possible along each side",
                     shape->width, shape->height, MOST);
  size_t values = (size_t)shape->height * (size_t)shape->width * (size_t)shape->channels;
  if (shape->images < 1 || shape->first < 0 || (size_t)shape->images * values != y.count)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%d pictures of %zu values do not fill an input of %zu",
                     shape->images, values, y.count);
  if (options->quarter_turn > 0 && shape->height != shape->width)
    return siam_fail(SIAM_ERROR_ARGUMENT, "augmentation: quarter_turn needs square pictures, not %d × %d",
                     shape->width, shape->height);
  return SIAM_OK;
}

static bool any_part(const float *table) {
  for (int part = 0; part < PARTS; part++)
    if (table[part * ROW + ROW_PROBABILITY] > 0) return true;
  return false;
}

siam_status siam_augment_add(siam_tape *tape, const siam_augment_options *options,
                             const siam_augment_shape *shape, cl_mem images, cl_mem indices, cl_mem clock,
                             siam_view y) {
  static const siam_augment_options none = {0};
  if (options == NULL) options = &none;
  SIAM_RETURN_IF_FAILED(siam_augment_check(options));
  SIAM_RETURN_IF_FAILED(check_shape(options, shape, y));
  float table[AUGMENT_TABLE] = {0};
  set_geometry(table, options, shape);
  set_light(table, options, shape);
  set_normalisation(table, shape);
  bool plain = !any_part(table) && !shape->turned;
  if (!plain && clock == NULL)
    return siam_fail(SIAM_ERROR_ARGUMENT, "augmentation draws by the step's number and seed: give a clock");
  siam_view constants;
  SIAM_RETURN_IF_FAILED(siam_tape_constants(tape, table, AUGMENT_TABLE, &constants));

  siam_device *device = siam_tape_device(tape);
  char defines[64];
  snprintf(defines, sizeof defines, "-DCHANNELS=%d -DSTREAM=%d", shape->channels, SIAM_STREAM_AUGMENT);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(device, "augment", defines, &program));
  // Blocks large enough that drawing the picture's plan anew for each costs little.
  int block_pixels = device->traits.is_cpu ? 4096 : 1024;
  int block_rows = (block_pixels + shape->width - 1) / shape->width;
  size_t blocks = ((size_t)shape->height + (size_t)block_rows - 1) / (size_t)block_rows;
  siam_grid grid = {{device->traits.group_size, blocks, (size_t)shape->images}};
  siam_argument first = siam_arg_int(shape->first), height = siam_arg_int(shape->height);
  siam_argument width = siam_arg_int(shape->width), rows = siam_arg_int(block_rows);
  if (plain)
    return SIAM_LAUNCH(tape, program, "normalise", grid, siam_arg_buffer(images), siam_arg_buffer(indices),
                       siam_arg(constants), siam_arg(y), first, height, width, rows);
  return SIAM_LAUNCH(tape, program, "augment", grid, siam_arg_buffer(images), siam_arg_buffer(indices),
                     siam_arg_buffer(clock), siam_arg(constants), siam_arg(y), first, height, width, rows,
                     siam_arg_int((int)or_else(options->elastic_grid, 4)));
}
