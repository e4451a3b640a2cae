// Matrix product for CPU-type devices: C = leaky(op(A) op(B) + beta C + bias).
//
//            n          A(i, l) = a[i · a_row + l · a_column]
//         ┌──┬──┬─┐     B(l, j) = b[l · b_row + j · b_column], one of the two steps is 1
//       k │▓▓│  │ │ B   C(i, j) = c[i · c_row + j]
//         └──┴──┴─┘
//     k   ┌──┬──┬─┐     Work-item (x, y, z) takes `panels` panels of COLUMNS columns of C, `rows` rows from
//   ┌───┐ │  │  │ │     y · rows on, and the z-th part of k, `part` long. It walks its part in blocks of
//   │▒▒▒│ │██│  │ │ C   DEPTH, and in each block its panels: it copies a block of B (▓) into local memory,
// m │   │ │  │  │ │     turned round where B lies transposed, with zeros behind the last column; then it adds
//   └───┘ └──┴──┴─┘     A (▒) × B to C, ROWS rows at a time, while the next block of B is fetched. A is read
//                       where it lies, a float at a time; a transposed A is copied, once for all panels.
//
// With several parts of k, each part's product goes to a matrix of its own, one behind the other in c, and
// cl/join.cl adds them in order.
//
//   ROWS, VECTORS  the register tile, see tile.clh
//   DEPTH          rows of B copied at a time, a multiple of WIDTH
//   BAND           most tiles of a work-item where A is transposed. Local memory holds
//                  DEPTH × COLUMNS + BAND × BAND_STEP floats
#include "common.clh"
#include "edge.clh"
#include "tile.clh"
#include "activation.clh"
#ifndef DEPTH
#define DEPTH 128
#endif
#ifndef BAND
#define BAND 8
#endif
#define BAND_STEP (DEPTH * ROWS + WIDTH) // floats from tile to tile of the copy of A

// Four steps of a sum at a time: the end of the loop is foreseen more often. PoCL's front end cannot do that
// and would say so on the user's terminal; its later passes can.
#ifdef __clang__
#pragma clang diagnostic ignored "-Wpass-failed"
#endif
#define EACH_STEP _Pragma("unroll 4") for (int d = 0; d < deep; d++)

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

// Copies `depth` rows of a transposed A, `rows` columns wide, tile by tile and in each tile row by row. Whole
// vectors are written, whose ends the next row of the tile overwrites.
INLINE void copy_band(__global const float *a, long a_column, int depth, int rows, __local float *band) {
  for (int d = 0; d < depth; d++, a += a_column, band += ROWS)
    for (int i = 0, at = 0; i < rows; i += ROWS, at += BAND_STEP)
      for (int v = 0; v < ROWS; v += WIDTH)
        *(__local unaligned_floatw *)(band + at + v) = load_some(a + i + v, rows - i - v);
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

// sizes: m, n, k; a_row, a_column, b_row, b_column, c_row; rows, panels, part; whether there is a bias; and
// the bits of beta and slope. One argument, since each costs time whenever the kernel starts.
__kernel GROUP void gemm_tile(__global const float *restrict a, __global const float *restrict b,
                              __global float *restrict c, __global const float *restrict bias,
                              const ulong4 firsts, const int16 sizes) {
  const int m = sizes.s0, n = sizes.s1, k = sizes.s2, a_row = sizes.s3, a_column = sizes.s4,
            b_row = sizes.s5, b_column = sizes.s6, c_row = sizes.s7, rows = sizes.s8, panels = sizes.s9,
            part = sizes.sa;
  const bool with_bias = sizes.sb;
  const float beta = as_float(sizes.sc), slope = as_float(sizes.sd);
  __local floatw panel[DEPTH * VECTORS];
  __local float band[BAND * BAND_STEP] __attribute__((aligned(64)));
  const int first_column = get_global_id(0) * panels * COLUMNS;
  const int last_column = min(first_column + panels * COLUMNS, n);
  const int first_row = get_global_id(1) * rows, last_row = min(first_row + rows, m);
  const int k_first = get_global_id(2) * part, k_last = min(k_first + part, k);
  const int tiles = (last_row - first_row + ROWS - 1) / ROWS;
  const bool plain = b_column == 1;
  a += firsts.s0;
  b += firsts.s1;
  c += firsts.s2 + get_global_id(2) * (long)m * c_row;
  bias += firsts.s3;
  for (int l = k_first; l < k_last; l += DEPTH) {
    const int deep = min(DEPTH, k_last - l);
    const bool last = l + deep == k_last;
    const float keep = l > k_first ? 1 : beta;
    if (a_column != 1)
      copy_band(a + first_row + l * (long)a_column, a_column, deep, last_row - first_row, band);
    for (int column = first_column; column < last_column; column += COLUMNS) {
      const int columns = min(n - column, COLUMNS);
      __global const float *block = b + l * (long)b_row + column * (long)b_column;
      if (plain) pack_plain(block, b_row, deep, columns, panel);
      else pack_turned(block, b_column, deep, columns, panel);
      // The block after this one: of the next panel, or of the first one deeper down.
      const bool aside = column + COLUMNS < last_column;
      const int next_column = aside ? column + COLUMNS : first_column, next_l = aside ? l : l + deep;
      const int next_deep = min(DEPTH, k_last - next_l), next_columns = min(n - next_column, COLUMNS);
      const int lines = ((plain ? next_columns : next_deep) + LINE - 1) / LINE;
      const int all_lines = lines * (plain ? next_deep : next_columns);
      const int share = (all_lines + tiles - 1) / tiles;
      __global const float *fetched = b + next_l * (long)b_row + next_column * (long)b_column;
      int line = 0;
      for (int row = first_row; row < last_row; row += ROWS) {
        // A few lines more than there are do no harm: nothing is read.
        fetch_share(&fetched, &line, plain ? b_row : b_column, lines, share);
        __global float *to = c + row * (long)c_row + column;
        floatw tile[ROWS][VECTORS];
        EACH_ROW EACH_VECTOR tile[i][j] = 0;
        EACH_ROW EACH_VECTOR FETCH_TO(to + i * (long)c_row + j * WIDTH);
        if (a_column == 1) {
          // A tile that hangs over the last row computes that row again and does not store it.
          __global const float *a_of[ROWS];
          EACH_ROW a_of[i] = a + min(row + i, last_row - 1) * (long)a_row + l;
          EACH_STEP TILE_ADD(tile, a_of[i][d], panel[d * VECTORS + j])
        } else {
          __local const float *a_at = band + (row - first_row) / ROWS * BAND_STEP;
          EACH_STEP TILE_ADD(tile, a_at[d * ROWS + i], panel[d * VECTORS + j])
        }
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
}
