/// pipeline/ holds the verbs: train, evaluate, compare, embed. It joins pictures, networks, losses and
/// optimisers; it neither prints nor parses command lines.
///
/// step.h: one training step as one tape. Pictures in, weights updated: augmentation, both branches forward,
/// loss, both branches backward into the one gradient buffer, optimiser. A network that is to reconstruct its
/// pictures has one branch, and its outputs are compared with what went in. Everything that changes from step
/// to step goes through small uploads, so nothing on the tape changes and nothing is waited for.
#ifndef SIAM_PIPELINE_STEP_H
#define SIAM_PIPELINE_STEP_H

#include "compute/augment.h"
#include "losses/loss.h"
#include "model/model.h"
#include "optim/optimizer.h"
#include "pipeline/room.h"

/// How the two branches of drawn pairs go through the encoder.
typedef enum siam_branches {
  SIAM_BRANCHES_FUSED,   ///< As one batch: each weight gradient's product sums both branches.
  SIAM_BRANCHES_TWO_PASS ///< One after the other, each adding to the same gradients.
} siam_branches;

typedef struct siam_step_options {
  /// The network gives back what it is given: the loss is the mean squared error of its outputs against its
  /// inputs, as augmented and normalised, and `loss` and labels are not used.
  bool reconstruct;
  siam_loss loss;
  const siam_optimizer_type *optimizer;
  siam_optimizer_options optimizer_options;
  float average; ///< Of the weights' moving average (optim/average.h), its decay; 0: none is kept.
  siam_augment_options augment;
  siam_branches branches;
  int rows;        ///< Pictures of a step: 2·pairs, or classes × pictures of each.
  int classes;     ///< Labels lie below; for losses with parameters, which the network has as guests.
  uint64_t seed;   ///< Of augmentation and dropout.
  bool turned;     ///< Inputs carry quarter turns.
  cl_mem resident; ///< Bytes of all pictures on the device; NULL: each step brings its own.
} siam_step_options;

/// What a step reports.
typedef struct siam_step_result {
  uint32_t step;
  float rate;                  ///< Learning rate it ran with.
  float loss[SIAM_LOSS_WORDS]; ///< By siam_loss_word.
  float norm;                  ///< Of the whole gradient, before clipping.
} siam_step_result;

typedef struct siam_step siam_step;

/// Refuses a loss that the model's outputs cannot fulfil; siam_step_create() asks too.
siam_status siam_step_check_loss(const siam_model *model, const siam_loss *loss);

/// Writes the tape and makes the optimiser's state, zeroed. The model must outlive the step.
siam_status siam_step_create(siam_model *model, const siam_step_options *options, siam_step **step);
/// Adds what a step takes on the device to `need`, without making it.
siam_status siam_step_need(siam_model *model, const siam_step_options *options, siam_need *need);
void siam_step_destroy(siam_step *step);

/// What one step is given. `images`: numbers of resident pictures [rows]; when each step brings its own,
/// siam_step_pictures() was filled before and `images` is NULL. `labels`: see siam_pairing.
typedef struct siam_step_input {
  uint32_t number; ///< From 1; part of every random draw.
  float rate;      ///< Learning rate.
  const uint32_t *images;
  const uint32_t *turns; ///< Quarter turn of each row, as bits to add to its index (compute/augment.h).
  const int32_t *labels;
} siam_step_input;

/// Where to put the bytes [rows,H,W,C] of the next step when pictures are not resident. May wait for the
/// step before the last.
siam_status siam_step_pictures(siam_step *step, uint8_t **bytes);

/// Enqueues a step. The result of the step before is written to `previous` (its `step` is 0 on the first
/// call), so that the device need not be waited for.
siam_status siam_step_run(siam_step *step, const siam_step_input *input, siam_step_result *previous);

/// Waits for the last step and gives its result.
siam_status siam_step_finish(siam_step *step, siam_step_result *last);

/// What a step remembers from the one before, besides weights: the optimiser's state, and behind it the
/// weights' average; a buffer of `count` floats, owned by the step; part of a checkpoint.
cl_mem siam_step_state(const siam_step *step, size_t *count);

/// The weights' average, of as many floats as the store has; exists only where the options want it.
siam_view siam_step_average(const siam_step *step);

/// The commands of a step; owned by it.
const siam_tape *siam_step_tape(const siam_step *step);

/// Bytes of the step's arena, and of its tensors side by side.
void siam_step_memory(const siam_step *step, size_t *arena_bytes, size_t *separate_bytes);

#endif
