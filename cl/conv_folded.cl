// Folds a batch normalisation with fixed statistics into the convolution before it, a filter a work-item:
//   folded[r][f] = weight[r][f] · scale[f],  shift[f] = (bias[f] − mean[f]) · scale[f] + beta[f]
// with scale = gamma / √(variance + epsilon). Rows r are the taps and channels of the filters.
#include "common.clh"

__kernel GROUP void fold(int rows, int filters, VIEW(weight), VIEW(bias), int with_bias, VIEW(gamma),
                         VIEW(beta), VIEW(mean), VIEW(variance), float epsilon, VIEW_OUT(folded),
                         VIEW_OUT(shift)) {
  BIND(weight);
  BIND(bias);
  BIND(gamma);
  BIND(beta);
  BIND(mean);
  BIND(variance);
  BIND_OUT(folded);
  BIND_OUT(shift);
  const int f = get_global_id(0);
  if (f >= filters) return;
  const float scale = gamma[f] * (1 / sqrt(variance[f] + epsilon));
  for (int r = 0; r < rows; r++) folded[r * (long)filters + f] = weight[r * (long)filters + f] * scale;
  shift[f] = ((with_bias ? bias[f] : 0) - mean[f]) * scale + beta[f];
}
