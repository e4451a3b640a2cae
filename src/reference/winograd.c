#include "reference/winograd.h"

#include "reference/give_up.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_POINTS = 8, AT_INFINITY = 3, SMALL_POINTS = 4, SMALL = 2, MIDDLE = 3 };

/// One side of a tile: magnitudes of the matrices, which are applied along both sides.
typedef double matrix[MOST_POINTS][MOST_POINTS];
typedef struct kind {
  int outputs, inputs;
  matrix output, input; ///< Aᵀ, Bᵀ
} kind;

/// The tiles for filters of one size; see cl/winograd.clh.
typedef struct tiling {
  int taps, points;
  kind full, small;
  matrix filter; ///< G
} tiling;

static const double place[MOST_POINTS] = {0, 1, -1, INFINITY, 2, -2, 0.5, -0.5};

/// Row of a matrix that evaluates a polynomial of so many coefficients at a point: x⁰, x¹, …; at infinity the
/// last coefficient.
static double power(int point, int i, int coefficients) {
  return point == AT_INFINITY ? i == coefficients - 1 : pow(place[point], i);
}

/// Π (x_k − x_l) over the other finite points; 1 at infinity.
static double spread(int k, int points) {
  double product = 1;
  for (int l = 0; l < points && k != AT_INFINITY; l++)
    if (l != k && l != AT_INFINITY) product *= place[k] - place[l];
  return product;
}

/// Coefficients of Π (z − x_l) over the other finite points.
static void expand(int k, int points, double *coefficients) {
  coefficients[0] = 1;
  for (int l = 0, degree = 0; l < points; l++) {
    if (l == k || l == AT_INFINITY) continue;
    for (int i = ++degree; i > 0; i--) coefficients[i] = coefficients[i - 1] - place[l] * coefficients[i];
    coefficients[0] *= -place[l];
  }
}

/// A tile of the first `points` points, with the G of a tile of `all` points.
static kind make_kind(int taps, int points, int all) {
  kind made = {.outputs = points - taps + 1, .inputs = points};
  for (int k = 0; k < points; k++) {
    expand(k, points, made.input[k]);
    const double scale = spread(k, all) / spread(k, points);
    for (int i = 0; i < points; i++) made.input[k][i] = fabs(scale * made.input[k][i]);
    for (int i = 0; i < made.outputs; i++) made.output[i][k] = fabs(power(k, i, made.outputs));
  }
  return made;
}

/// Outputs along a small tile of 3 × 3 filters with six points; see cl/winograd.clh.
static int small_outputs(const siam_conv_shape *s) {
  const int down = s->out_height % 4, across = s->out_width % 4;
  const bool down_fits = down == 0 || down == MIDDLE, across_fits = across == 0 || across == MIDDLE;
  return down_fits && across_fits && down + across > 0 ? MIDDLE : SMALL;
}

static tiling make_tiling(const siam_conv_shape *s, int points) {
  const int taps = s->kernel_height;
  // Where all tiles are small they still have the G of six points.
  const int all = points == SMALL_POINTS ? 6 : points;
  tiling made = {.taps = taps, .points = points, .full = make_kind(taps, points, all)};
  made.small = made.full;
  if (taps == 3 && points == 6) made.small = make_kind(taps, small_outputs(s) + taps - 1, all);
  for (int k = 0; k < points; k++)
    for (int i = 0; i < taps; i++) made.filter[k][i] = fabs(power(k, i, taps) / spread(k, all));
  return made;
}

/// The tile at `start` of `count` outputs; see cl/winograd.clh.
static const kind *kind_at(const tiling *t, int start, int count) {
  return count - start > t->small.outputs ? &t->full : &t->small;
}

/// What a tile has at its pairs of points, or at its inputs, outputs or taps.
typedef struct square {
  matrix at;
} square;

/// left · values · rightᵀ, or with the matrices transposed; `rows` × `columns` of the values exist.
static square both_sides(const matrix left, const matrix right, bool transposed, int rows, int columns,
                         int rows_out, int columns_out, const square *values) {
  square half = {0}, made = {0};
  for (int i = 0; i < rows_out; i++)
    for (int k = 0; k < rows; k++)
      for (int j = 0; j < columns; j++)
        half.at[i][j] += (transposed ? left[k][i] : left[i][k]) * values->at[k][j];
  for (int i = 0; i < rows_out; i++)
    for (int j = 0; j < columns_out; j++)
      for (int k = 0; k < columns; k++)
        made.at[i][j] += half.at[i][k] * (transposed ? right[k][j] : right[j][k]);
  return made;
}

/// A tile of images [tall, wide, depth] whose corner is (y, x), `down` × `across` of one channel; 0 outside.
static square tile_of(const double *image, int tall, int wide, int depth, int channel, int y, int x, int down,
                      int across) {
  square made = {0};
  for (int i = 0; i < down; i++)
    for (int j = 0; j < across; j++)
      if (y + i >= 0 && y + i < tall && x + j >= 0 && x + j < wide)
        made.at[i][j] = fabs(image[((y + i) * wide + x + j) * depth + channel]);
  return made;
}

/// Taps of one channel pair at all points.
static square filter_of(const siam_conv_shape *s, const tiling *t, const double *weight, int c, int f) {
  square taps = {0};
  for (int i = 0; i < t->taps; i++)
    for (int j = 0; j < t->taps; j++)
      taps.at[i][j] = fabs(weight[((i * t->taps + j) * s->channels + c) * s->filters + f]);
  return both_sides(t->filter, t->filter, false, t->taps, t->taps, t->points, t->points, &taps);
}

/// What both passes over the tiles share.
typedef struct tile {
  const kind *down, *across;
  int y, x;
} tile;

static square inputs_of(const siam_conv_shape *s, const tile *t, const double *x, int c) {
  const square inputs = tile_of(x, s->height, s->width, s->channels, c, t->y - s->pad_y, t->x - s->pad_x,
                                t->down->inputs, t->across->inputs);
  return both_sides(t->down->input, t->across->input, false, t->down->inputs, t->across->inputs,
                    t->down->inputs, t->across->inputs, &inputs);
}

/// Adds a ⊙ b to `sum`.
static void add_products(const square *a, const square *b, square *sum) {
  for (int i = 0; i < MOST_POINTS; i++)
    for (int j = 0; j < MOST_POINTS; j++) sum->at[i][j] += a->at[i][j] * b->at[i][j];
}

static void forward_tile(const siam_conv_shape *s, const tile *t, const double *x, const square *filters,
                         double *y) {
  square *inputs = siam_reference_array((size_t)s->channels, sizeof *inputs);
  for (int c = 0; c < s->channels; c++) inputs[c] = inputs_of(s, t, x, c);
  for (int f = 0; f < s->filters; f++) {
    square sum = {0};
    for (int c = 0; c < s->channels; c++) add_products(&inputs[c], &filters[c * s->filters + f], &sum);
    const square outputs = both_sides(t->down->output, t->across->output, false, t->down->inputs,
                                      t->across->inputs, t->down->outputs, t->across->outputs, &sum);
    for (int i = 0; i < t->down->outputs && t->y + i < s->out_height; i++)
      for (int j = 0; j < t->across->outputs && t->x + j < s->out_width; j++)
        y[((t->y + i) * s->out_width + t->x + j) * s->filters + f] += outputs.at[i][j];
  }
  free(inputs);
}

static void weight_tile(const siam_conv_shape *s, const tile *t, const double *x, const double *y,
                        square *filters) {
  square *gradients = siam_reference_array((size_t)s->filters, sizeof *gradients);
  for (int f = 0; f < s->filters; f++) {
    const square outputs = tile_of(y, s->out_height, s->out_width, s->filters, f, t->y, t->x,
                                   t->down->outputs, t->across->outputs);
    gradients[f] = both_sides(t->down->output, t->across->output, true, t->down->outputs, t->across->outputs,
                              t->down->inputs, t->across->inputs, &outputs);
  }
  for (int c = 0; c < s->channels; c++) {
    const square inputs = inputs_of(s, t, x, c);
    for (int f = 0; f < s->filters; f++) add_products(&inputs, &gradients[f], &filters[c * s->filters + f]);
  }
  free(gradients);
}

/// Walks the tiles of all images. `filters`: of each channel pair at all points, read or added to.
static void each_tile(const siam_conv_shape *s, bool forward, const tiling *by, const double *x,
                      const double *y, double *out, square *filters) {
  const size_t in_image = (size_t)s->height * (size_t)s->width * (size_t)s->channels;
  const size_t out_image = (size_t)s->out_height * (size_t)s->out_width * (size_t)s->filters;
  for (size_t n = 0; n < (size_t)s->images; n++) {
    tile t = {0};
    for (t.y = 0; t.y < s->out_height; t.y += t.down->outputs) {
      t.down = kind_at(by, t.y, s->out_height);
      for (t.x = 0; t.x < s->out_width; t.x += t.across->outputs) {
        t.across = kind_at(by, t.x, s->out_width);
        if (forward)
          forward_tile(s, &t, x + n * in_image, filters, out + n * out_image);
        else
          weight_tile(s, &t, x + n * in_image, y + n * out_image, filters);
      }
    }
  }
}

static void forward(const siam_conv_shape *s, int points, const double *x, const double *weight, double *y) {
  const tiling by = make_tiling(s, points);
  square *filters = siam_reference_array((size_t)s->channels * (size_t)s->filters, sizeof *filters);
  for (int c = 0; c < s->channels; c++)
    for (int f = 0; f < s->filters; f++) filters[c * s->filters + f] = filter_of(s, &by, weight, c, f);
  each_tile(s, true, &by, x, NULL, y, filters);
  free(filters);
}

static void backward_weight(const siam_conv_shape *s, int points, const double *x, const double *y,
                            double *weight) {
  const tiling by = make_tiling(s, points);
  square *filters = siam_reference_array((size_t)s->channels * (size_t)s->filters, sizeof *filters);
  each_tile(s, false, &by, x, y, NULL, filters);
  for (int c = 0; c < s->channels; c++)
    for (int f = 0; f < s->filters; f++) {
      const square taps = both_sides(by.filter, by.filter, true, by.points, by.points, by.taps, by.taps,
                                     &filters[c * s->filters + f]);
      for (int i = 0; i < by.taps; i++)
        for (int j = 0; j < by.taps; j++)
          weight[((i * by.taps + j) * s->channels + c) * s->filters + f] += taps.at[i][j];
    }
  free(filters);
}

/// The data gradient as the convolution of dy with turned weights that it is.
static siam_conv_shape turn(const siam_conv_shape *s, const double *weight, double **turned) {
  siam_conv_shape shape = *s;
  shape.height = s->out_height, shape.width = s->out_width, shape.channels = s->filters;
  shape.out_height = s->height, shape.out_width = s->width, shape.filters = s->channels;
  const int taps = s->kernel_height * s->kernel_height;
  shape.pad_y = s->kernel_height - 1 - s->pad_y, shape.pad_x = s->kernel_height - 1 - s->pad_x;
  *turned = siam_reference_array(siam_conv_weight_count(s), sizeof **turned);
  for (int tap = 0; tap < taps; tap++)
    for (int c = 0; c < s->channels; c++)
      for (int f = 0; f < s->filters; f++)
        (*turned)[(tap * s->filters + f) * s->channels + c] =
            weight[((taps - 1 - tap) * s->channels + c) * s->filters + f];
  return shape;
}

void siam_winograd_magnitudes(const siam_conv_shape *shape, siam_conv_pass pass, int points, const double *x,
                              const double *weight, const double *y, double *out) {
  if (pass == SIAM_CONV_FORWARD) forward(shape, points, x, weight, out);
  if (pass == SIAM_CONV_BACKWARD_WEIGHT) backward_weight(shape, points, x, y, out);
  if (pass != SIAM_CONV_BACKWARD_DATA) return;
  double *turned = NULL;
  const siam_conv_shape exchanged = turn(shape, weight, &turned);
  forward(&exchanged, points, y, turned, out);
  free(turned);
}

static double tiles_along(const tiling *by, int count) {
  double tiles = 0;
  for (int start = 0; start < count; start += kind_at(by, start, count)->outputs) tiles++;
  return tiles;
}

double siam_winograd_terms(const siam_conv_shape *shape, siam_conv_pass pass, int points) {
  // Along each of two sides, operations in a row: sums of polynomials' even and odd parts, and of both; the
  // same transposed, from pairs of points, with one more for zero or infinity; factors, which are rounded,
  // and so is their product, which is multiplied by.
  const int taps = shape->kernel_height, outputs = points - taps + 1, factors = 2;
  const int input = points == 8 ? 3 : 2, of_taps = (taps + 1) / 2, of_outputs = (outputs + 1) / 2;
  const int to_taps = points / 2, to_outputs = points / 2;
  if (pass == SIAM_CONV_FORWARD) return shape->channels + 2 * (of_taps + factors + input + to_outputs);
  if (pass == SIAM_CONV_BACKWARD_DATA) return shape->filters + 2 * (of_taps + factors + input + to_outputs);
  const tiling by = make_tiling(shape, points);
  return shape->images * tiles_along(&by, shape->out_height) * tiles_along(&by, shape->out_width) +
         2 * (input + of_outputs + factors + to_taps);
}

int siam_winograd_points(const siam_conv_shape *shape, const char *engine) {
  static const char name[] = "winograd";
  if (strncmp(engine, name, strlen(name)) != 0) return 0;
  return (int)strtol(engine + strlen(name), NULL, 10) + shape->kernel_height - 1;
}
