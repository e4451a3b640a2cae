/// A whole network in float64: the layers of reference.h in a row, their parameters where the slots say, and
/// the bounds of rounding.h carried along. siam_reference_prove() holds it to finite differences.
#ifndef SIAM_REFERENCE_REFERENCE_NETWORK_H
#define SIAM_REFERENCE_REFERENCE_NETWORK_H

#include "model/network.h"
#include "reference/reference.h"

/// Arrays by layer have one entry more than there are layers: entry 0 is the input of the network, entry i +
/// 1 the output of layer i, and the last one that of the network. Arrays by parameter go by the store's
/// numbers.
typedef struct siam_reference_network {
  const siam_network *network;
  int images;
  bool training;
  bool forward_only; ///< As in siam_rounding.
  uint64_t seed;     ///< Of dropout.
  uint32_t step;
  unsigned *numbers;               ///< Of dropout's passes, by layer.
  double **values, **value_errors; ///< By layer: [N,H,W,C].
  double **slopes, **slope_errors; ///< By layer: gradients of `values`.
  double **shares;                 ///< What layer i adds to the gradients of its inputs; no last entry.
  double **parameters;             ///< By parameter.
  double **gradients, **gradient_errors;
  double **state_errors; ///< By parameter; of running statistics only.
} siam_reference_network;

/// Takes the parameters' present values from the device. Gives up when something fails.
siam_reference_network *siam_reference_network_create(const siam_network *network, int images, bool training);
void siam_reference_network_destroy(siam_reference_network *reference);

/// Floats of entry i of the arrays by layer.
size_t siam_reference_network_size(const siam_reference_network *reference, size_t i);

/// Fills values[1 …] from values[0].
void siam_reference_network_forward(siam_reference_network *reference);

/// Fills slopes[… count − 1] from slopes[count], and the gradients anew.
void siam_reference_network_backward(siam_reference_network *reference);

/// Fills the bounds of `values`, for exact inputs.
void siam_reference_network_bound_forward(siam_reference_network *reference);

/// Fills all the bounds, for exact inputs; `prior` as in siam_rounding.
void siam_reference_network_bound(siam_reference_network *reference, double prior);

/// Proves the backward pass: L = Σ slopes[count] · values[count] is differentiated numerically with respect
/// to a sample of the input and of each trained parameter. Gives up at the first disagreement.
void siam_reference_network_prove(siam_reference_network *reference);

#endif
