#include "reference/augment_reference.h"

#include "../cl/augment_table.clh"
#include "base/random.h"

#include <math.h>
#include <stdbool.h>

typedef struct draws {
  uint64_t seed;
  uint32_t step, position;
} draws;

static siam_draw draw(draws from, uint32_t number) {
  return siam_random(from.seed, SIAM_STREAM_AUGMENT, from.step, (uint64_t)from.position << 32 | number);
}

static bool happens(draws from, enum augment_part part, double probability) {
  return siam_uniform(draw(from, part).word[0]) < (float)probability;
}

/// Drawn evenly from −range … range where the part happens, else 0. A probability of 0 means 1.
static double ranged(draws from, enum augment_part part, double range, double probability) {
  if (!happens(from, part, probability > 0 ? probability : 1)) return 0;
  return range * (2 * (double)siam_uniform(draw(from, part).word[1]) - 1);
}

/// Mean 0, deviation 1: the sum of a word's bytes. A byte has variance (256² − 1) / 12.
static double bell(uint32_t word) {
  double sum = (double)(word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24);
  return (sum - 510) / sqrt(4 * (256.0 * 256.0 - 1) / 12);
}

/// Row-major 2 × 2 matrices, acting on columns (x, y).
typedef struct matrix {
  double xx, xy, yx, yy;
} matrix;

static matrix product(matrix a, matrix b) {
  return (matrix){a.xx * b.xx + a.xy * b.yx, a.xx * b.xy + a.xy * b.yy, a.yx * b.xx + a.yy * b.yx,
                  a.yx * b.xy + a.yy * b.yy};
}

static matrix inverse(matrix m) {
  double determinant = m.xx * m.yy - m.xy * m.yx;
  return (matrix){m.yy / determinant, -m.xy / determinant, -m.yx / determinant, m.xx / determinant};
}

/// What is done to the picture, in this order: mirror, quarter turns, stretch, shear, rotate.
static matrix affine(draws from, const siam_augment_options *options) {
  double p = options->affine_probability;
  bool mirror_x = happens(from, PART_FLIP_X, options->flip_horizontal);
  bool mirror_y = happens(from, PART_FLIP_Y, options->flip_vertical);
  matrix all = {mirror_x ? -1 : 1, 0, 0, mirror_y ? -1 : 1};
  int turns = 0;
  if (happens(from, PART_TURN, options->quarter_turn))
    turns = (int)(1 + (double)siam_uniform(draw(from, PART_TURN).word[1]) * 2.9999);
  for (; turns > 0; turns--) all = product((matrix){0, -1, 1, 0}, all);
  double scale = ranged(from, PART_SCALE, options->scale, p);
  double aspect = ranged(from, PART_ASPECT, options->aspect, p);
  all = product((matrix){exp(scale + aspect / 2), 0, 0, exp(scale - aspect / 2)}, all);
  double shear_x = ranged(from, PART_SHEAR_X, options->shear, p);
  double shear_y = ranged(from, PART_SHEAR_Y, options->shear, p);
  all = product((matrix){1, shear_x, shear_y, 1}, all);
  double angle = ranged(from, PART_ROTATION, options->rotation, p) * acos(-1) / 180;
  return product((matrix){cos(angle), -sin(angle), sin(angle), cos(angle)}, all);
}

static double spline(double x) {
  x = fabs(x);
  if (x < 1) return (4 - 6 * x * x + 3 * x * x * x) / 6;
  return x < 2 ? (2 - x) * (2 - x) * (2 - x) / 6 : 0;
}

static int spans_of(const siam_augment_options *options) {
  return options->elastic_grid > 0 ? (int)options->elastic_grid : 4;
}

/// The displacement at a place of the output, in deviations of the control points. `axis`: 0 for x, 1 for y.
static double wave(draws from, int spans, double at_x, double at_y, int axis) {
  double sum = 0;
  int side = spans + 3;
  for (int row = 0; row < side; row++)
    for (int column = 0; column < side; column++) {
      uint32_t point = (uint32_t)(row * side + column);
      double control = bell(draw(from, DRAW_WAVES + point / 2).word[point % 2 * 2 + (uint32_t)axis]);
      sum += control * spline(at_x - (column - 1)) * spline(at_y - (row - 1));
    }
  return sum;
}

static double clamped(double value, double low, double high) {
  return value < low ? low : value > high ? high : value;
}

static double sampled(const siam_augment_shape *shape, const uint8_t *picture, double x, double y, int c) {
  x = clamped(x, 0, shape->width - 1);
  y = clamped(y, 0, shape->height - 1);
  int left = (int)x, top = (int)y;
  double sum = 0;
  for (int row = top; row <= top + 1 && row < shape->height; row++)
    for (int column = left; column <= left + 1 && column < shape->width; column++)
      sum += (1 - fabs(x - column)) * (1 - fabs(y - row)) *
             picture[(row * shape->width + column) * shape->channels + c];
  return sum / 255;
}

typedef struct rectangle {
  int left, top, right, bottom;
} rectangle;

/// A whole length between the square roots of the areas, as parts of `size`.
static int erased_side(double smallest, double largest, int size, uint32_t word) {
  int shortest = (int)ceil(sqrt(smallest) * size), longest = (int)floor(sqrt(largest) * size);
  if (longest < shortest) longest = shortest;
  return shortest + (int)siam_below(word, (uint32_t)(longest - shortest + 1));
}

static rectangle erased(draws from, const siam_augment_options *options, const siam_augment_shape *shape) {
  rectangle none = {0, 0, 0, 0};
  if (!happens(from, PART_ERASE, options->erase)) return none;
  double smallest = options->erase_smallest > 0 ? options->erase_smallest : 0.02;
  double largest = options->erase_largest > 0 ? options->erase_largest : 0.2;
  siam_draw sides = draw(from, PART_ERASE), place = draw(from, DRAW_ERASE_PLACE);
  int width = erased_side(smallest, largest, shape->width, sides.word[1]);
  int height = erased_side(smallest, largest, shape->height, sides.word[2]);
  int left = (int)siam_below(place.word[0], (uint32_t)(shape->width - width + 1));
  int top = (int)siam_below(place.word[1], (uint32_t)(shape->height - height + 1));
  return (rectangle){left, top, left + width, top + height};
}

static double noise(draws from, const siam_augment_shape *shape, int row, int column, int c) {
  int quads = (shape->width + 3) / 4;
  uint32_t number = (uint32_t)((row * quads + column / 4) * shape->channels + c);
  return bell(draw(from, DRAW_NOISE + number).word[column % 4]);
}

/// How far a float32 coordinate may be off, with u = 2^-24. Entries of the inverse matrix: sine and cosine 4
/// ulp (8u), exponential 3 ulp (6u) of an argument with 4u, division 2.5 ulp (5u), five sums and products
/// (5u), so 28u of a sum of magnitudes; offsets from the centre and the last sum add 4u of the size. A spline
/// weight: three products and a difference of numbers up to 8, over 6 (6u), and its argument, up to
/// spans + 3 with 3u, times the steepest slope, 2/3. Four weights along each axis meet controls below 3.45.
static double coordinate_error(const siam_augment_options *options, const siam_augment_shape *shape,
                               matrix back) {
  double u = ldexp(1, -24), size = fmax(shape->width, shape->height);
  double steepest = fmax(fabs(back.xx) + fabs(back.xy), fabs(back.yx) + fabs(back.yy));
  double straight = 28 * u * steepest * size * (0.5 + (double)options->shift) + 4 * u * size;
  double weight = (6 + 2 * (spans_of(options) + 3)) * u;
  return straight + 2 * 4 * weight * 3.45 * (double)options->elastic * 2.1 * size;
}

double siam_augment_reference(const siam_augment_options *options, const siam_augment_shape *shape,
                              uint64_t seed, uint32_t step, uint32_t position, const uint8_t *picture,
                              double *y) {
  draws from = {seed, step, position};
  int height = shape->height, width = shape->width, channels = shape->channels, spans = spans_of(options);
  matrix back = inverse(affine(from, options));
  double p = options->affine_probability;
  double shift_x = width * ranged(from, PART_SHIFT_X, options->shift, p);
  double shift_y = height * ranged(from, PART_SHIFT_Y, options->shift, p);
  double elastic = 0;
  if (happens(from, PART_ELASTIC, options->elastic_probability > 0 ? options->elastic_probability : 1))
    elastic = (double)options->elastic * 315 / 151;
  p = options->light_probability;
  double brightness = ranged(from, PART_BRIGHTNESS, options->brightness, p);
  double contrast = exp(ranged(from, PART_CONTRAST, options->contrast, p));
  double odds = exp(-ranged(from, PART_TONE, options->tone, p));
  double grain = 0;
  if (happens(from, PART_NOISE, options->noise_probability > 0 ? options->noise_probability : 1))
    grain = (double)options->noise * (double)siam_uniform(draw(from, PART_NOISE).word[1]);
  bool light = brightness != 0 || contrast != 1 || odds != 1 || grain != 0;
  rectangle hidden = erased(from, options, shape);

  double steepest = 0;
  for (int row = 0; row < height; row++)
    for (int column = 0; column < width; column++) {
      double from_x = column - (width - 1) / 2.0 - shift_x, from_y = row - (height - 1) / 2.0 - shift_y;
      double source_x = (width - 1) / 2.0 + back.xx * from_x + back.xy * from_y;
      double source_y = (height - 1) / 2.0 + back.yx * from_x + back.yy * from_y;
      if (elastic > 0) {
        double at_x = (column + 0.5) * spans / width, at_y = (row + 0.5) * spans / height;
        source_x += elastic * width * wave(from, spans, at_x, at_y, 0);
        source_y += elastic * height * wave(from, spans, at_x, at_y, 1);
      }
      for (int c = 0; c < channels; c++) {
        double mean = shape->mean[c], deviation = shape->deviation[c] != 0 ? shape->deviation[c] : 1;
        double value = sampled(shape, picture, source_x, source_y, c);
        if (light) {
          value = value / (value + odds * (1 - value));
          value = (value - mean) * contrast + mean + brightness + grain * noise(from, shape, row, column, c);
          value = clamped(value, 0, 1);
        }
        bool is_hidden =
            row >= hidden.top && row < hidden.bottom && column >= hidden.left && column < hidden.right;
        double result = (value - mean) / deviation;
        if (is_hidden) result = options->erase_noise > 0 ? noise(from, shape, row, column, c) : 0;
        y[(row * width + column) * channels + c] = result;
        steepest = fmax(steepest, 1 / deviation);
      }
    }
  // A value in 0 … 1 changes by at most 1 a pixel along each axis; interpolation, tone (its slope is at most
  // the odds or their inverse), contrast, brightness, noise and normalisation round 32 times.
  double slope = fmax(odds, 1 / odds) * fmax(contrast, 1) * steepest;
  return slope * (2 * coordinate_error(options, shape, back) + 32 * ldexp(1, -24) * (2 + 4 * grain));
}
