// Winograd's convolution with stride 1 for CPU-type devices: forward and, with the filters turned, the data
// gradient. Images are NHWC, weights [TAPS][TAPS][channels][filters]. See winograd.clh for the tiles, and
// docs/kernels.md for what was tried.
//
// The output is worked off in blocks of tiles; of P work-items each takes every P-th block. For a block it
//
//   1. transforms the tiles of x to V, a matrix for each pair of points: row = tile, column = channel,
//   2. multiplies each by the matrix U of the transformed filters for that pair, COLUMNS filters at a time,
//      while the next block of x and this one of y are fetched into the cache,
//
//        ┌──channels──┐   ┌─filters─┐   ┌─filters─┐
//        │     V      │ · │    U    │ = │    M    │  tiles     POINTS² times
//        └────────────┘   │         │   └─────────┘
//                         └─────────┘
//   3. transforms M to outputs, adds the bias, applies the activation and stores them.
//
// V and M of a block are small enough for the second-level cache. With one panel of COLUMNS filters M lies
// where V was: a row of it is written when the last of that row of V has been read.
//
//   ROWS, VECTORS  the register tile, see tile.clh; it multiplies ROWS tiles by COLUMNS filters
//   TAPS, POINTS, SMALL, SIDE, GATE  see winograd.clh; the data gradient's input may be gated
//   PLACES  with SIDE 2, 1: the places of the largest outputs are written, too, for the way back
#include "activation.clh"
#include "common.clh"
#include "edge.clh"
#include "pool.clh"
#include "tasks.clh"
#include "tile.clh"
#include "winograd.clh"
#ifndef PLACES
#define PLACES 0
#endif

// U = G w Gᵀ: to[panel][matrix][channel][COLUMNS], matrices STEP(channels, COLUMNS) apart, zeros behind the
// last filter. `turned`, for the data gradient: of the weights turned by 180°, with channels and filters
// exchanged; `channels` and `filters` are then those of the exchanged convolution. One work-item per channel.
__kernel GROUP void winograd_filters(int channels, int filters, int turned, VIEW(weight), VIEW_OUT(to)) {
  BIND(weight);
  BIND_OUT(to);
  const int c = get_global_id(0), step = STEP(channels, COLUMNS);
  if (c >= channels) return;
  const int padded = (filters + COLUMNS - 1) / COLUMNS * COLUMNS;
  for (int f = 0; f < padded; f += WIDTH) {
    floatw values[MATRICES];
    for (int i = 0; i < TAPS; i++)
      for (int j = 0; j < TAPS; j++) {
        const int tap = i * TAPS + j;
        if (turned) {
          float gathered[WIDTH];
          __global const float *last = weight + (TAPS * TAPS - 1 - tap) * (long)filters * channels + c;
          for (int n = 0; n < WIDTH; n++) gathered[n] = f + n < filters ? last[(f + n) * (long)channels] : 0;
          values[i * POINTS + j] = *(const unaligned_floatw *)gathered;
        } else
          values[i * POINTS + j] = load_some(weight + (tap * channels + c) * (long)filters + f, filters - f);
      }
    UNROLL for (int j = 0; j < TAPS; j++) evaluate(values + j, POINTS, TAPS, POINTS);
    __global float *at = to + f / COLUMNS * (long)MATRICES * step + c * COLUMNS + f % COLUMNS;
    UNROLL for (int i = 0; i < POINTS; i++) {
      evaluate(values + i * POINTS, 1, TAPS, POINTS);
      UNROLL for (int j = 0; j < POINTS; j++)
          STORE(factor[i] * factor[j] * values[i * POINTS + j], at + (i * POINTS + j) * (long)step);
    }
  }
}

// What is written of SIDE × SIDE outputs in rows of POINTS.
#if SIDE == 2
INLINE intw place_of_largest(const floatw *m) {
  const intw upper = select((intw)(0), (intw)(1), (intw)IS_LARGER(m[1], m[0]));
  const intw lower = select((intw)(2), (intw)(3), (intw)IS_LARGER(m[POINTS + 1], m[POINTS]));
  return select(upper, lower, (intw)IS_LARGER(LARGER(m[POINTS], m[POINTS + 1]), LARGER(m[0], m[1])));
}
INLINE floatw largest(const floatw *m) {
  const floatw upper = LARGER(m[0], m[1]), lower = LARGER(m[POINTS], m[POINTS + 1]);
  return LARGER(upper, lower);
}
#define KEPT(m) largest(m)
#else
#define KEPT(m) (*(m))
#endif
#define OUT_PIXELS ((out_height / SIDE) * (out_width / SIDE))
#if PLACES
#define PLACES_OUT , VIEW_OUT(places)
#define BIND_PLACES __global uchar *places = (__global uchar *)(places_buffer + places_first);
#else
#define PLACES_OUT
#define BIND_PLACES __global uchar *places = 0;
#endif

// Transforms row `from` of the matrices, `step` floats apart, to the tile of y whose first output is (y, x)
// before any pooling: COLUMNS filters, of which `some` exist. `image` is that of the first of them, and
// `places` where the bytes of that image go.
INLINE void output_tile(__global const float *from, int step, __global const float *bias, int with_bias,
                        float slope, __global float *edge, __global float *image, __global uchar *places,
                        int y, int x, int some, int filters, int out_height, int out_width, const int small_y,
                        const int small_x) {
  const int down = small_y ? SMALL : FULL, across = small_x ? SMALL : FULL;
  const int points_down = small_y ? SMALL_POINTS : POINTS, points_across = small_x ? SMALL_POINTS : POINTS;
  __global float *spare = edge + FULL * FULL * WIDTH; // for outputs beyond the edge of y
  __global float *to[FULL * FULL];
#if PLACES
  __global uchar *place_to[FULL * FULL];
#endif
  UNROLL for (int i = 0; i < down; i += SIDE) UNROLL for (int j = 0; j < across; j += SIDE) {
    const bool inside = y + i + SIDE <= out_height && x + j + SIDE <= out_width;
    const long pixel = (y + i) / SIDE * (long)(out_width / SIDE) + (x + j) / SIDE;
    to[i * across + j] = inside ? image + pixel * filters : spare;
#if PLACES
    place_to[i * across + j] = inside ? places + pixel * filters : (__global uchar *)(spare + WIDTH);
#endif
  }
  for (int at = 0; at < COLUMNS && at < some; at += WIDTH) {
    const int f = LAST_VECTOR(at, min(some, COLUMNS));
    floatw tile[MATRICES];
    UNROLL for (int j = 0; j < points_across; j++) {
      UNROLL for (int i = 0; i < points_down; i++) tile[i * POINTS + j] =
          LOAD(from + (i * POINTS + j) * (long)step + f);
      combine(tile + j, POINTS, down, points_down);
    }
    const bool whole = some >= WIDTH;
    const floatw shift = with_bias ? load_some(bias + f, some) : (floatw)(0);
    UNROLL for (int i = 0; i < down; i++) {
      combine(tile + i * POINTS, 1, across, points_across);
      if (i % SIDE != SIDE - 1) continue;
      UNROLL for (int j = 0; j < across; j += SIDE) {
        const int n = (i - SIDE + 1) * across + j;
        const floatw value = KEPT(tile + (i - SIDE + 1) * POINTS + j) + shift;
#if PLACES
        const intw is_cut = (intw)(value <= (floatw)(0));
        const intw below = select((intw)(0), (intw)(slope == 0 ? BELOW : 0), is_cut);
        STORE_PLACES(place_of_largest(tile + (i - SIDE + 1) * POINTS + j) | below, place_to[n] + f);
#endif
        STORE(LEAKY(value, slope), whole ? to[n] + f : edge + n * WIDTH);
      }
    }
    if (!whole)
      for (int i = 0; i < down; i += SIDE)
        for (int j = 0; j < across; j += SIDE) {
          const int n = i * across + j;
          store_some(LOAD(edge + n * WIDTH), to[n], some);
        }
  }
}

// M = V U for all pairs of points. Rows of V are `row` floats long, those of M `product_row`; each matrix has
// room for `tiles` rows. Tiles that hang over the last row compute what nobody reads.
INLINE void multiply(block b, int tiles, int channels, __global const float *inputs, int row,
                     __global const float *filters, __global float *products, int product_row, ahead *next,
                     int next_portion, ahead *out, int out_portion) {
  for (int k = 0; k < MATRICES; k++) {
    __global const float *v = inputs + k * (long)STEP(tiles, row);
    __global const float *u = filters + k * (long)STEP(channels, COLUMNS);
    __global float *m = products + k * (long)STEP(tiles, product_row);
    const int end = END_ROW(b, k);
    for (int r = FIRST_ROW(b, k); r < end; r += ROWS) {
      ASK_AHEAD(*next, next_portion, FETCH)
      ASK_AHEAD(*out, out_portion, FETCH_TO)
      __global const float *from[ROWS];
      EACH_ROW from[i] = v + (r + i) * (long)row;
      floatw tile[ROWS][VECTORS];
      EACH_ROW EACH_VECTOR tile[i][j] = 0;
      __global const float *at = u;
      for (int c = 0; c < channels; c++, at += COLUMNS) TILE_ADD(tile, from[i][c], LOAD(at + j * WIDTH))
      EACH_ROW EACH_VECTOR STORE(tile[i][j], m + (r + i) * (long)product_row + j * WIDTH);
    }
  }
}

// A gated gradient is let through once for a block, since tiles share what they read of it: the pixels that
// the block reads, [images][rows][columns][channels].
#if GATE
#define STAGE_PIXELS(side, tiles) min((tiles)*FULL + HALO, side)
#define STAGE_FLOATS                                                                                         \
  ((block_images * STAGE_PIXELS(height, block_down) * STAGE_PIXELS(width, block_across) * channels + LINE -  \
    1) /                                                                                                     \
   LINE * LINE)
INLINE void stage_gradient(__global const float *dy, __global const gate *gates, __global float *to, block b,
                           area a, int height, int width, int channels) {
  const int across = width / GATED_SIDE;
  for (int image = b.image; image < b.image + b.images; image++)
    for (int y = a.top; y < a.end; y++) {
      const long line = (image * (long)(height / GATED_SIDE) + y / GATED_SIDE) * across;
      for (int x = a.left; x < a.right; x++, to += channels) {
        const long from = (line + x / GATED_SIDE) * channels;
        for (int at = 0; at < channels; at += WIDTH) {
          const int c = LAST_VECTOR(at, channels);
          STORE(GATED(dy + from + c, gates + from + c, PIXEL(y, x)), to + c);
        }
      }
    }
}
#else
#define STAGE_FLOATS 0
#endif

// y = leaky(x ∗ weight + bias). Each work-item has a slot of `scratch`: a row of zeros, the area for edges,
// that for a gated gradient, V, and, `product_at` floats behind the start of V, M. Global size P.
__kernel GROUP void winograd_forward(SHAPE, int blocks, int tiles, VIEW(x), VIEW(filter), VIEW(bias),
                                     int with_bias, float slope, VIEW_OUT(y), VIEW_OUT(scratch), int slot,
                                     int row, int product_row, int product_at GATES PLACES_OUT) {
  BIND(x);
  BIND(filter);
  BIND(bias);
  BIND_OUT(y);
  BIND_OUT(scratch);
  BIND_GATES
  BIND_PLACES
  __global float *zeros = scratch + TASK * (long)slot, *edge = zeros + row;
  __global float *stage = edge + EDGE_FLOATS, *inputs = stage + STAGE_FLOATS, *products = inputs + product_at;
  const int step = STEP(tiles, row), product_step = STEP(tiles, product_row);
  for (int i = 0; i < row; i += WIDTH) STORE((floatw)(0), zeros + i);
  for (int number = TASK; number < blocks; number += get_global_size(0)) {
    const block b = block_of(number, SHAPE_ARGUMENTS);
    const long of_y = b.image * (long)OUT_PIXELS * filters;
#if GATE
    const area a = input_area(b, SHAPE_ARGUMENTS);
    const int top = a.top, left = a.left, tall = a.end - a.top, wide = a.right - a.left;
    __global const float *x_of = stage;
    stage_gradient(x, gates, stage, b, a, height, width, channels);
#else
    const int top = 0, left = 0, tall = height, wide = width;
    __global const float *x_of = x + b.image * (long)height * width * channels;
#endif
#define TRANSFORM(image, y, x, tile_row, small_y, small_x)                                                   \
  input_tile(x_of + image * (long)tall * wide * channels, zeros, edge, y, x, inputs + tile_row * (long)row,  \
             step, tall, wide, channels, pad_y + top, pad_x + left, small_y, small_x);
    EACH_TILE(b, TRANSFORM)
    const int following = min(number + (int)get_global_size(0), blocks - 1);
    ahead next = ahead_of_input(x, block_of(following, SHAPE_ARGUMENTS), GATED_SIDE, SHAPE_ARGUMENTS);
    ahead out = ahead_of_output(y, b, SHAPE_ARGUMENTS);
    const int times = MATRICES * (b.rows / ROWS + 1) * ((filters + COLUMNS - 1) / COLUMNS);
    const int next_portion = portion_of(next, times), out_portion = portion_of(out, times);
    for (int f = 0; f < filters; f += COLUMNS) {
      const long panel = f / COLUMNS * (long)MATRICES * STEP(channels, COLUMNS);
      multiply(b, tiles, channels, inputs, row, filter + panel, products, product_row, &next, next_portion,
               &out, out_portion);
#define FINISH(image, y_, x, tile_row, small_y, small_x)                                                     \
  output_tile(products + tile_row * (long)product_row, product_step, bias + f, with_bias, slope, edge,       \
              y + of_y + image * (long)OUT_PIXELS * filters + f,                                             \
              places + of_y + image * (long)OUT_PIXELS * filters + f, y_, x, filters - f, filters,           \
              out_height, out_width, small_y, small_x);
      EACH_TILE(b, FINISH)
    }
  }
}
