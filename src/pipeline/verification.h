/// verification.h: all figures about pairs, with their intervals.
#ifndef SIAM_PIPELINE_VERIFICATION_H
#define SIAM_PIPELINE_VERIFICATION_H

#include "pipeline/metrics.h"

/// Pairs with their distances. Units are what the bootstrap draws: the classes of the two pictures as a rule.
/// A pair within one unit counts as often as that was drawn, any other the product of both.
typedef struct siam_measured_pairs {
  size_t count;
  const float *distances; ///< [count]
  const uint8_t *same;    ///< [count], 1 or 0
  const uint32_t *unit_a; ///< [count], below `units`; NULL where pairs have no classes: pairs are drawn.
  const uint32_t *unit_b;
  uint32_t units;
} siam_measured_pairs;

/// Zero means the default.
typedef struct siam_verification_options {
  const double *threshold; ///< Accuracy is stated at it; NULL: at the best threshold of these very pairs.
  double rates[SIAM_FAR_RATES];
  uint32_t rate_count;  ///< 0: 1e-2 and 1e-3.
  uint32_t repetitions; ///< Of the bootstrap; 0: SIAM_BOOTSTRAP_REPETITIONS.
  uint64_t seed;
} siam_verification_options;

/// Judges the pairs; `options` may be NULL. Errors as siam_ranking_create() has them.
siam_status siam_verification_compute(const siam_measured_pairs *pairs,
                                      const siam_verification_options *options,
                                      siam_verification *verification);

/// The figures by number: accuracy, AUC, equal error rate, then TAR at each rate.
enum {
  SIAM_VERIFICATION_ACCURACY,
  SIAM_VERIFICATION_AUC,
  SIAM_VERIFICATION_EER,
  SIAM_VERIFICATION_TAR,
  SIAM_VERIFICATION_FIGURES = SIAM_VERIFICATION_TAR + SIAM_FAR_RATES
};

/// siam_verification_compute() that keeps the repetitions of each figure,
/// values[figure · repetitions + repetition] with room for all figures, and draws no intervals. Repetition r
/// draws the same units for every set of pairs with as many, so that two models can be compared pair by pair.
siam_status siam_verification_repeat(const siam_measured_pairs *pairs,
                                     const siam_verification_options *options, double *values,
                                     siam_verification *verification);

double siam_verification_value(const siam_verification *verification, uint32_t figure);
/// Writes the name of a figure; false for a rate that was not asked for or is not supported.
bool siam_verification_name(const siam_verification *verification, uint32_t figure, char *name, size_t size);

#endif
