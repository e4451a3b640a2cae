/// selection.h: which weights of a run become its model: those of the last step, their moving average, or of
/// all that were looked at on the validation data the best.
#ifndef SIAM_PIPELINE_SELECTION_H
#define SIAM_PIPELINE_SELECTION_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/// The best weights so far. Zero value: none yet; siam_selection_clear() frees it.
typedef struct siam_selection {
  float *weights; ///< As many as the network's store has; NULL: none yet.
  double score;   ///< Their ROC AUC on the validation data.
  uint32_t step;  ///< The step they come from.
  uint32_t worse; ///< Looks since then, none of them better.
  float *last;    ///< Those of the last step, while others stand in the network; NULL: they stand there.
} siam_selection;

void siam_selection_clear(siam_selection *selection);

struct siam_training;

/// Refuses patience where there is nothing to look at, and a decay that makes no average.
siam_status siam_training_check_selection(const struct siam_training *run);

/// Whether validation data are looked at after step `done`.
bool siam_training_looks(const struct siam_training *run, uint32_t done);

/// Judges the weights of step `done`, or their average where there is one, and keeps them if they are the
/// best. `enough`: the options' patience is at its end.
siam_status siam_training_look(struct siam_training *run, uint32_t done, bool *enough);

/// Puts the best weights into the network, or the average where none were looked at.
siam_status siam_training_select(struct siam_training *run);

/// Puts those of the last step back, to go on from.
siam_status siam_training_unselect(struct siam_training *run);

#endif
