// First stage of column sums: parts[p][c] = Σ x[r][c] over the rows r of run p, in order. cl/join.cl adds the
// parts. Work-item i takes SIDE vectors of columns, i modulo their number, of run i divided by it.
//   SIDE  vectors side by side: with 4 × 16 floats a CPU reads whole cache lines of long rows and has four
//         independent sums to add to; GPUs, whose neighbours read side by side anyway, take 1
#include "common.clh"
#include "edge.clh"
#ifndef SIDE
#define SIDE 4
#endif

__kernel GROUP void column_sums(int rows, int columns, int run, VIEW(x), VIEW_OUT(parts)) {
  BIND(x);
  BIND_OUT(parts);
  const int across = (columns + SIDE * WIDTH - 1) / (SIDE * WIDTH);
  const int column = get_global_id(0) % across * SIDE * WIDTH, some = columns - column;
  const int part = get_global_id(0) / across, first = part * run, last = min(first + run, rows);
  if (first >= rows) return;
  floatw sum[SIDE];
  UNROLL for (int j = 0; j < SIDE; j++) sum[j] = 0;
  for (int row = first; row < last; row++) {
    __global const float *at = x + row * (long)columns + column;
    UNROLL for (int j = 0; j < SIDE; j++) sum[j] += load_some(at + j * WIDTH, some - j * WIDTH);
  }
  __global float *to = parts + part * (long)columns + column;
  UNROLL for (int j = 0; j < SIDE; j++) store_some(sum[j], to + j * WIDTH, some - j * WIDTH);
}
