/// ranking.h: pairs in the order of their distances, from which every figure about thresholds is one pass.
#ifndef SIAM_PIPELINE_RANKING_H
#define SIAM_PIPELINE_RANKING_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Free with siam_ranking_clear(). Zero value: no pairs.
typedef struct siam_ranking {
  size_t count, same_count, different_count;
  float *distances; ///< Ascending.
  uint8_t *same;    ///< Whether the pair of that place is a `same` pair.
  uint32_t *pairs;  ///< Its number in the arrays that were ranked.
} siam_ranking;

/// Ranks `count` pairs; `same[i]` is 1 for a `same` pair and 0 for a `different` one. Equal distances keep
/// the order of the arrays. SIAM_ERROR_NUMERIC for a distance that is not finite, SIAM_ERROR_DATA where
/// either kind is missing.
siam_status siam_ranking_create(const float *distances, const uint8_t *same, size_t count,
                                siam_ranking *ranking);
void siam_ranking_clear(siam_ranking *ranking);

/// The place behind the pairs that share the distance of the pair at `place`.
size_t siam_ranking_tie_end(const siam_ranking *ranking, size_t place);

/// Quantiles of the distances of one kind of pair, for each `shares[i]` in 0..1, between two distances on a
/// line (Hyndman & Fan 1996, type 7).
siam_status siam_ranking_quantiles(const siam_ranking *ranking, bool same, const double *shares, size_t count,
                                   double *quantiles);

/// The same of any numbers in ascending order; `count` at least 1.
double siam_quantile(const double *sorted, size_t count, double share);

#endif
