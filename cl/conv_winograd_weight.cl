// Winograd's weight gradient of convolutions with stride 1, for CPU-type devices. It is the transpose of the
// forward pass over the same tiles:
//
//   dw = Gᵀ [ Σ over tiles (Bᵀ x B) ⊙ (A dy Aᵀ) ] G
//
// Of P work-items each takes every P-th block. For a block it transforms the tiles of x to V, as forward
// does, and those of dy to D, COLUMNS filters at a time; then it adds VᵀD to its own sums Q for each pair of
// points. The sum over the tiles of a block is complete before it is added, which keeps the rounding errors
// small.
//
//          ┌──tiles──┐   ┌─filters─┐   ┌─filters─┐
//        c │   Vᵀ    │ · │    D    │ + │    Q    │   POINTS² times
//          └─────────┘   └─────────┘   └─────────┘
//
// At the end the P sums are added in order and transformed by G.
//
//   ROWS, VECTORS  the register tile, see tile.clh: ROWS channels by COLUMNS filters
//   TAPS, POINTS, SMALL, GATE  see winograd.clh; dy may be gated, with SIDE 2 where GATE is 1
//   BIAS           1: each work-item also sums dz, for the gradient of a bias. The sum of a tile is what A
//                  makes of it at the points (1, 1).
#include "common.clh"
#include "edge.clh"
#include "pool.clh"
#include "tasks.clh"
#include "tile.clh"
#include "winograd.clh"
#ifndef BIAS
#define BIAS 0
#endif
#define AT_ONE (POINTS + 1) // the matrix of the points (1, 1)

#if GATE
#define LOAD_GRADIENT(k, y, x) GATED(from[k] + f, gate_of[k] + f, PIXEL(y, x))
#else
#define LOAD_GRADIENT(k, y, x) LOAD(from[k] + f)
#endif
#if BIAS
#define SHIFTS , VIEW_OUT(shifts)
#define BIND_SHIFTS BIND_OUT(shifts);
#else
#define SHIFTS
#define BIND_SHIFTS __global float *shifts = 0;
#endif
#define DY_PIXELS ((out_height / SIDE) * (long)(out_width / SIDE))

// Transforms the tile of dy whose first output is (y, x) to row `to` of D: COLUMNS filters, of which `some`
// exist. `image` and `gates` are those of the first of them. Adds up dz in `shift`, vector by vector.
INLINE void gradient_tile(__global const float *image, __global const gate *gates,
                          __global const float *zeros, __global float *edge, int y, int x, __global float *to,
                          __global float *shift, int step, int some, int filters, int out_height,
                          int out_width, const int small_y, const int small_x) {
  const int down = small_y ? SMALL : FULL, across = small_x ? SMALL : FULL;
  const int points_down = small_y ? SMALL_POINTS : POINTS, points_across = small_x ? SMALL_POINTS : POINTS;
  __global const float *from[FULL * FULL];
#if GATE
  __global const gate *gate_of[FULL * FULL];
#endif
  UNROLL for (int i = 0; i < down; i++) UNROLL for (int j = 0; j < across; j++) {
    const bool inside = y + i < out_height && x + j < out_width;
    const long at = ((y + i) / SIDE * (long)(out_width / SIDE) + (x + j) / SIDE) * filters;
    from[i * across + j] = inside ? image + at : zeros;
#if GATE
    gate_of[i * across + j] = inside ? gates + at : (__global const gate *)zeros;
#endif
  }
  if (some < WIDTH) take_edge(from, down * across, some, edge);
  for (int at = 0; at < COLUMNS && at < some; at += WIDTH) {
    const int f = LAST_VECTOR(at, min(some, COLUMNS));
    floatw tile[MATRICES];
    UNROLL for (int j = 0; j < across; j++) {
      UNROLL for (int i = 0; i < down; i++) tile[i * POINTS + j] =
          LOAD_GRADIENT(i * across + j, y + i, x + j);
      evaluate(tile + j, POINTS, down, points_down);
    }
    UNROLL for (int i = 0; i < points_down; i++) {
      evaluate(tile + i * POINTS, 1, across, points_across);
      UNROLL for (int j = 0; j < points_across; j++)
          STORE(tile[i * POINTS + j], to + (i * POINTS + j) * (long)step + f);
    }
    if (BIAS) STORE(LOAD(shift + at) + tile[AT_ONE], shift + at);
  }
}

// Q += VᵀD for all pairs of points, or Q = VᵀD.
INLINE void add_products(block b, int tiles, int channels, __global const float *inputs, int row,
                         __global const float *gradients, __global float *sums, bool fresh, ahead *next_x,
                         int portion_x, ahead *next_dy, int portion_dy) {
  for (int k = 0; k < MATRICES; k++) {
    const int first = FIRST_ROW(b, k), end = END_ROW(b, k);
    if (first >= end && !fresh) continue;
    __global const float *v = inputs + k * (long)STEP(tiles, row) + first * (long)row;
    __global const float *d = gradients + k * (long)STEP(tiles, COLUMNS) + first * COLUMNS;
    __global float *q = sums + k * (long)STEP(channels, COLUMNS);
    // Channels that hang over the last are numbers of the next row or line; nobody keeps their sums.
    for (int c = 0; c < channels; c += ROWS) {
      ASK_AHEAD(*next_x, portion_x, FETCH)
      ASK_AHEAD(*next_dy, portion_dy, FETCH)
      floatw tile[ROWS][VECTORS];
      EACH_ROW EACH_VECTOR tile[i][j] = 0;
      __global const float *from = v + c, *at = d;
      for (int r = first; r < end; r++, from += row, at += COLUMNS)
        TILE_ADD(tile, from[i], LOAD(at + j * WIDTH))
      EACH_ROW if (c + i < channels) EACH_VECTOR {
        __global float *to = q + (c + i) * COLUMNS + j * WIDTH;
        STORE(fresh ? tile[i][j] : LOAD(to) + tile[i][j], to);
      }
    }
  }
}

// Each work-item has a slot of `scratch`: a row of zeros, the area for edges, V in rows of `row` floats, and
// D; and sums in `parts`[P][panel][matrix][channel][COLUMNS], matrices STEP(channels, COLUMNS) apart, and in
// `shifts`[P][panel][COLUMNS] if those of dz are asked for. Global size P.
__kernel GROUP void winograd_weight_sums(SHAPE, int blocks, int tiles, VIEW(x), VIEW(dy), VIEW_OUT(parts),
                                         VIEW_OUT(scratch), int slot, int row GATES SHIFTS) {
  BIND(x);
  BIND(dy);
  BIND_OUT(parts);
  BIND_OUT(scratch);
  BIND_GATES
  BIND_SHIFTS
  const int panels = (filters + COLUMNS - 1) / COLUMNS, step = STEP(tiles, row);
  const long panel = MATRICES * (long)STEP(channels, COLUMNS);
  parts += TASK * panels * panel;
  __global float *zeros = scratch + TASK * (long)slot, *edge = zeros + row;
  __global float *inputs = edge + EDGE_FLOATS, *gradients = inputs + MATRICES * (long)step;
  for (int i = 0; i < row; i += WIDTH) STORE((floatw)(0), zeros + i);
  shifts += TASK * panels * COLUMNS;
  for (int i = 0; BIAS && i < panels * COLUMNS; i += WIDTH) STORE((floatw)(0), shifts + i);
  for (int number = TASK; number < blocks; number += get_global_size(0)) {
    const block b = block_of(number, SHAPE_ARGUMENTS);
    __global const float *x_of = x + b.image * (long)height * width * channels;
    const long of_dy = b.image * DY_PIXELS * filters;
#define TRANSFORM(image, y, x, tile_row, small_y, small_x)                                                   \
  input_tile(x_of + image * (long)height * width * channels, zeros, edge, y, x,                              \
             inputs + tile_row * (long)row, step, height, width, channels, pad_y, pad_x, small_y, small_x);
    EACH_TILE(b, TRANSFORM)
    const block following = block_of(min(number + (int)get_global_size(0), blocks - 1), SHAPE_ARGUMENTS);
    ahead next_x = ahead_of_input(x, following, 1, SHAPE_ARGUMENTS);
    ahead next_dy = ahead_of_output(dy, following, SHAPE_ARGUMENTS);
    const int times = MATRICES * ((channels + ROWS - 1) / ROWS) * panels;
    const int portion_x = portion_of(next_x, times), portion_dy = portion_of(next_dy, times);
    for (int f = 0; f < filters; f += COLUMNS) {
#define TRANSFORM_GRADIENT(image, y, x, tile_row, small_y, small_x)                                          \
  gradient_tile(dy + of_dy + image * DY_PIXELS * filters + f,                                                \
                gates + of_dy + image * DY_PIXELS * filters + f, zeros, edge, y, x,                          \
                gradients + tile_row * COLUMNS, shifts + f, STEP(tiles, COLUMNS), filters - f, filters,      \
                out_height, out_width, small_y, small_x);
      EACH_TILE(b, TRANSFORM_GRADIENT)
      add_products(b, tiles, channels, inputs, row, gradients, parts + f / COLUMNS * panel, number == TASK,
                   &next_x, portion_x, &next_dy, portion_dy);
    }
  }
}

#if BIAS
#define SHIFTS_IN , VIEW(shifts), VIEW_OUT(dbias)
// dbias += Σ shifts, whose vectors may overlap at the end of a panel.
INLINE void add_shifts(int count, int filters, __global const float *shifts, __global float *dbias) {
  const int panels = (filters + COLUMNS - 1) / COLUMNS;
  for (int f = 0; f < filters; f++) {
    const int first = f / COLUMNS * COLUMNS, some = min(filters - first, COLUMNS);
    const int at = (f - first) / WIDTH * WIDTH, lane = f - first - LAST_VECTOR(at, some);
    float sum = 0;
    for (int p = 0; p < count; p++) sum += shifts[(p * panels) * COLUMNS + first + at + lane];
    dbias[f] += sum;
  }
}
#else
#define SHIFTS_IN
#endif

// dw += Gᵀ [Σ parts] G. One work-item per channel, and one for the bias where its gradient is asked for.
__kernel GROUP void winograd_weight_finish(int count, int channels, int filters, VIEW(parts),
                                           VIEW_OUT(dw) SHIFTS_IN) {
  BIND(parts);
  BIND_OUT(dw);
  const int c = get_global_id(0), panels = (filters + COLUMNS - 1) / COLUMNS, step = STEP(channels, COLUMNS);
#if BIAS
  BIND(shifts);
  BIND_OUT(dbias);
  if (c == channels) add_shifts(count, filters, shifts, dbias);
#endif
  if (c >= channels) return;
  for (int f = 0; f < filters; f += WIDTH) {
    __global const float *from = parts + f / COLUMNS * (long)MATRICES * step + c * COLUMNS + f % COLUMNS;
    floatw tile[MATRICES];
    UNROLL for (int k = 0; k < MATRICES; k++) tile[k] = LOAD(from + k * (long)step);
    for (int p = 1; p < count; p++) {
      from += panels * (long)MATRICES * step;
      UNROLL for (int k = 0; k < MATRICES; k++) tile[k] += LOAD(from + k * (long)step);
    }
    UNROLL for (int k = 0; k < MATRICES; k++) tile[k] *= factor[k / POINTS] * factor[k % POINTS];
    UNROLL for (int j = 0; j < POINTS; j++) combine(tile + j, POINTS, TAPS, POINTS);
    UNROLL for (int i = 0; i < TAPS; i++) {
      combine(tile + i * POINTS, 1, TAPS, POINTS);
      UNROLL for (int j = 0; j < TAPS; j++) {
        __global float *to = dw + ((i * TAPS + j) * channels + c) * (long)filters + f;
        store_some(load_some(to, filters - f) + tile[i * POINTS + j], to, filters - f);
      }
    }
  }
}
