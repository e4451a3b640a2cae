/// The matrix that the kernels of a loss read, in float64 with its bounds, and the way from the derivatives
/// by it back to embeddings and proxies.
#ifndef SIAM_REFERENCE_LOSS_MATRIX_H
#define SIAM_REFERENCE_LOSS_MATRIX_H

#include "reference/loss_case.h"

/// Elements of the matrix: [rows, rows], or with proxies [classes, rows].
int siam_loss_matrix_size(const siam_loss_case *c);

/// Fills it from embeddings x [rows, dimensions] and the loss's parameter.
void siam_loss_matrix_fill(const siam_loss_case *c, const double *x, const double *parameters,
                           siam_bounded *matrix);

/// Fills the matrix [rows, rows] of distances or similarities, whatever the loss reads.
void siam_loss_matrix_pairs(const siam_loss_case *c, const double *x, siam_bounded *matrix);

/// Writes the gradients of embeddings, and of proxies where there are some, from the derivatives by the
/// matrix that was filled last.
void siam_loss_matrix_back(const siam_loss_case *c, const double *x, const double *parameters,
                           const siam_bounded *matrix, const siam_bounded *factors, siam_bounded *gradients,
                           siam_bounded *parameter_gradients);

#endif
