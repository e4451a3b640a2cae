/// Figures by which a model is judged. Everywhere the verdict is `same` where distance <= threshold.
///
/// A false accept is a `different` pair called `same`; the false-accept rate (FAR) is their share of the
/// different pairs. The true-accept rate (TAR) is the share of `same` pairs called `same`.
#ifndef SIAMESE_METRICS_H
#define SIAMESE_METRICS_H

#include <siamese/status.h>

#include <stdbool.h>
#include <stdint.h>

/// A figure and its 95 % interval. `low` and `high` are NAN where there was too little to draw an interval
/// from.
typedef struct siam_figure {
  double value, low, high;
} siam_figure;

/// A point of the ROC curve: what happens when every distance up to `threshold` is called `same`.
typedef struct siam_roc_point {
  double threshold, far, tar;
} siam_roc_point;

/// Most rates that one evaluation states TAR for.
enum { SIAM_FAR_RATES = 4 };

/// TAR at the largest threshold whose FAR is no more than `rate`.
typedef struct siam_tar_at_far {
  double rate;
  bool supported; ///< False where fewer than 10 / rate different pairs were there; then no figure is given.
  siam_figure tar;
} siam_tar_at_far;

/// How well distances tell `same` from `different` pairs.
typedef struct siam_verification {
  uint64_t same_pairs, different_pairs;
  double threshold;     ///< The one that `accuracy` belongs to.
  siam_figure accuracy; ///< Share of right verdicts.
  siam_figure auc;      ///< Probability that a same pair is nearer than a different one, ties counted half.
  siam_figure eer;      ///< Equal error rate: where FAR = 1 − TAR, between points of the curve on a line.
  uint32_t rate_count;
  siam_tar_at_far rates[SIAM_FAR_RATES];
} siam_verification;

/// N-way one-shot classification by the nearest support. A tie counts as wrong.
typedef struct siam_one_shot {
  uint32_t ways;        ///< Supports of a trial; of the run with the most, where runs differ.
  uint32_t trials;      ///< Queries classified.
  uint32_t runs;        ///< Prepared runs they come from; 0 for drawn trials.
  siam_figure accuracy; ///< Share of queries given their own class.
} siam_one_shot;

/// Ranks that Recall@K is stated for: 1, 2, 4 and 8.
enum { SIAM_RECALL_RANKS = 4 };

/// Each picture as a query among all others. Pictures of other classes at the same distance come first.
typedef struct siam_retrieval {
  uint32_t queries; ///< Pictures that have another one of their class.
  uint32_t classes; ///< Theirs.
  struct {
    uint32_t rank;
    siam_figure recall; ///< Share of queries with a picture of their class among the nearest `rank`.
  } recalls[SIAM_RECALL_RANKS];
  /// Mean average precision at R (Musgrave, Belongie & Lim 2020): with R other pictures in the query's class,
  /// 1/R · Σ over the nearest R that are of the class, of the share of the class among those up to there.
  siam_figure map_at_r;
} siam_retrieval;

/// A threshold with what it was set for and what supports it.
typedef struct siam_operating_point {
  char name[24]; ///< "best accuracy", "far 1e-2" …
  double rate;   ///< FAR it was set for; 0 for the best accuracy.
  double threshold;
  double far;                           ///< Found on the pairs it was fitted on,
  double far_low, far_high;             ///< with its 95 % interval (Wilson 1927),
  double tar;                           ///< and the TAR there.
  uint64_t same_pairs, different_pairs; ///< Pairs it was fitted on.
} siam_operating_point;

#endif
