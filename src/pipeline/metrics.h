/// metrics.h: ROC curve, AUC, equal error rate, accuracy and thresholds from ranked pairs.
#ifndef SIAM_PIPELINE_METRICS_H
#define SIAM_PIPELINE_METRICS_H

#include "pipeline/ranking.h"

#include <siamese/metrics.h>

/// How much of each kind of pair lies up to each distance: all that figures about thresholds need. Free with
/// siam_curve_clear().
typedef struct siam_curve {
  const siam_ranking *ranking;
  size_t count;     ///< Different distances.
  float *distances; ///< [count], ascending.
  uint32_t *steps;  ///< [pairs]: which of the distances the pair at that place of the ranking has.
  double *same;     ///< [count + 1]: weight of the same pairs below distances[i]; the last is all of it.
  double *different;
} siam_curve;

/// The curve of a ranking, which must outlive it; each pair counts once.
siam_status siam_curve_create(const siam_ranking *ranking, siam_curve *curve);
void siam_curve_clear(siam_curve *curve);

/// Lets each pair count as often as `weights`, by place in the ranking, say. False where either kind is left
/// without weight; the curve then has no figures.
bool siam_curve_weigh(siam_curve *curve, const double *weights);

/// Probability that a same pair is nearer than a different one, a tie counted half (Mann & Whitney 1947).
double siam_curve_auc(const siam_curve *curve);
/// FAR = 1 − TAR, on a line between two points of the curve where none of them has it.
double siam_curve_eer(const siam_curve *curve);
/// TAR at the largest threshold whose FAR is no more than `rate`.
double siam_curve_tar(const siam_curve *curve, double rate);
/// Share of right verdicts at a threshold, in the mix of same and different pairs that the ranking has,
/// whatever their weights.
double siam_curve_accuracy(const siam_curve *curve, double threshold);

/// The points from "no pair is same" to "every pair is same", count + 1 of them with ascending thresholds;
/// the caller frees them with siam_free().
siam_status siam_curve_list(const siam_curve *curve, siam_roc_point **points);

/// The threshold with the most right verdicts: half way between two neighbouring distances, so that rounding
/// does not decide. Of several that are equally good the smallest, which accepts the fewest different pairs.
double siam_best_threshold(const siam_curve *curve);

/// A FAR needs 10 false accepts to be known to about a third of itself (relative standard error 1/√10), so a
/// rate is supported by no fewer than 10 / rate different pairs.
enum { SIAM_FALSE_ACCEPTS_NEEDED = 10 };
bool siam_far_is_supported(size_t different_count, double rate);

/// The largest threshold that accepts no more than the share `rate` of the different pairs, half way to the
/// next distance. SIAM_ERROR_DATA where the pairs do not support the rate, with how many it takes.
siam_status siam_threshold_at_far(const siam_curve *curve, double rate, double *threshold);

/// Verdicts at one threshold.
typedef struct siam_confusion {
  uint64_t same_accepted, same_rejected, different_accepted, different_rejected;
} siam_confusion;
siam_confusion siam_confusion_at(const siam_ranking *ranking, double threshold);

#endif
