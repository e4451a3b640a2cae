// What a device can do at most, for the benchmark: arithmetic, copying, starting kernels.
//   CHAINS  vectors that a work-item works on: enough that a fused multiply-add need not wait for the one before
//           it in its own chain (with AVX-512 two a cycle, four cycles each), few enough for the registers
#include "common.clh"
#ifndef CHAINS
#define CHAINS 12
#endif
#define EACH_CHAIN UNROLL for (int i = 0; i < CHAINS; i++)

// Chain i begins as `start` (WIDTH floats) + i and becomes x · factor + offset, `rounds` times. Work-item j
// writes the sum of all to out[j], so that no compiler leaves out a lane.
__kernel GROUP void fma_chains(int rounds, float factor, float offset, VIEW(start), VIEW_OUT(out)) {
  BIND(start);
  BIND_OUT(out);
  floatw x[CHAINS];
  EACH_CHAIN x[i] = LOAD(start) + (floatw)(i);
  const floatw by = factor, more = offset;
  for (int round = 0; round < rounds; round++) EACH_CHAIN x[i] = fma(x[i], by, more);
  floatw sum = 0;
  EACH_CHAIN sum += x[i];
  float lanes[WIDTH], total = 0;
  *(unaligned_floatw *)lanes = sum;
  for (int k = 0; k < WIDTH; k++) total += lanes[k];
  out[get_global_id(0)] = total;
}

// out = in
__kernel GROUP void copy_floats(VIEW(in), VIEW_OUT(out), const int count) {
  BIND(in);
  BIND_OUT(out);
#define BODY(T, LD, ST) ST(LD(in + i), out + i);
  MAP(count, BODY)
#undef BODY
}

// What starting a kernel costs.
__kernel GROUP void do_nothing(VIEW_OUT(out)) {
  BIND_OUT(out);
  if (get_global_id(0) == 0) out[0] = 1;
}
