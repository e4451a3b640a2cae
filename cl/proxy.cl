// Proxies of classes: parameters p [classes, dimensions] whose directions u = p / |p| count. One work-item a
// class.
#include "common.clh"

static inline float dot_product(__global const float *a, __global const float *b, const int dimensions) {
  floatw sums = 0;
  int i = 0;
  for (; i + WIDTH <= dimensions; i += WIDTH) sums = fma(LOAD(a + i), LOAD(b + i), sums);
  float parts[WIDTH], total = 0;
  *(unaligned_floatw *)parts = sums;
  for (int k = 0; k < WIDTH; k++) total += parts[k];
  for (; i < dimensions; i++) total = fma(a[i], b[i], total);
  return total;
}

// A proxy without a length has no direction, and stays where it is.
__kernel GROUP void proxy_units(VIEW(proxies), VIEW_OUT(units), VIEW_OUT(lengths), const int classes,
                                const int dimensions) {
  BIND(proxies);
  BIND_OUT(units);
  BIND_OUT(lengths);
  const int class = get_global_id(0);
  if (class >= classes) return;
  const ulong first = (ulong)class * dimensions;
  const float length = sqrt(dot_product(proxies + first, proxies + first, dimensions));
  lengths[class] = length;
  for (int i = 0; i < dimensions; i++) units[first + i] = length == 0 ? 0 : proxies[first + i] / length;
}

// gradients += (g − (g·u) u) / |p|, with g the slopes by the directions.
__kernel GROUP void proxy_gradients(VIEW(units), VIEW(lengths), VIEW(slopes), VIEW_OUT(gradients),
                                    const int classes, const int dimensions) {
  BIND(units);
  BIND(lengths);
  BIND(slopes);
  BIND_OUT(gradients);
  const int class = get_global_id(0);
  if (class >= classes || lengths[class] == 0) return;
  const ulong first = (ulong)class * dimensions;
  const float along = dot_product(units + first, slopes + first, dimensions);
  for (int i = 0; i < dimensions; i++)
    gradients[first + i] += (slopes[first + i] - along * units[first + i]) / lengths[class];
}
