/// optimizer_check.h: holds an optimiser to float64: five steps over a weight buffer with all its sections.
#ifndef SIAM_REFERENCE_OPTIMIZER_CHECK_H
#define SIAM_REFERENCE_OPTIMIZER_CHECK_H

#include "optim/optimizer.h"
#include "reference/product_check.h"

enum { SIAM_OPTIMIZER_STEPS = 5, SIAM_OPTIMIZER_MOST = 16 * 1200, SIAM_OPTIMIZER_BEYOND = 16 };

/// What five steps do on the device: weights after each, and what the norm words said. Filled in by the
/// caller down to `scale`, which all gradients are multiplied by.
typedef struct siam_optimizer_trace {
  const char *name;
  siam_optimizer_options options;
  size_t decayed, trained,
      paced; ///< Of the buffer; multiples of 16, at most SIAM_OPTIMIZER_MOST less those beyond.
  float pace, scale;
  float rates[SIAM_OPTIMIZER_STEPS];
  float weights[SIAM_OPTIMIZER_STEPS + 1][SIAM_OPTIMIZER_MOST];
  float gradients[SIAM_OPTIMIZER_STEPS][SIAM_OPTIMIZER_MOST], norms[SIAM_OPTIMIZER_STEPS][2];
} siam_optimizer_trace;

/// Runs the steps. The learning rate changes from step to step and so do the gradients; floats behind the
/// trained ones are running statistics, which must stay.
siam_status siam_optimizer_run(siam_device *device, siam_optimizer_trace *trace);

/// Runs them and adds to `result` how far every weight is from its reference after every step.
siam_status siam_optimizer_check(siam_device *device, siam_optimizer_trace *trace,
                                 siam_product_result *result);

#endif
