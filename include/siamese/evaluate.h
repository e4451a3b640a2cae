/// Judging a model on pictures it has not been trained on.
#ifndef SIAMESE_EVALUATE_H
#define SIAMESE_EVALUATE_H

#include <siamese/metrics.h>
#include <siamese/model.h>

/// Zero means the default.
typedef struct siam_evaluate_options {
  uint32_t pairs;       ///< At most so many, half of them same; 0: 6,000, and 40,000 for the figures at fixed
                        ///< false-accept rates. A pair set gives its own.
  uint32_t ways;        ///< Classes of a one-shot trial; 0: 20, or as many as there are.
  uint32_t trials;      ///< One-shot trials; 0: 10,000.
  bool within_parent;   ///< Different pairs and the classes of a trial come from one parent folder.
  bool one_shot_runs;   ///< The data are prepared runs in Omniglot's official layout; only those are judged.
  bool fit_threshold;   ///< State the accuracy at the best threshold of these pairs instead of the model's.
  uint32_t repetitions; ///< Of the bootstrap behind each interval; 0: 1,000.
  uint64_t seed;        ///< Of pairs, trials and intervals.
  siam_logger logger;
  /// As in siam_train_options; may be NULL.
  bool (*preparing)(void *context, const char *what, uint32_t done, uint32_t count);
  void *context;
} siam_evaluate_options;

typedef struct siam_evaluation {
  uint32_t images, broken, classes;
  bool has_verification; ///< False for prepared runs.
  siam_verification verification;
  uint64_t rate_different_pairs; ///< Behind its figures at fixed false-accept rates.
  bool has_one_shot;             ///< False for data without classes, or with too few.
  siam_one_shot one_shot;
  double calibration_error; ///< Expected calibration error of the similarity; NAN without calibration.
  double seconds;           ///< Of reading and embedding.
} siam_evaluation;

/// Judges a model on a folder or list of pictures, with 95 % intervals by bootstrap over classes. `options`
/// may be NULL.
SIAM_API siam_status siam_evaluate(siam_model *model, const char *data, const siam_evaluate_options *options,
                                   siam_evaluation *evaluation);

#endif
