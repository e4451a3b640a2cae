// Images of x [images, count] brought to mean 0 and variance 1. A work-item takes one image, in vectors and
// then one by one; `inverse` [images] keeps 1/√(variance + epsilon).
#include "common.clh"

// total = the sum over the image of BODY(LD), which reads at i by LD: whole vectors, then one by one.
#define SUM(total, BODY)                                                                                     \
  {                                                                                                          \
    floatw sums = 0;                                                                                         \
    int i = 0;                                                                                               \
    for (; i + WIDTH <= count; i += WIDTH) sums += BODY(LOAD);                                               \
    total = 0;                                                                                               \
    for (; i < count; i++) total += BODY(LOAD_ONE);                                                          \
    for (int k = 0; k < WIDTH; k++) total += ((const float *)&sums)[k];                                      \
  }

__kernel GROUP void layer_norm_forward(VIEW(x), VIEW_OUT(y), VIEW_OUT(inverse), const int images,
                                       const int count, const float epsilon) {
  BIND(x);
  BIND_OUT(y);
  BIND_OUT(inverse);
  const int image = get_global_id(0);
  if (image >= images) return;
  __global const float *from = x + (ulong)image * count;
  __global float *to = y + (ulong)image * count;
  float sum, squares;
#define VALUE(LD) LD(from + i)
  SUM(sum, VALUE)
  const float mean = sum / count;
#define SQUARE(LD) (LD(from + i) - mean) * (LD(from + i) - mean)
  SUM(squares, SQUARE)
  const float factor = 1 / sqrt(squares / count + epsilon);
  inverse[image] = factor;
  int i = 0;
  for (; i + WIDTH <= count; i += WIDTH) STORE((LOAD(from + i) - mean) * factor, to + i);
  for (; i < count; i++) to[i] = (from[i] - mean) * factor;
}

__kernel GROUP void layer_norm_backward(VIEW(y), VIEW(inverse), VIEW(dy), VIEW_OUT(dx), const int images,
                                        const int count) {
  BIND(y);
  BIND(inverse);
  BIND(dy);
  BIND_OUT(dx);
  const int image = get_global_id(0);
  if (image >= images) return;
  const ulong start = (ulong)image * count;
  __global const float *out = y + start, *from = dy + start;
  __global float *to = dx + start;
  float sum, along;
#define GRADIENT(LD) LD(from + i)
  SUM(sum, GRADIENT)
#define PRODUCT(LD) LD(out + i) * LD(from + i)
  SUM(along, PRODUCT)
  const float mean = sum / count, part = along / count, factor = inverse[image];
  int i = 0;
  for (; i + WIDTH <= count; i += WIDTH)
    STORE((LOAD(from + i) - mean - LOAD(out + i) * part) * factor, to + i);
  for (; i < count; i++) to[i] = (from[i] - mean - out[i] * part) * factor;
}
