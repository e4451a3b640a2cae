// ProxyAnchor loss. notes [classes, 2]: logarithms of 1 + the class's sums over pictures of it and of others.
#include "common.clh"
#include "log_sum_exp.clh"
#include "pairwise.clh"
#include "proxy.clh"

static inline float exponent_of(const int same, const float s, const float margin, const float alpha) {
  return same ? -alpha * (s - margin) : alpha * (s + margin);
}

__kernel GROUP void proxy_anchor_classes(PROXY_ARGUMENTS, const float margin, const float alpha) {
  BIND_PROXY
  const int class = get_global_id(0);
  if (class >= classes) return;
  __global const float *mine = matrix + (ulong)class * rows;
  // The 1 is the exponential of 0.
  exp_sum of_same = {0, 1}, of_different = {0, 1};
  int counts = 0;
  EACH_ROW {
    const int same = labels[other] == class;
    add_exp(same ? &of_same : &of_different, exponent_of(same, mine[other], margin, alpha));
    counts = counts || same;
  }
  notes[class * 2] = log_of(&of_same);
  notes[class * 2 + 1] = log_of(&of_different);
  write_terms(terms, class, notes[class * 2], counts, notes[class * 2 + 1], 1, counts);
}

__kernel GROUP void proxy_anchor_factors(FACTORS_ARGUMENTS, const float margin, const float alpha) {
  BIND_PROXY_FACTORS
  const float of_same = alpha / max(totals[1], 1.0f), of_different = alpha / totals[3];
  EACH_SHARED {
    const int same = labels[other] == class;
    const float part = exp(exponent_of(same, mine[other], margin, alpha) - notes[class * 2 + !same]);
    factor[other] = same ? -part * of_same : part * of_different;
  }
}
