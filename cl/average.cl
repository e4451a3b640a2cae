// The moving average of the weights, see src/optim/average.h.
#include "common.clh"

__kernel GROUP void average(VIEW(weights), VIEW_OUT(mean), __global const uint *clock, const int count,
                            const float decay) {
  BIND(weights);
  BIND_OUT(mean);
  const float step = clock[0], keep = step > 1 ? min(decay, step / (10 + step)) : 0;
#define BODY(T, LD, ST)                                                                                      \
  const T old = step > 1 ? LD(mean + i) : (T)(0);                                                            \
  ST(fma((T)(keep), old - LD(weights + i), LD(weights + i)), mean + i);
  MAP(count, BODY)
#undef BODY
}
