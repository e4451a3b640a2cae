// One pass over the weight buffer: reads gradients, updates both moments [2, count] and the weights
// (src/optim/adam.c). `coupled` and `decoupled`: weight decay through the gradient, or beside it.
#include "common.clh"

__kernel GROUP void adam(__global float *weights, __global const float *gradients, __global float *moments,
                         __global const uint *clock, VIEW(norm), const int count, const int decayed,
                         const int paced, const float pace, const float beta1, const float rest1, const float log1, const float beta2,
                         const float rest2, const float log2, const float epsilon, const float coupled,
                         const float decoupled) {
  BIND(norm);
  const float rate = as_float(clock[3]), scale = norm[1], step = clock[0];
  const float correction1 = -expm1(step * log1), correction2 = -expm1(step * log2);
  const float size = rate / correction1, root = sqrt(correction2);
  __global float *second = moments + count;
#define BODY(T, LD, ST)                                                                                      \
  const float in_decay = i < (ulong)decayed ? 1.0f : 0.0f;                                                   \
  const T old = LD(weights + i), g = fma((T)(coupled * in_decay), old, LD(gradients + i) * scale);           \
  const T m = fma((T)(beta1), LD(moments + i), (T)(rest1)*g);                                                \
  const T v = fma((T)(beta2), LD(second + i), (T)(rest2)*g * g);                                             \
  const T w = old - rate * decoupled * in_decay * old;                                                       \
  ST(m, moments + i);                                                                                        \
  ST(v, second + i);                                                                                         \
  const float mine = i < (ulong)paced ? size : size * pace;                                                  \
  ST(w - mine * m / (sqrt(v) / root + epsilon), weights + i);
  MAP(count, BODY)
#undef BODY
}
