/// watch.h: recognises the classic failures of Siamese training from what each step reports, and says what to
/// try. Pure arithmetic on numbers.
#ifndef SIAM_PIPELINE_WATCH_H
#define SIAM_PIPELINE_WATCH_H

#include "pipeline/step.h"

/// Running means over about the last 50 steps. Zero value: before the first step; `scale` must be set.
typedef struct siam_watch {
  double scale; ///< A distance that means apart: the margin, or 1.
  double loss, same_distance, different_distance, spread, norm;
  double first_loss; ///< Mean of the first steps.
  double weight;     ///< Of what the means have seen, up to 1.
  uint32_t steps;
} siam_watch;

/// SIAM_ERROR_NUMERIC where the result is not finite, naming the step; otherwise takes it into the means.
siam_status siam_watch_see(siam_watch *watch, const siam_step_result *result);

/// A sentence on what goes wrong and what to try, or NULL. Static storage.
const char *siam_watch_diagnose(const siam_watch *watch);

/// The running mean of a quantity of the watch.
double siam_watch_mean(const siam_watch *watch, double sum);

#endif
