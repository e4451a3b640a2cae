/// resampler.h: how often each place of a ranking counts when the units behind its pairs are drawn again.
#ifndef SIAM_PIPELINE_RESAMPLER_H
#define SIAM_PIPELINE_RESAMPLER_H

#include "pipeline/ranking.h"
#include "pipeline/verification.h"

/// Units of the pairs in the order of the ranking. A pair within one unit, or without any, has for its second
/// the one past the last, which always counts once: so a weight is one product, without a branch. Free with
/// siam_resampler_clear().
typedef struct siam_resampler {
  size_t count; ///< Places.
  uint32_t units, *a, *b;
  uint32_t *counts; ///< [units + 1]: how often each unit was drawn.
  double *weights;  ///< [count]: how often each place of the ranking counts.
} siam_resampler;

/// SIAM_ERROR_ARGUMENT for a unit beyond those there are; to be asked before the pairs are ranked.
siam_status siam_resampler_check(const siam_measured_pairs *pairs);

/// For pairs that are checked, and their ranking.
siam_status siam_resampler_create(const siam_measured_pairs *pairs, const siam_ranking *ranking,
                                  siam_resampler *resampler);
void siam_resampler_clear(siam_resampler *resampler);

/// Sets the weights to those of one repetition (siam_bootstrap_draw()).
void siam_resampler_draw(siam_resampler *resampler, uint64_t seed, uint32_t repetition);

#endif
