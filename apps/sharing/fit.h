/// fit.h: examples, training on them and measuring on them, by the public functions.
#ifndef SIAM_APPS_SHARING_FIT_H
#define SIAM_APPS_SHARING_FIT_H

#include "sharing/lesson.h"

/// Inputs and what should come out, row by row.
typedef struct sharing_set {
  size_t count, inputs, targets; ///< Targets: floats of a target (siam_network_loss()).
  const float *x, *target;
} sharing_set;

/// A training under way. Batches go through the set in a new order each time.
typedef struct sharing_fit {
  siam_network *network;
  const char *loss;
  const sharing_set *set;
  siam_update_options update;
  uint64_t seed;   ///< Of the order.
  uint64_t step;   ///< Updates so far.
  uint32_t *order; ///< Of the examples in this round.
  float *x, *target;
} sharing_fit;

/// Begins a training of a placed network; the arrays live as long as the part.
sharing_fit sharing_fit_begin(sharing_lesson *lesson, siam_network *network, const char *loss,
                              const sharing_set *set, siam_update_options update, uint64_t seed);

/// Goes on with `steps` updates.
siam_status sharing_fit_run(sharing_fit *fit, uint64_t steps);

/// Updates of one round through the set.
uint64_t sharing_fit_round(const sharing_fit *fit);

/// The mean loss over a set, without training.
siam_status sharing_measure(siam_network *network, const char *loss, const sharing_set *set, double *value);

#endif
