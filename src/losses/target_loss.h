/// target_loss.h: losses that hold what a network gives against what it should give, row by row. They stand
/// beside the table of loss.h, whose rows look at pairs of embeddings.
#ifndef SIAM_LOSSES_TARGET_LOSS_H
#define SIAM_LOSSES_TARGET_LOSS_H

#include "losses/loss.h"

/// What such a loss reads and writes on a tape.
typedef struct siam_target_batch {
  siam_tape *tape;
  int rows, columns;
  siam_view output, gradient; ///< [rows, columns] both; the gradient is assigned.
  siam_view target;           ///< [rows] numbers of classes, or [rows, columns].
  siam_view result;           ///< SIAM_LOSS_WORDS floats: SIAM_LOSS_VALUE, the others 0.
} siam_target_batch;

/// A row of the table of these losses.
typedef struct siam_target_loss {
  const char *name;
  bool takes_classes; ///< A row's target is the number of a class; else a number for each output.
  siam_status (*add)(const siam_target_batch *batch);
} siam_target_loss;

/// The table; ends with NULL.
extern const siam_target_loss *const siam_target_losses[];

/// An unknown name is SIAM_ERROR_ARGUMENT and names those there are.
siam_status siam_target_loss_find(const char *name, const siam_target_loss **loss);

#endif
