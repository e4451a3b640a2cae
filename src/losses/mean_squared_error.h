/// mean_squared_error.h: how far an output is from what it should be, for networks that reconstruct. It
/// stands beside the table of losses, whose rows look at pairs of embeddings.
#ifndef SIAM_LOSSES_MEAN_SQUARED_ERROR_H
#define SIAM_LOSSES_MEAN_SQUARED_ERROR_H

#include "losses/loss.h"

/// Adds to the tape: the mean of (output − target)² over all numbers as result[SIAM_LOSS_VALUE], 0 as the
/// other SIAM_LOSS_WORDS, and its gradient with respect to the output, which is assigned. All three views
/// have the count of `output`.
siam_status siam_mean_squared_error_add(siam_tape *tape, siam_view output, siam_view target,
                                        siam_view gradient, siam_view result);

#endif
