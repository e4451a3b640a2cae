/// Holds a loss over all pairs of a batch to its specification: the device to float64 within derived bounds,
/// that reference to finite differences, and it to numbers of pytorch-metric-learning
/// (tests/golden/losses.txt).
#ifndef SIAM_TEST_LOSS_CHECK_H
#define SIAM_TEST_LOSS_CHECK_H

#include "reference/loss_case.h"

/// Runs a case on the tests' device.
void siam_loss_run(const siam_loss_case *c, siam_loss_outcome *outcome);

/// Compares the device's result and gradients with the reference, and that with finite differences. Returns
/// the largest error as a part of its bound, to see that bounds are not idly wide.
double siam_check_loss(const siam_loss_reference *reference, const siam_loss_case *c);

/// The same over batches of 2 to 64 rows, 1 to 130 dimensions and many or few classes.
void siam_check_loss_edges(const siam_loss_reference *reference, const char *loss);
/// The same from so many dimensions on.
void siam_check_loss_edges_from(const siam_loss_reference *reference, const char *loss, int least);

/// Compares the reference with every record of tests/golden/losses.txt whose loss has its name, at least
/// `least` of them, and the device with the reference there.
void siam_check_loss_golden(const siam_loss_reference *reference, int least);

/// The same for how likely the loss margin draws each row.
void siam_check_margin_weights(int least);

/// What every loss has to bear: a NaN anywhere shows in the value; batches without same or without different
/// pairs, and equal embeddings, have finite gradients.
void siam_check_loss_extremes(const siam_loss_reference *reference, const char *loss);

#endif
