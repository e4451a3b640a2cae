// Softmax cross entropy of outputs y [rows, classes] against the numbers of the right classes t [rows], which
// arrive as floats. With m the largest output of a row:
//   parts[r] = (log Σ_c exp(y[r][c] − m) − (y[r][t] − m)) / rows     cl/reduce.cl adds them
//   dy[r][c] = (exp(y[r][c] − m) / Σ − [c = t]) / rows
// A work-group takes a row. Its items take vectors of classes by turns, and the last few one by one, and what
// they find meets in local memory in a fixed order. A target that names no class makes its row NaN.
#include "common.clh"

// Largest or sum of every item's `value`, known to all items.
#if LOCAL > 1
#define MEET(value, OPERATION)                                                                               \
  shared[item] = value;                                                                                      \
  for (int rest = LOCAL / 2; rest > 0; rest /= 2) {                                                          \
    barrier(CLK_LOCAL_MEM_FENCE);                                                                            \
    if (item < rest) shared[item] = OPERATION(shared[item], shared[item + rest]);                            \
  }                                                                                                          \
  barrier(CLK_LOCAL_MEM_FENCE);                                                                              \
  value = shared[0];                                                                                         \
  barrier(CLK_LOCAL_MEM_FENCE);
#else
#define MEET(value, OPERATION)
#endif
#define PLUS(a, b) ((a) + (b))
#define EACH_VECTOR for (int c = item * WIDTH; c < whole; c += LOCAL * WIDTH)
#define EACH_LEFT for (int c = whole + item; c < classes; c += LOCAL)

__kernel GROUP void cross_entropy(VIEW(y), VIEW(t), VIEW_OUT(dy), VIEW_OUT(parts), const int rows,
                                  const int classes) {
  BIND(y);
  BIND(t);
  BIND_OUT(dy);
  BIND_OUT(parts);
#if LOCAL > 1
  __local float shared[LOCAL];
#endif
  const int row = get_group_id(0), item = get_local_id(0), whole = classes / WIDTH * WIDTH;
  __global const float *from = y + row * (ulong)classes;
  __global float *to = dy + row * (ulong)classes;
  float lanes[WIDTH];

  floatw wide = -INFINITY;
  float largest = -INFINITY;
  EACH_VECTOR wide = fmax(wide, LOAD(from + c));
  EACH_LEFT largest = fmax(largest, from[c]);
  *(unaligned_floatw *)lanes = wide;
  for (int k = 0; k < WIDTH; k++) largest = fmax(largest, lanes[k]);
  MEET(largest, fmax)

  // The exponentials wait where the gradient will be.
  float sum = 0;
  wide = 0;
  EACH_VECTOR {
    const floatw power = exp(LOAD(from + c) - largest);
    STORE(power, to + c);
    wide += power;
  }
  EACH_LEFT {
    const float power = exp(from[c] - largest);
    to[c] = power;
    sum += power;
  }
  *(unaligned_floatw *)lanes = wide;
  for (int k = 0; k < WIDTH; k++) sum += lanes[k];
  MEET(sum, PLUS)

  const float wanted = t[row];
  const int named = wanted >= 0 && wanted < classes && wanted == floor(wanted);
  const int target = named ? (int)wanted : 0;
  const float share = named ? 1.0f / ((float)rows * sum) : NAN;
  EACH_VECTOR {
    STORE(LOAD(to + c) * share, to + c);
    if (target - c >= 0 && target - c < WIDTH) to[target] -= 1.0f / rows;
  }
  EACH_LEFT to[c] = to[c] * share - (c == target ? 1.0f / rows : 0);
  if (item == 0) parts[row] = named ? (log(sum) - (from[target] - largest)) / rows : NAN;
}
