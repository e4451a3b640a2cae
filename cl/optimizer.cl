// The global norm of the gradient.
#include "common.clh"

// One run of `run` floats a work-item: sums[item] = Σ g². A run is short, so its float32 sum is accurate.
__kernel GROUP void gradient_squares(VIEW(gradients), VIEW_OUT(sums), const int count, const int run) {
  BIND(gradients);
  BIND_OUT(sums);
  const int first = get_global_id(0) * run, last = min(first + run, count);
  if (first >= count) return;
  floatw squares = 0;
  int i = first;
  for (; i + WIDTH <= last; i += WIDTH) squares = fma(LOAD(gradients + i), LOAD(gradients + i), squares);
  float parts[WIDTH], total = 0;
  *(unaligned_floatw *)parts = squares;
  for (int k = 0; k < WIDTH; k++) total += parts[k];
  for (; i < last; i++) total = fma(gradients[i], gradients[i], total);
  sums[get_global_id(0)] = total;
}

// norm[0] = √ of the sum; norm[1] = the factor that brings it down to `clip` (0: no limit).
__kernel GROUP void gradient_norm(VIEW(sums), VIEW_OUT(norm), const int runs, const float clip) {
  BIND(sums);
  BIND_OUT(norm);
  if (get_global_id(0) != 0) return;
  float total = 0;
  for (int i = 0; i < runs; i++) total += sums[i];
  const float length = sqrt(total);
  norm[0] = length;
  norm[1] = clip > 0 && length > clip ? clip / length : 1;
}
