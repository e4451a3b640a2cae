// ArcFace: the margin is added to the angle, whose cosine is s. Where that would pass a half turn the cosine
// would rise again, and falls on in a straight line instead.
#include "common.clh"
#include "log_sum_exp.clh"
#include "pairwise.clh"
#include "proxy.clh"
#define NAME arcface
// In front of its own proxy a picture's sine vanishes, and the slope would have no bound.
#define LEAST_SINE 1e-3f

static inline float sine_of(const float s) {
  const float square = (1 - s) * (1 + s);
  return square < 0 ? 0 : sqrt(square);
}
static inline float target(const float s, const float margin) {
  if (s < -cos(margin)) return s - margin * sin(margin);
  return s * cos(margin) - sine_of(s) * sin(margin);
}
static inline float target_slope(const float s, const float margin) {
  if (s < -cos(margin)) return 1;
  const float sine = sine_of(s);
  return cos(margin) + s * sin(margin) / (sine < LEAST_SINE ? LEAST_SINE : sine);
}
#include "proxy_softmax.clh"
