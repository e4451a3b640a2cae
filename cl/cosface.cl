// CosFace: the margin is taken off the cosine.
#include "common.clh"
#include "log_sum_exp.clh"
#include "pairwise.clh"
#include "proxy.clh"
#define NAME cosface

static inline float target(const float s, const float margin) {
  return s - margin;
}
static inline float target_slope(const float s, const float margin) {
  return 1;
}
#include "proxy_softmax.clh"
