// The sum of two tensors, elementwise, with what follows it: reads a and b, writes y = f(a + b).
//   ACTIVATION  the number of f (compute/activation.h)
#include "activation.clh"
#include "common.clh"

__kernel GROUP void add(VIEW(a), VIEW(b), VIEW_OUT(y), const int count, const float slope) {
  BIND(a);
  BIND(b);
  BIND_OUT(y);
#define BODY(T, LD, ST)                                                                                      \
  const T v = LD(a + i) + LD(b + i);                                                                         \
  ST(ACTIVATE(v, slope), y + i);
  MAP(count, BODY)
#undef BODY
}
