// Generalised-mean pooling of x [images, pixels, channels] to y [images, channels]; the formulas stand in
// src/layers/gem_pool.c. A work-item walks images, channels along the vectors, and each channel's pixels up
// to three times. Powers are taken of t = x̂ / largest, between 0 and 1, so that none overflows:
//   y = largest · (Σ t^p / N)^(1/p)
#include "common.clh"
#include "each_pixel.clh"

#define SIZES const int images, const int pixels, const int channels, const float epsilon
// The exponent, within its limits; a NaN stays one.
#define HELD(p) ((p) < 1.0f ? 1.0f : (p) > 16.0f ? 16.0f : (p))
// x̂ of pixel i, which a NaN comes through.
#define CLAMPED(i) clamped(LOAD(first + (i) * (long)channels), epsilon)
static inline __attribute__((always_inline)) floatw clamped(floatw x, float epsilon) {
  return select(x, (floatw)(epsilon), x <= (floatw)(epsilon));
}

static inline __attribute__((always_inline)) floatw largest(__global const float *first, int pixels,
                                                            int channels, float epsilon) {
  floatw best = epsilon;
  for (int i = 0; i < pixels; i++) best = fmax(best, CLAMPED(i));
  return best;
}

__kernel GROUP void gem_pool_forward(VIEW(x), VIEW(exponent), VIEW_OUT(y), SIZES) {
  BIND(x);
  BIND(exponent);
  BIND_OUT(y);
  const float p = HELD(exponent[0]);
  EACH_PIXEL(1, 1) {
    __global const float *first = x + n * (long)pixels * channels + c;
    const floatw most = largest(first, pixels, channels, epsilon);
    floatw powers = 0;
    for (int i = 0; i < pixels; i++) powers += powr(CLAMPED(i) / most, (floatw)(p));
    STORE(most * powr(powers / (float)pixels, (floatw)(1.0f / p)), y + n * (long)channels + c);
  }
}

// Writes dx and slopes [images, channels] = dy · dy/dp.
__kernel GROUP void gem_pool_backward(VIEW(x), VIEW(exponent), VIEW(y), VIEW(dy), VIEW_OUT(dx),
                                      VIEW_OUT(slopes), SIZES) {
  BIND(x);
  BIND(exponent);
  BIND(y);
  BIND(dy);
  BIND_OUT(dx);
  BIND_OUT(slopes);
  const float p = HELD(exponent[0]);
  const float moves = exponent[0] <= 1.0f || exponent[0] >= 16.0f ? 0.0f : 1.0f;
  EACH_PIXEL(1, 1) {
    const long place = n * (long)channels + c;
    __global const float *first = x + n * (long)pixels * channels + c;
    __global float *to = dx + n * (long)pixels * channels + c;
    const floatw most = largest(first, pixels, channels, epsilon);
    const floatw mean = LOAD(y + place), gradient = LOAD(dy + place), share = gradient / (float)pixels;
    floatw powers = 0, logarithms = 0;
    for (int i = 0; i < pixels; i++) {
      const floatw value = CLAMPED(i), quotient = value / most;
      // Below, the power is 0 and its logarithm may not be a number.
      const floatw t = select(quotient, (floatw)(1e-30f), quotient < (floatw)(1e-30f));
      const floatw power = powr(t, (floatw)(p));
      powers += power;
      logarithms += power * log(t);
      const floatw slope = share * powr(value / mean, (floatw)(p - 1.0f));
      STORE(select(slope, (floatw)(0), value <= (floatw)(epsilon)), to + i * (long)channels);
    }
    const floatw slope = mean / p * (logarithms / powers - log(powers / (float)pixels) / p);
    STORE(moves * gradient * slope, slopes + place);
  }
}
