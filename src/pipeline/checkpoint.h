/// checkpoint.h: everything the next step depends on, in one file: weights, the optimiser's state, the number
/// of the step. All random draws follow from the seed and that number, so nothing else is needed.
#ifndef SIAM_PIPELINE_CHECKPOINT_H
#define SIAM_PIPELINE_CHECKPOINT_H

#include "pipeline/step.h"

typedef struct siam_checkpoint {
  uint32_t step;        ///< Steps done.
  double seconds;       ///< Of training so far.
  const char *settings; ///< What must be the same to go on bit for bit; compared as text.
} siam_checkpoint;

/// Writes the checkpoint; the file is a complete old or a complete new one at every moment.
siam_status siam_checkpoint_save(const char *path, const siam_model *model, const siam_step *step,
                                 const siam_checkpoint *checkpoint);

/// Restores weights and state, and writes `step` and `seconds`. A file that is damaged, or whose settings
/// differ from `checkpoint->settings`, is refused; the sentence names the first difference.
siam_status siam_checkpoint_load(const char *path, siam_model *model, siam_step *step,
                                 siam_checkpoint *checkpoint);

#endif
