/// history.h: how training went, in as many points as a curve can show.
#ifndef SIAM_PIPELINE_HISTORY_H
#define SIAM_PIPELINE_HISTORY_H

#include "pipeline/step.h"

/// What is kept of a step.
enum {
  SIAM_HISTORY_LOSS,
  SIAM_HISTORY_SAME_DISTANCE,
  SIAM_HISTORY_DIFFERENT_DISTANCE,
  SIAM_HISTORY_SPREAD,
  SIAM_HISTORY_NORM,
  SIAM_HISTORY_RATE,
  SIAM_HISTORY_VALUES
};

enum { SIAM_HISTORY_POINTS = 512 };

/// Means over neighbouring steps; when the points run out, every two become one. Zero value: empty.
typedef struct siam_history {
  uint32_t first;                                              ///< Step before the first one seen.
  uint32_t stride;                                             ///< Steps of a point.
  uint32_t count;                                              ///< Full points.
  uint32_t steps;                                              ///< In the point under way.
  double seconds;                                              ///< At the last step.
  double values[SIAM_HISTORY_POINTS + 1][SIAM_HISTORY_VALUES]; ///< Sums; the last is the one under way.
} siam_history;

/// Adds the next step.
void siam_history_add(siam_history *history, const siam_step_result *result);

/// The mean of a value over point `point`.
double siam_history_mean(const siam_history *history, uint32_t point, uint32_t value);

#endif
