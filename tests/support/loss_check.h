/// Holds a loss over all pairs of a batch to its specification: the device to float64 within derived bounds,
/// that reference to finite differences, and it to numbers of pytorch-metric-learning
/// (tests/golden/losses.txt).
#ifndef SIAM_TEST_LOSS_CHECK_H
#define SIAM_TEST_LOSS_CHECK_H

#include "bounded.h"
#include "losses/loss.h"

enum { SIAM_BATCH_ROWS = 64, SIAM_BATCH_FLOATS = SIAM_BATCH_ROWS * 130 };

/// A batch with its loss. Embeddings have length 1 where the loss needs that. A loss may have one parameter.
typedef struct siam_loss_case {
  siam_loss loss;
  int rows, dimensions, classes, parameter_count;
  float parameters[SIAM_BATCH_FLOATS];
  float prior;         ///< What lies in the parameter's gradient before.
  uint32_t step, seed; ///< Of draws.
  int32_t labels[SIAM_BATCH_ROWS];
  float embeddings[SIAM_BATCH_FLOATS];
} siam_loss_case;

/// A loss in float64, from the matrix that its kernels read (siam_loss_type.matrix): [rows, rows], or with
/// proxies [classes, rows].
typedef struct siam_loss_reference {
  const char *name;
  /// The specification. `held` is the matrix where the formula takes weights that have no gradient.
  double (*value)(const siam_loss_case *c, const double *matrix, const double *held);
  /// Writes the derivative of the value by each element of the matrix, zeros where there is none, and how
  /// many terms it is the mean of, and returns the value: operation by operation as the kernels do, so that
  /// the errors are bounds.
  siam_bounded (*derive)(const siam_loss_case *c, const siam_bounded *matrix, siam_bounded *factors,
                         int *active);
  /// Where a loss without proxies has a parameter: writes the derivatives by it, called after `derive`.
  void (*derive_parameters)(const siam_loss_case *c, siam_bounded *slopes);
} siam_loss_reference;

/// Number i of the loss's parameter, for the functions above: finite differences move it.
double siam_case_parameter(int i);

/// The option of the case's loss.
double siam_case_option(const siam_loss_case *c, const char *name);
/// Whether two rows are of one class and not the same.
bool siam_case_same(const siam_loss_case *c, int row, int other);
bool siam_case_different(const siam_loss_case *c, int row, int other);

/// Fills a case: the loss as text; `classes` by turns, and two of which there is no row; embeddings, and the
/// loss's parameter, that depend on the seed.
void siam_loss_fill(siam_loss_case *c, const char *loss, int rows, int dimensions, int classes,
                    uint32_t seed);

/// What the device makes of a case.
typedef struct siam_loss_outcome {
  float result[SIAM_LOSS_WORDS], gradients[SIAM_BATCH_FLOATS], parameter_gradients[SIAM_BATCH_FLOATS];
} siam_loss_outcome;
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

/// What every loss has to bear: a NaN anywhere shows in the value; batches without same or without different
/// pairs, and equal embeddings, have finite gradients.
void siam_check_loss_extremes(const siam_loss_reference *reference, const char *loss);

#endif
