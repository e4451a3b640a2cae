/// pairwise.h: what losses over all pairs of a batch share: the matrix of all distances or similarities, the
/// sums of what its rows add to the loss, and the way from the matrix's derivatives back to the embeddings.
///
/// Such a loss is two kernels (cl/pairwise.clh has their arguments) and a row of the table. NAME_rows reads
/// row i of the matrix and writes its terms: what it adds to two means and how many it adds to each, since
///   loss = Σ first / max(1, Σ first count) + Σ second / max(1, Σ second count).
/// NAME_factors then writes what the derivative of the loss is by each element of the matrix.
#ifndef SIAM_LOSSES_PAIRWISE_H
#define SIAM_LOSSES_PAIRWISE_H

#include "losses/loss.h"

/// Words of a row's terms, and of their sums over all rows.
enum { SIAM_TERM_FIRST, SIAM_TERM_FIRST_COUNT, SIAM_TERM_SECOND, SIAM_TERM_SECOND_COUNT, SIAM_TERM_ACTIVE };
enum { SIAM_TERM_WORDS = 5 };

/// All of the above: siam_loss_type.add of a loss that has no more than the two kernels.
siam_status siam_pairwise_add(const siam_loss *loss, const siam_loss_batch *batch);

/// Its parts, for losses that have more. Writes the matrix [N,N] of the batch's embeddings.
siam_status siam_pairwise_matrix(const siam_loss_batch *batch, siam_matrix kind, siam_view *matrix);

/// Rows of a matrix for kernels whose items take what lies side by side: on CPU-type devices an item walks a
/// whole row, elsewhere neighbours take neighbours.
siam_grid siam_pairwise_grid(const siam_loss_batch *batch, int rows, int columns);

/// Adds up `terms` [·, SIAM_TERM_WORDS] to `totals` and writes the result of the batch, with the statistics
/// of the matrix.
siam_status siam_pairwise_finish(const siam_loss_batch *batch, siam_matrix kind, siam_view matrix,
                                 siam_view terms, siam_view totals);

/// Writes the gradients of the embeddings e from `factors` [N,N]. Similarities: F is the derivative of the
/// loss by s_ij, and de = (F + Fᵀ) e. Distances: F is its derivative by d_ij divided by d_ij, 0 where that is
/// 0, and de_i = Σ_j (F_ij + F_ji) (e_i − e_j).
siam_status siam_pairwise_back(const siam_loss_batch *batch, siam_matrix kind, siam_view factors);

#endif
