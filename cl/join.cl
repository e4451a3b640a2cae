// The second stage of every sum that is split over work-items:
//   out[r][c] = leaky(beta · out[r][c] + Σ parts[p][r][c] + bias[c]), p = 0 … count−1 in this order.
// A work-item takes `run` vectors of WIDTH columns, one after the other through the rows; none crosses a row.
// part_step, parts_row, out_row: floats from part to part and from row to row.
#include "common.clh"
#include "edge.clh"
#include "activation.clh"

__kernel GROUP void join_parts(int rows, int columns, int count, VIEW(parts), int part_step, int parts_row,
                               VIEW_OUT(out), int out_row, float beta, VIEW(bias), int with_bias, float slope,
                               int run) {
  BIND(parts);
  BIND(bias);
  BIND_OUT(out);
  const int across = (columns + WIDTH - 1) / WIDTH;
  const long first = get_global_id(0) * (long)run, last = min(first + run, (long)rows * across);
  for (long vector = first; vector < last; vector++) {
    const long row = vector / across;
    const int column = vector % across * WIDTH, some = columns - column;
    __global const float *part = parts + row * parts_row + column;
    __global float *to = out + row * out_row + column;
    floatw value = 0;
    for (int p = 0; p < count; p++) value += load_some(part + p * (long)part_step, some);
    if (beta != 0) value += beta * load_some(to, some);
    if (with_bias) value += load_some(bias + column, some);
    store_some(LEAKY(value, slope), to, some);
  }
}
