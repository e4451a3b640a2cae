#include "reference/winograd.h"

#include "reference/give_up.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TAPS = 3, MOST = 6 };

/// One side of a tile: magnitudes of the matrices, which are applied along both sides.
typedef struct kind {
  int outputs, inputs;
  const double (*output)[MOST], (*filter)[TAPS], (*input)[MOST]; ///< Aᵀ, G, Bᵀ
} kind;

// At the points 0, 1, −1, ∞, 2, −2.
static const double filter[MOST][TAPS] = {
    {1. / 4, 0, 0}, {1. / 6, 1. / 6, 1. / 6},   {1. / 6, 1. / 6, 1. / 6},
    {0, 0, 1},      {1. / 24, 1. / 12, 1. / 6}, {1. / 24, 1. / 12, 1. / 6}};
static const double full_input[MOST][MOST] = {{4, 0, 5, 0, 1, 0}, {0, 4, 4, 1, 1, 0}, {0, 4, 4, 1, 1, 0},
                                              {0, 4, 0, 5, 0, 1}, {0, 2, 1, 2, 1, 0}, {0, 2, 1, 2, 1, 0}};
static const double full_output[4][MOST] = {
    {1, 1, 1, 0, 1, 1}, {0, 1, 1, 0, 2, 2}, {0, 1, 1, 0, 4, 4}, {0, 1, 1, 1, 8, 8}};
static const double small_input[MOST][MOST] = {{4, 0, 4, 0}, {0, 3, 3, 0}, {0, 3, 3, 0}, {0, 1, 0, 1}};
static const double small_output[4][MOST] = {{1, 1, 1, 0}, {0, 1, 1, 1}};
static const kind full = {4, 6, full_output, filter, full_input};
static const kind small = {2, 4, small_output, filter, small_input};

/// The tile at `start` of `count` outputs; see cl/winograd.clh.
static const kind *kind_at(int start, int count, int points) {
  return points == MOST && count - start > 2 ? &full : &small;
}

/// What a tile has at its 6 × 6 pairs of points, or at its inputs, outputs or taps.
typedef struct square {
  double at[MOST][MOST];
} square;

/// left · values · rightᵀ, or with the matrices transposed; `rows` × `columns` of the values exist.
static square both_sides(const double *left, const double *right, int row, bool transposed, int rows,
                         int columns, int rows_out, int columns_out, const square *values) {
  square half = {0}, made = {0};
  for (int i = 0; i < rows_out; i++)
    for (int k = 0; k < rows; k++)
      for (int j = 0; j < columns; j++)
        half.at[i][j] += left[transposed ? k * row + i : i * row + k] * values->at[k][j];
  for (int i = 0; i < rows_out; i++)
    for (int j = 0; j < columns_out; j++)
      for (int k = 0; k < columns; k++)
        made.at[i][j] += half.at[i][k] * right[transposed ? k * row + j : j * row + k];
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
static square filter_of(const siam_conv_shape *s, const double *weight, int c, int f) {
  square taps = {0};
  for (int i = 0; i < TAPS; i++)
    for (int j = 0; j < TAPS; j++)
      taps.at[i][j] = fabs(weight[((i * TAPS + j) * s->channels + c) * s->filters + f]);
  return both_sides(*filter, *filter, TAPS, false, TAPS, TAPS, MOST, MOST, &taps);
}

/// What both passes over the tiles share.
typedef struct tile {
  const kind *down, *across;
  int y, x;
} tile;

static square inputs_of(const siam_conv_shape *s, const tile *t, const double *x, int c) {
  const square inputs = tile_of(x, s->height, s->width, s->channels, c, t->y - s->pad_y, t->x - s->pad_x,
                                t->down->inputs, t->across->inputs);
  return both_sides(*t->down->input, *t->across->input, MOST, false, t->down->inputs, t->across->inputs,
                    t->down->inputs, t->across->inputs, &inputs);
}

/// Adds a ⊙ b to `sum`.
static void add_products(const square *a, const square *b, square *sum) {
  for (int i = 0; i < MOST; i++)
    for (int j = 0; j < MOST; j++) sum->at[i][j] += a->at[i][j] * b->at[i][j];
}

static void forward_tile(const siam_conv_shape *s, const tile *t, const double *x, const square *filters,
                         double *y) {
  square *inputs = siam_reference_array((size_t)s->channels, sizeof *inputs);
  for (int c = 0; c < s->channels; c++) inputs[c] = inputs_of(s, t, x, c);
  for (int f = 0; f < s->filters; f++) {
    square sum = {0};
    for (int c = 0; c < s->channels; c++) add_products(&inputs[c], &filters[c * s->filters + f], &sum);
    const square outputs = both_sides(*t->down->output, *t->across->output, MOST, false, t->down->inputs,
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
    gradients[f] = both_sides(*t->down->output, *t->across->output, MOST, true, t->down->outputs,
                              t->across->outputs, t->down->inputs, t->across->inputs, &outputs);
  }
  for (int c = 0; c < s->channels; c++) {
    const square inputs = inputs_of(s, t, x, c);
    for (int f = 0; f < s->filters; f++) add_products(&inputs, &gradients[f], &filters[c * s->filters + f]);
  }
  free(gradients);
}

/// Walks the tiles of all images. `filters`: of each channel pair at all points, read or added to.
static void each_tile(const siam_conv_shape *s, bool forward, int points, const double *x, const double *y,
                      double *out, square *filters) {
  const size_t in_image = (size_t)(s->height * s->width * s->channels);
  const size_t out_image = (size_t)(s->out_height * s->out_width * s->filters);
  for (size_t n = 0; n < (size_t)s->images; n++) {
    tile t = {0};
    for (t.y = 0; t.y < s->out_height; t.y += t.down->outputs) {
      t.down = kind_at(t.y, s->out_height, points);
      for (t.x = 0; t.x < s->out_width; t.x += t.across->outputs) {
        t.across = kind_at(t.x, s->out_width, points);
        if (forward)
          forward_tile(s, &t, x + n * in_image, filters, out + n * out_image);
        else
          weight_tile(s, &t, x + n * in_image, y + n * out_image, filters);
      }
    }
  }
}

static void forward(const siam_conv_shape *s, int points, const double *x, const double *weight, double *y) {
  square *filters = siam_reference_array((size_t)(s->channels * s->filters), sizeof *filters);
  for (int c = 0; c < s->channels; c++)
    for (int f = 0; f < s->filters; f++) filters[c * s->filters + f] = filter_of(s, weight, c, f);
  each_tile(s, true, points, x, NULL, y, filters);
  free(filters);
}

static void backward_weight(const siam_conv_shape *s, int points, const double *x, const double *y,
                            double *weight) {
  square *filters = siam_reference_array((size_t)(s->channels * s->filters), sizeof *filters);
  each_tile(s, false, points, x, y, NULL, filters);
  for (int c = 0; c < s->channels; c++)
    for (int f = 0; f < s->filters; f++) {
      const square taps =
          both_sides(*filter, *filter, TAPS, true, MOST, MOST, TAPS, TAPS, &filters[c * s->filters + f]);
      for (int i = 0; i < TAPS; i++)
        for (int j = 0; j < TAPS; j++)
          weight[((i * TAPS + j) * s->channels + c) * s->filters + f] += taps.at[i][j];
    }
  free(filters);
}

/// The data gradient as the convolution of dy with turned weights that it is.
static siam_conv_shape turn(const siam_conv_shape *s, const double *weight, double **turned) {
  siam_conv_shape shape = *s;
  shape.height = s->out_height, shape.width = s->out_width, shape.channels = s->filters;
  shape.out_height = s->height, shape.out_width = s->width, shape.filters = s->channels;
  shape.pad_y = TAPS - 1 - s->pad_y, shape.pad_x = TAPS - 1 - s->pad_x;
  *turned = siam_reference_array(siam_conv_weight_count(s), sizeof **turned);
  for (int tap = 0; tap < TAPS * TAPS; tap++)
    for (int c = 0; c < s->channels; c++)
      for (int f = 0; f < s->filters; f++)
        (*turned)[(tap * s->filters + f) * s->channels + c] =
            weight[((TAPS * TAPS - 1 - tap) * s->channels + c) * s->filters + f];
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

static double tiles_along(int count, int points) {
  double tiles = 0;
  for (int start = 0; start < count; start += kind_at(start, count, points)->outputs) tiles++;
  return tiles;
}

double siam_winograd_terms(const siam_conv_shape *shape, siam_conv_pass pass, int points) {
  // Along each of two sides: G takes 4 operations in a row, rounded constants among them; Bᵀ and A take 2,
  // Aᵀ takes 3, Gᵀ takes 4, and the factors that are left to the end 2.
  if (pass == SIAM_CONV_FORWARD) return shape->channels + 2 * (4 + 2 + 3);
  if (pass == SIAM_CONV_BACKWARD_DATA) return shape->filters + 2 * (4 + 2 + 3);
  return shape->images * tiles_along(shape->out_height, points) * tiles_along(shape->out_width, points) +
         2 * (2 + 2 + 4 + 2);
}
