/// calibration.h: from a distance to the probability that the pair is `same`, called similarity.
///
/// It is a probability for pairs like those it was fitted on, in the mix of same and different that they had.
/// It never rises with the distance.
#ifndef SIAM_PIPELINE_CALIBRATION_H
#define SIAM_PIPELINE_CALIBRATION_H

#include "base/text.h"
#include "pipeline/ranking.h"

typedef enum siam_calibration_kind {
  SIAM_CALIBRATION_PLATT,   ///< 1 / (1 + exp(slope · distance + offset))
  SIAM_CALIBRATION_ISOTONIC ///< Through knots on straight lines, flat outside of them.
} siam_calibration_kind;

typedef struct siam_calibration_knot {
  double distance, similarity;
} siam_calibration_knot;

/// Free with siam_calibration_clear(). The zero value says 1/2 at every distance.
typedef struct siam_calibration {
  siam_calibration_kind kind;
  double slope, offset;         ///< Platt's; the slope is 0 or more.
  siam_calibration_knot *knots; ///< Isotonic: distances ascend, similarities never rise.
  size_t knot_count;
  uint64_t same_pairs, different_pairs; ///< It was fitted on.
  /// The fit wanted similarity to rise with distance, and got its mean everywhere instead. After training
  /// that speaks of reversed labels; on few pairs of an untrained model it is chance.
  bool reversed;
} siam_calibration;

/// Fits a logistic curve (Platt 1999, with his smoothed targets) by Newton's method with backtracking (Lin,
/// Lin & Weng 2007).
siam_status siam_calibration_fit_platt(const siam_ranking *ranking, siam_calibration *calibration);

/// Fits the best non-increasing steps by pooling adjacent violators (Ayer et al. 1955; Zadrozny & Elkan
/// 2002). It follows any shape, but needs many pairs: a thousand or more.
siam_status siam_calibration_fit_isotonic(const siam_ranking *ranking, siam_calibration *calibration);
void siam_calibration_clear(siam_calibration *calibration);

/// Similarity in 0..1 of a distance.
double siam_calibration_evaluate(const siam_calibration *calibration, double distance);

enum { SIAM_CALIBRATION_BINS = 15 };

/// How good probabilities are on pairs, best those that were not fitted on.
typedef struct siam_calibration_quality {
  double brier; ///< Mean squared difference from 1 and 0 (Brier 1950).
  /// Expected calibration error (Naeini, Cooper & Hauskrecht 2015): over bins of equally many pairs, the
  /// mean of |similarity − share of same pairs|.
  double expected_error;
  struct {
    double similarity, same; ///< Mean similarity, and share of same pairs.
    uint64_t count;
  } bins[SIAM_CALIBRATION_BINS]; ///< By falling similarity.
} siam_calibration_quality;
siam_status siam_calibration_measure(const siam_calibration *calibration, const siam_ranking *ranking,
                                     siam_calibration_quality *quality);

/// The same for pairs whose similarity is known; they are ordered by falling similarity.
siam_status siam_similarity_measure(const double *similarity, const uint8_t *same, size_t count,
                                    siam_calibration_quality *quality);

/// Adds the calibration as one JSON object; numbers come back to the bit.
siam_status siam_calibration_write(const siam_calibration *calibration, siam_text *json);

/// Reads what siam_calibration_write() wrote and checks every number; `name` stands for the file in messages.
siam_status siam_calibration_parse(const char *name, const char *json, siam_calibration *calibration);

#endif
