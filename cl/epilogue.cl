// What follows a product: x[r][c] = activation(x[r][c] + bias[c]), in place; rows are `stride` floats apart.
// A work-item takes WIDTH columns of `run` rows.
//   ACTIVATION  see activation.clh
#include "common.clh"
#include "edge.clh"
#include "activation.clh"

__kernel GROUP void epilogue(int rows, int columns, int stride, VIEW_OUT(x), VIEW(bias), int with_bias,
                             float slope, int run) {
  BIND_OUT(x);
  BIND(bias);
  const int across = (columns + WIDTH - 1) / WIDTH;
  const int column = get_global_id(0) % across * WIDTH, some = columns - column;
  const int first = get_global_id(0) / across * run, last = min(first + run, rows);
  const floatw shift = with_bias ? load_some(bias + column, some) : (floatw)(0);
  for (int row = first; row < last; row++) {
    __global float *at = x + row * (long)stride + column;
    const floatw value = load_some(at, some) + shift;
    store_some(ACTIVATE(value, slope), at, some);
  }
}
