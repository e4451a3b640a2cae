/// metrics.h: ROC curve, AUC, equal error rate, accuracy and thresholds from ranked pairs.
#ifndef SIAM_PIPELINE_METRICS_H
#define SIAM_PIPELINE_METRICS_H

#include "pipeline/ranking.h"

#include <siamese/metrics.h>

/// A FAR needs 10 false accepts to be known to about a third of itself (relative standard error 1/√10), so a
/// rate is supported by no fewer than 10 / rate different pairs.
enum { SIAM_FALSE_ACCEPTS_NEEDED = 10 };
bool siam_far_is_supported(size_t different_count, double rate);

/// Verdicts at one threshold.
typedef struct siam_confusion {
  uint64_t same_accepted, same_rejected, different_accepted, different_rejected;
} siam_confusion;
siam_confusion siam_confusion_at(const siam_ranking *ranking, double threshold);

/// The curve from "no pair is same" to "every pair is same": a point for each different distance and one
/// before,
/// `*count` in all, with ascending thresholds. The caller frees it with siam_free().
siam_status siam_roc_curve(const siam_ranking *ranking, siam_roc_point **points, size_t *count);

/// The threshold with the most right verdicts: half way between two neighbouring distances, so that rounding
/// does not decide. Of several that are equally good the smallest, which accepts the fewest different pairs.
double siam_best_threshold(const siam_ranking *ranking);

/// The largest threshold that accepts no more than the share `rate` of the different pairs, half way to the
/// next distance. SIAM_ERROR_DATA where the pairs do not support the rate, with how many it takes.
siam_status siam_threshold_at_far(const siam_ranking *ranking, double rate, double *threshold);

/// Figures of one pass over the ranking.
typedef struct siam_sweep {
  double accuracy; ///< At the query's threshold.
  double auc, eer;
  double tar[SIAM_FAR_RATES]; ///< At each of the query's rates, supported or not.
} siam_sweep;

typedef struct siam_sweep_query {
  double threshold;
  double rates[SIAM_FAR_RATES];
  uint32_t rate_count;
} siam_sweep_query;

/// Computes all figures. `weights`, by place in the ranking, say how often each pair counts; NULL: once. The
/// accuracy takes the shares of same and different pairs from the ranking, not from the weights. False where
/// either kind has no weight; then there are no figures.
bool siam_sweep_compute(const siam_ranking *ranking, const double *weights, const siam_sweep_query *query,
                        siam_sweep *sweep);

#endif
