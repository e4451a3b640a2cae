// Activations and their gradients, elementwise. ACTIVATION: the number of the function (compute/activation.h).
#include "common.clh"
#ifndef ACTIVATION
#define ACTIVATION 1
#endif

#if ACTIVATION == 1
#define VALUE(T, v) fmax(v, (T)(0))
#define DERIVATIVE(T, y) select((T)(0), (T)(1), (y) > (T)(0))
#elif ACTIVATION == 2
#define VALUE(T, v) fmax(v, (T)(slope) * (v))
#define DERIVATIVE(T, y) select((T)(slope), (T)(1), (y) > (T)(0))
#elif ACTIVATION == 3
#define VALUE(T, v) ((T)(1) / ((T)(1) + exp(-(v))))
#define DERIVATIVE(T, y) ((y) * ((T)(1) - (y)))
#else
#define VALUE(T, v) tanh(v)
#define DERIVATIVE(T, y) ((T)(1) - (y) * (y))
#endif

// Reads x, writes y = f(x).
__kernel GROUP void activation_forward(VIEW(x), VIEW_OUT(y), const int count, const float slope) {
  BIND(x);
  BIND_OUT(y);
#define BODY(T, LD, ST)                                                                                      \
  const T v = LD(x + i);                                                                                     \
  ST(VALUE(T, v), y + i);
  MAP(count, BODY)
#undef BODY
}

// Reads the output y and its gradient dy, writes dx = dy · f′.
__kernel GROUP void activation_backward(VIEW(y), VIEW(dy), VIEW_OUT(dx), const int count, const float slope) {
  BIND(y);
  BIND(dy);
  BIND_OUT(dx);
#define BODY(T, LD, ST)                                                                                      \
  const T v = LD(y + i);                                                                                     \
  ST(LD(dy + i) * DERIVATIVE(T, v), dx + i);
  MAP(count, BODY)
#undef BODY
}
