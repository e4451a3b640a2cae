// The squared errors of `count` numbers y against t, and the gradient of their mean. One run of `run` floats a
// work-item: dy = 2 (y − t) / count; parts[item] = Σ (y − t)² / count, which cl/reduce.cl adds.
#include "common.clh"
#include "edge.clh"

__kernel GROUP void squared_errors(VIEW(y), VIEW(t), VIEW_OUT(dy), VIEW_OUT(parts), const int count,
                                   const int run) {
  BIND(y);
  BIND(t);
  BIND_OUT(dy);
  BIND_OUT(parts);
  const int first = get_global_id(0) * run, last = min(first + run, count);
  if (first >= count) return;
  floatw squares = 0;
  for (int i = first; i < last; i += WIDTH) {
    const int some = last - i;
    const floatw error = load_some(y + i, some) - load_some(t + i, some);
    store_some(error * (2.0f / count), dy + i, some);
    squares = fma(error, error, squares);
  }
  float lanes[WIDTH], sum = 0;
  *(unaligned_floatw *)lanes = squares;
  for (int k = 0; k < WIDTH; k++) sum += lanes[k];
  parts[get_global_id(0)] = sum / count;
}
