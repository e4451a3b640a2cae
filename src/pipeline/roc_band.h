/// roc_band.h: the ROC curve at chosen false-accept rates, with an interval at each.
#ifndef SIAM_PIPELINE_ROC_BAND_H
#define SIAM_PIPELINE_ROC_BAND_H

#include "pipeline/verification.h"

/// TAR at each of `rates` [count] (siam_curve_tar()), with pointwise 95 % intervals over the pairs' units, to
/// `tars` [count]. `repetitions` 0: SIAM_BOOTSTRAP_REPETITIONS.
siam_status siam_roc_band(const siam_measured_pairs *pairs, const double *rates, size_t count, uint64_t seed,
                          uint32_t repetitions, siam_figure *tars);

#endif
