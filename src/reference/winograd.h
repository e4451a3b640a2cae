/// How far Winograd's convolution may stray. It computes an output as Aᵀ[(G w Gᵀ) ⊙ (Bᵀ x B)]A, whose terms
/// are larger than the products of the direct way and cancel. With a bound of 1 + u for each operation
/// (Higham 2002, section 3.1), stage by stage:
///
///   |ŷ − y| ≤ γ(operations in a row) · |Aᵀ|[Σ (|G||w||Gᵀ|) ⊙ (|Bᵀ||x||B|)]|A|
///
/// The way to the weights is the transpose of the same: dw = Gᵀ[Σ (A dy Aᵀ) ⊙ (Bᵀ x B)]G.
#ifndef SIAM_REFERENCE_WINOGRAD_H
#define SIAM_REFERENCE_WINOGRAD_H

#include "compute/conv_engines.h"

/// The right side but for γ, which is `terms` operations long, for the outputs of a pass (y, x or the
/// weights), from the magnitudes of what it reads. `points`: of siam_winograd_points().
/// Magnitudes are added to.
void siam_winograd_magnitudes(const siam_conv_shape *shape, siam_conv_pass pass, int points, const double *x,
                              const double *weight, const double *y, double *out);

/// Operations in a row from what a pass reads to what it writes.
double siam_winograd_terms(const siam_conv_shape *shape, siam_conv_pass pass, int points);

/// Points along a side of a tile of the engine with this name, which makes so many outputs; 0: it is
/// another's.
int siam_winograd_points(const siam_conv_shape *shape, const char *engine);

#endif
