// One pass over the weight buffer: reads gradients, updates velocity and weights (src/optim/sgd.c).
#include "common.clh"

__kernel GROUP void sgd(__global float *weights, __global const float *gradients, __global float *velocity,
                        __global const uint *clock, VIEW(norm), const int count, const int decayed,
                        const int paced, const float pace, const float momentum, const float decay) {
  BIND(norm);
  const float rate = as_float(clock[3]), scale = norm[1];
#define BODY(T, LD, ST)                                                                                      \
  const T w = LD(weights + i);                                                                               \
  const T g = fma((T)(i < (ulong)decayed ? decay : 0.0f), w, LD(gradients + i) * scale);                     \
  const T v = fma((T)(momentum), LD(velocity + i), g);                                                       \
  ST(v, velocity + i);                                                                                       \
  ST(fma((T)(i < (ulong)paced ? -rate : -rate * pace), v, w), weights + i);
  MAP(count, BODY)
#undef BODY
}
