// Rows of x [rows, channels] scaled to length 1. A work-item takes one row; `inverse` [rows] keeps
// 1/max(‖x‖, EPSILON), with its sign flipped where the length is not above EPSILON.
#include "common.clh"
#define EPSILON 1e-12f

__kernel GROUP void l2_normalize_forward(VIEW(x), VIEW_OUT(y), VIEW_OUT(inverse), const int rows,
                                         const int channels) {
  BIND(x);
  BIND_OUT(y);
  BIND_OUT(inverse);
  const int row = get_global_id(0);
  if (row >= rows) return;
  __global const float *from = x + (ulong)row * channels;
  // Scaled by the largest element, so that squares neither overflow nor vanish.
  float largest = 0;
  for (int c = 0; c < channels; c++)
    largest = fabs(from[c]) > largest || isnan(from[c]) ? fabs(from[c]) : largest;
  float sum = 0;
  for (int c = 0; c < channels && largest != 0; c++) {
    const float part = from[c] / largest;
    sum = fma(part, part, sum);
  }
  // Written so that a NaN is not taken for a short vector.
  const float root = sqrt(sum), length = largest * root;
  const int is_short = length <= EPSILON;
  inverse[row] = is_short ? -1 / EPSILON : 1 / length;
  // The length of huge numbers overflows; their parts of the largest and its part of the length do not.
  for (int c = 0; c < channels; c++)
    y[(ulong)row * channels + c] = is_short ? from[c] / EPSILON : from[c] / largest / root;
}

__kernel GROUP void l2_normalize_backward(VIEW(y), VIEW(inverse), VIEW(dy), VIEW_OUT(dx), const int rows,
                                          const int channels) {
  BIND(y);
  BIND(inverse);
  BIND(dy);
  BIND_OUT(dx);
  const int row = get_global_id(0);
  if (row >= rows) return;
  const ulong start = (ulong)row * channels;
  float along = 0;
  for (int c = 0; c < channels; c++) along = fma(y[start + c], dy[start + c], along);
  const float factor = fabs(inverse[row]);
  if (inverse[row] < 0) along = 0;
  for (int c = 0; c < channels; c++) dx[start + c] = factor * (dy[start + c] - y[start + c] * along);
}
