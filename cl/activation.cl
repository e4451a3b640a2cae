// Activations and their gradients, elementwise. ACTIVATION: the number of the function (compute/activation.h).
#include "common.clh"
#include "activation.clh"
#if ACTIVATION == 3
#define DERIVATIVE(T, y) ((y) * ((T)(1) - (y)))
#elif ACTIVATION == 4
#define DERIVATIVE(T, y) ((T)(1) - (y) * (y))
#else
// With slope 0 for ReLU; the sign of y is that of the argument.
#define DERIVATIVE(T, y) select((T)(1), (T)(slope), (y) <= (T)(0))
#endif

// Reads x, writes y = f(x).
__kernel GROUP void activation_forward(VIEW(x), VIEW_OUT(y), const int count, const float slope) {
  BIND(x);
  BIND_OUT(y);
#define BODY(T, LD, ST)                                                                                      \
  const T v = LD(x + i);                                                                                     \
  ST(ACTIVATE(v, slope), y + i);
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
