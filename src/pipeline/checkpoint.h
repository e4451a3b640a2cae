/// checkpoint.h: everything the next step depends on, in one file: weights, the optimiser's state, the number
/// of the step, and the best weights so far where validation data choose. All random draws follow from the
/// seed and that number, so nothing else is needed.
///
/// The checkpoint before the last one stays beside it as PATH.previous: a disk that damages the last one
/// costs the steps between the two, not the run.
#ifndef SIAM_PIPELINE_CHECKPOINT_H
#define SIAM_PIPELINE_CHECKPOINT_H

#include "model/safetensors.h"
#include "pipeline/selection.h"
#include "pipeline/step.h"

/// What follows the checkpoint's name in that of the one before it, and of the next while it is written.
#define SIAM_CHECKPOINT_PREVIOUS ".previous"
#define SIAM_CHECKPOINT_NEXT ".next"

typedef struct siam_checkpoint {
  uint32_t step;             ///< Steps done.
  double seconds;            ///< Of training so far.
  const char *settings;      ///< What must be the same to go on bit for bit; compared as text.
  siam_selection *selection; ///< The best weights so far; restored where the file has some.
} siam_checkpoint;

/// `path` with one of these behind it; the caller frees it with siam_free(). NULL: out of memory.
char *siam_checkpoint_beside(const char *path, const char *ending);

/// Writes the checkpoint, and keeps the one that was there as the previous one. At every moment the last
/// complete one is at `path` or, on file systems without hard links, at PATH.previous.
siam_status siam_checkpoint_save(const char *path, const siam_model *model, const siam_step *step,
                                 const siam_checkpoint *checkpoint);

/// Restores weights and state, and writes `step` and `seconds`. Where the file is damaged or missing, the
/// previous one is used and takes its place, and `logger` (may be NULL) gets a warning. Settings that differ
/// from `checkpoint->settings` are refused; the sentence names the first difference.
siam_status siam_checkpoint_load(const char *path, const siam_logger *logger, siam_model *model,
                                 siam_step *step, siam_checkpoint *checkpoint);

/// What a file says, before anything goes to a device: checks all of it against a network of so many weights
/// whose optimiser's state is so many numbers, writes `step`, `seconds` and the selection, and points to the
/// numbers in the file.
siam_status siam_checkpoint_read(const siam_safetensors *file, size_t weight_count, size_t state_count,
                                 siam_checkpoint *checkpoint, const float **weight_values,
                                 const float **state_values);

/// Whether there is anything to load, the last checkpoint or the previous one.
bool siam_checkpoint_exists(const char *path);

/// Removes both, where they are.
void siam_checkpoint_remove(const char *path);

#endif
