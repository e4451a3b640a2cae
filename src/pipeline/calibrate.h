/// calibrate.h: what turns distances into answers: thresholds for several false-accept rates, and a
/// probability for each distance, fitted on pairs and kept in the model file.
#ifndef SIAM_PIPELINE_CALIBRATE_H
#define SIAM_PIPELINE_CALIBRATE_H

#include "data/images.h"
#include "model/model.h"

typedef struct siam_calibration_options {
  uint64_t seed;      ///< Of the pairs.
  uint32_t pairs;     ///< At most so many, half of them same; 0: 6,000.
  bool within_parent; ///< Both classes of a different pair lie in one parent folder.
  double far;         ///< As in siam_train_options.
  bool on_training;   ///< The pictures were trained on: no thresholds for false-accept rates are fitted.
  siam_logger logger; ///< Told which false-accept rates the pairs cannot support.
  /// As in siam_train_options; may be NULL.
  bool (*preparing)(void *context, const char *what, uint32_t done, uint32_t count);
  void *context;
} siam_calibration_options;

typedef struct siam_calibration_summary {
  double auc, eer, accuracy, threshold; ///< On the pairs fitted on; the accuracy at the threshold.
  uint32_t same_pairs, different_pairs;
  bool reversed; ///< Same pairs lie farther apart than different ones, by more than chance explains.
  bool blind;    ///< Distances do not tell them apart: the similarity is the same everywhere.
} siam_calibration_summary;

/// The area under the ROC curve alone, on the pairs that calibrating draws; nothing is kept.
siam_status siam_model_auc(siam_model *model, const siam_dataset *dataset, siam_images *images,
                           const siam_calibration_options *options, double *auc);

/// Whether an area under the ROC curve lies three standard errors of chance (Mann & Whitney 1947) below one
/// half. Pairs that share a picture are not independent, and at most half as many pairs as pictures share
/// none.
bool siam_auc_is_reversed(double auc, size_t same, size_t different, uint32_t pictures);

/// Embeds the pictures, draws pairs (a pair set gives its own), fits thresholds and calibration and keeps
/// them as facts of the model.
siam_status siam_model_calibrate(siam_model *model, const siam_dataset *dataset, siam_images *images,
                                 const siam_calibration_options *options, siam_calibration_summary *summary);

#endif
