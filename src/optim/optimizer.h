/// optim/ holds one file per optimiser: each is one kernel over the whole weight buffer, so that a weight
/// used in many places is updated exactly once. It knows nothing of layers or parameters, only of two
/// sections: the first `decayed` floats get weight decay, all `trained` floats get updates, the last of them
/// with a learning rate of their own where the batch says so.
#ifndef SIAM_OPTIM_OPTIMIZER_H
#define SIAM_OPTIM_OPTIMIZER_H

#include "device/tape.h"

typedef struct siam_optimizer_options {
  float momentum;     ///< SGD: share of the last velocity that is kept. Adam: beta 1.
  float second;       ///< Adam: beta 2.
  float epsilon;      ///< Adam: added to the root.
  float weight_decay; ///< Per step and unit of learning rate.
  float clip;         ///< Largest global norm of the gradient; 0: no limit.
} siam_optimizer_options;

/// What an optimiser works on.
typedef struct siam_optimizer_batch {
  siam_tape *tape;
  cl_mem weights, gradients;
  cl_mem state; ///< type->states × trained floats, zeroed before the first step; part of a checkpoint.
  cl_mem clock; ///< Number of the step and learning rate: siam_clock_word in layers/layer.h.
  size_t decayed, trained; ///< Multiples of 16.
  size_t paced;   ///< From this float on, a multiple of 16, the learning rate is `pace` times as high.
  float pace;     ///< 0: 1.
  siam_view norm; ///< 2 floats, written here: norm of the gradient, factor it was scaled by.
} siam_optimizer_batch;

/// A row of the optimiser table.
typedef struct siam_optimizer_type {
  const char *name, *summary;
  int states; ///< How many floats it remembers for each weight.
  float rate; ///< The standard learning rate.
  siam_optimizer_options standard;
  siam_status (*add)(const siam_optimizer_options *options, const siam_optimizer_batch *batch);
} siam_optimizer_type;

/// Ends with a row without a name.
extern const siam_optimizer_type siam_optimizer_types[];

/// Looks an optimiser up; an unknown name is SIAM_ERROR_ARGUMENT and names those there are.
siam_status siam_optimizer_find(const char *name, const siam_optimizer_type **type);

/// Adds the norm of the gradient, its clipping factor and the update to the tape.
siam_status siam_optimizer_add(const siam_optimizer_type *type, const siam_optimizer_options *options,
                               const siam_optimizer_batch *batch);

/// How the learning rate changes over a run.
typedef enum siam_schedule_kind {
  SIAM_SCHEDULE_COSINE,
  SIAM_SCHEDULE_CONSTANT,
  SIAM_SCHEDULE_STEP
} siam_schedule_kind;

typedef struct siam_schedule {
  siam_schedule_kind kind;
  float rate;      ///< The highest learning rate.
  uint32_t warmup; ///< Steps over which the rate rises to it in a straight line.
  uint32_t steps;  ///< Of the whole run: a cosine ends there at 0 (Loshchilov and Hutter 2017).
  uint32_t every;  ///< SIAM_SCHEDULE_STEP: the rate falls to `factor` of itself after so many steps.
  float factor;
} siam_schedule;

/// Learning rate of step 1, 2, ….
float siam_schedule_rate(const siam_schedule *schedule, uint32_t step);

/// "cosine", "constant", "step"; unknown names are refused.
siam_status siam_schedule_find(const char *name, siam_schedule_kind *kind);

#endif
