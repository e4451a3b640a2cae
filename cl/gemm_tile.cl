// Matrix product for CPU-type devices: C = leaky(op(A) op(B) + beta C + bias).
//
//            n          A(i, l) = a[i · a_row + l · a_column]
//         ┌──┬──┬─┐     B(l, j) = b[l · b_row + j · b_column], one of the two steps is 1
//       k │  │▓▓│ │ B   C(i, j) = c[i · c_row + j]
//         └──┴──┴─┘
//     k   ┌──┬──┬─┐     Work-item (x, y, z) takes panel x of COLUMNS columns of C, `rows` rows from y · rows
//   ┌───┐ │  │  │ │     on, and the z-th part of k, `part` long. It walks its part in blocks of DEPTH:
//   │▒▒▒│ │  │██│ │ C   it copies the block of B (▓) into local memory, turned round where B lies
// m │   │ │  │  │ │     transposed, with zeros behind the last column; then it adds A (▒) × B to C, ROWS rows
//   └───┘ └──┴──┴─┘     at a time, while the next block of B is fetched from memory. A is read where it lies,
//                       a float at a time; a transposed A is copied, BAND of its columns at a time.
//
// With several parts of k, each part's product goes to a matrix of its own, one behind the other in c, and
// cl/join.cl adds them in order.
//
//   ROWS, VECTORS  the register tile, see tile.clh
//   DEPTH          rows of B copied at a time, a multiple of WIDTH; local memory holds
//                  DEPTH × (COLUMNS + BAND_STEP) floats
#include "common.clh"
#include "edge.clh"
#include "tile.clh"
#include "activation.clh"
#ifndef DEPTH
#define DEPTH 128
#endif
#define BAND_STEP 48
#define BAND (BAND_STEP / ROWS * ROWS)

// Turns WIDTH vectors: afterwards vector u holds element u of each. A round deals the second half of the
// vectors between those of the first, like cards; log2(WIDTH) rounds turn the square.
INLINE void transpose(floatw *square) {
  floatw dealt[WIDTH];
  UNROLL for (int round = 1; round < WIDTH; round *= 2) {
    UNROLL for (int u = 0; u < WIDTH / 2; u++) {
      dealt[2 * u].even = square[u].lo;
      dealt[2 * u].odd = square[u + WIDTH / 2].lo;
      dealt[2 * u + 1].even = square[u].hi;
      dealt[2 * u + 1].odd = square[u + WIDTH / 2].hi;
    }
    UNROLL for (int u = 0; u < WIDTH; u++) square[u] = dealt[u];
  }
}

// Copies `depth` rows × `columns` columns of B, rows one after the other, into the panel.
INLINE void pack_plain(__global const float *b, long b_row, int depth, int columns, __local floatw *panel) {
  for (int l = 0; l < depth; l++, b += b_row, panel += VECTORS) {
    if (columns == COLUMNS) EACH_VECTOR panel[j] = LOAD(b + j * WIDTH);
    else
      for (int j = 0; j < VECTORS; j++) panel[j] = load_some(b + j * WIDTH, columns - j * WIDTH);
  }
}

// The same where B lies by columns.
INLINE void pack_turned(__global const float *b, long b_column, int depth, int columns,
                        __local floatw *panel) {
  for (int j = 0; j < VECTORS; j++)
    for (int l = 0; l < depth; l += WIDTH) {
      __global const float *from = b + j * WIDTH * b_column + l;
      __local floatw *to = panel + l * VECTORS + j;
      const int wide = columns - j * WIDTH, deep = depth - l;
      if (wide >= WIDTH && deep >= WIDTH) {
        floatw square[WIDTH];
        UNROLL for (int u = 0; u < WIDTH; u++) square[u] = LOAD(from + u * b_column);
        transpose(square);
        UNROLL for (int u = 0; u < WIDTH; u++) to[u * VECTORS] = square[u];
      } else {
        for (int u = 0; u < WIDTH; u++)
          for (int v = 0; v < WIDTH; v++)
            ((__local float *)(to + u * VECTORS))[v] = u < deep && v < wide ? from[v * b_column + u] : 0;
      }
    }
}

// Copies `depth` rows of a transposed A, BAND columns wide: its rows lie far apart, and each cache line holds
// several tiles' columns.
INLINE void copy_band(__global const float *a, long a_column, int depth, int columns, __local float *band) {
  for (int d = 0; d < depth; d++)
    for (int v = 0; v < BAND_STEP; v += WIDTH)
      *(__local floatw *)(band + d * BAND_STEP + v) = load_some(a + d * a_column + v, columns - v);
}

// Asks for the next `share` cache lines of a block of B, of which each row (column, where B lies turned) has
// `lines`; `row` and `line` say where it is. Counted on: a division for each line would cost as much as ten.
INLINE void fetch_share(__global const float **row, int *line, long step, int lines, int share) {
  for (; share > 0; share--) {
    FETCH(*row + *line * LINE);
    if (++*line < lines) continue;
    *line = 0;
    *row += step;
  }
}

__kernel GROUP void gemm_tile(int m, int n, int k, VIEW(a), int a_row, int a_column, VIEW(b), int b_row,
                              int b_column, VIEW_OUT(c), int c_row, float beta, int rows, int part,
                              VIEW(bias), int with_bias, float slope) {
  BIND(a);
  BIND(b);
  BIND(bias);
  BIND_OUT(c);
  __local floatw panel[DEPTH * VECTORS];
  // Written by whole vectors, so aligned for them.
  __local float band[DEPTH * BAND_STEP] __attribute__((aligned(64)));
  const int column = get_global_id(0) * COLUMNS, columns = min(n - column, COLUMNS);
  const int first_row = get_global_id(1) * rows, last_row = min(first_row + rows, m);
  const int k_first = get_global_id(2) * part, k_last = min(k_first + part, k);
  const int tiles = (last_row - first_row + ROWS - 1) / ROWS;
  b += column * (long)b_column;
  c += get_global_id(2) * (long)m * c_row + column;
  for (int l = k_first; l < k_last; l += DEPTH) {
    const int deep = min(DEPTH, k_last - l), deep_next = min(DEPTH, k_last - l - deep);
    __global const float *block = b + l * (long)b_row, *next = block + deep * (long)b_row;
    const bool plain = b_column == 1, last = deep_next == 0;
    if (plain) pack_plain(block, b_row, deep, columns, panel);
    else pack_turned(block, b_column, deep, columns, panel);
    const int lines = ((plain ? columns : deep_next) + LINE - 1) / LINE;
    const int all_lines = lines * (plain ? deep_next : columns), share = (all_lines + tiles - 1) / tiles;
    const float keep = l > k_first ? 1 : beta;
    __global const float *fetched = next;
    int line = 0;
    for (int row = first_row; row < last_row; row += ROWS) {
      // A few lines more than there are do no harm: nothing is read.
      fetch_share(&fetched, &line, plain ? b_row : b_column, lines, share);
      floatw tile[ROWS][VECTORS];
      EACH_ROW EACH_VECTOR tile[i][j] = 0;
      if (a_column == 1) {
        // A tile that hangs over the last row computes that row again and does not store it.
        __global const float *a_of[ROWS];
        EACH_ROW a_of[i] = a + min(row + i, last_row - 1) * (long)a_row + l;
        for (int d = 0; d < deep; d++) TILE_ADD(tile, a_of[i][d], panel[d * VECTORS + j])
      } else {
        const int ahead = (row - first_row) % BAND;
        if (ahead == 0) copy_band(a + row + l * (long)a_column, a_column, deep, last_row - row, band);
        __local const float *a_at = band + ahead;
        for (int d = 0; d < deep; d++) TILE_ADD(tile, a_at[d * BAND_STEP + i], panel[d * VECTORS + j])
      }
      __global float *to = c + row * (long)c_row;
      if (columns == COLUMNS && row + ROWS <= last_row) {
        if (keep != 0) EACH_ROW EACH_VECTOR tile[i][j] += keep * LOAD(to + i * (long)c_row + j * WIDTH);
        if (last && with_bias) EACH_ROW EACH_VECTOR tile[i][j] += LOAD(bias + column + j * WIDTH);
        if (last) EACH_ROW EACH_VECTOR tile[i][j] = LEAKY(tile[i][j], slope);
        EACH_ROW EACH_VECTOR STORE(tile[i][j], to + i * (long)c_row + j * WIDTH);
        continue;
      }
      floatw spilled[ROWS * VECTORS];
      TILE_SPILL(tile, spilled)
      for (int i = 0; i < min(ROWS, last_row - row); i++, to += c_row)
        for (int j = 0; j * WIDTH < columns; j++) {
          const int some = columns - j * WIDTH;
          floatw value = spilled[i * VECTORS + j];
          if (keep != 0) value += keep * load_some(to + j * WIDTH, some);
          if (last && with_bias) value += load_some(bias + column + j * WIDTH, some);
          if (last) value = LEAKY(value, slope);
          store_some(value, to + j * WIDTH, some);
        }
    }
  }
}
