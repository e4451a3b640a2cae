/// decision.h: what a model file says about distances: its operating points and its calibration, read from
/// and written to the model's facts.
#ifndef SIAM_PIPELINE_DECISION_H
#define SIAM_PIPELINE_DECISION_H

#include "model/model.h"
#include "pipeline/calibration.h"
#include "pipeline/operating_point.h"

#include <siamese/compare.h>

/// The fact that says what a model was trained to do where it was not to compare, and its one value.
#define SIAM_PURPOSE "trained_to"
#define SIAM_PURPOSE_RECONSTRUCT "reconstruct"

/// The fact that says what thresholds and calibration were fitted on where that was trained on, and its
/// value.
#define SIAM_FITTED_ON "calibrated_on"
#define SIAM_FITTED_ON_TRAINING "training"

/// Free with siam_decision_clear(). Zero value: a model that was never calibrated.
typedef struct siam_decision {
  siam_operating_points points;
  siam_calibration calibration;
  bool calibrated;
  /// Thresholds and calibration were fitted on pictures that were trained on. A false-accept rate there says
  /// nothing of others, so that there is no threshold for one.
  bool on_training;
  double rate;        ///< False-accept rate whose threshold verdicts go by; 0: the best accuracy.
  bool reconstructs;  ///< It is an encoder that learned to give back pictures, and never saw pairs.
  const char *origin; ///< Whose decision it is, for messages; NULL: a model without a file.
} siam_decision;

/// Writes both as facts of the model.
siam_status siam_decision_store(const siam_decision *decision, siam_model *model);

/// Reads them back, checked; a model without them gives the zero value.
siam_status siam_decision_load(const siam_model *model, siam_decision *decision);

void siam_decision_clear(siam_decision *decision);

/// Chooses the threshold for a comparison, and its name where `name` is not NULL.
siam_status siam_decision_threshold(const siam_decision *decision, const siam_compare_options *options,
                                    double *threshold, char *name, size_t name_size);

#endif
