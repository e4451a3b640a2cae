/// Judging a model on pictures it has not been trained on.
#ifndef SIAMESE_EVALUATE_H
#define SIAMESE_EVALUATE_H

#include <siamese/decode.h>
#include <siamese/metrics.h>
#include <siamese/model.h>

/// Zero means the default.
typedef struct siam_evaluate_options {
  uint32_t pairs;       ///< At most so many, half of them same; 0: 6,000, and 40,000 for the figures at fixed
                        ///< false-accept rates. A pair set gives its own.
  uint32_t ways;        ///< Classes of a one-shot trial; 0: 20, or as many as there are.
  uint32_t trials;      ///< One-shot trials; 0: 10,000.
  bool within_parent;   ///< Different pairs and the classes of a trial come from one parent folder.
  bool allow_outside;   ///< A pair list may name pictures outside of the folder that it lies in.
  bool one_shot_runs;   ///< The data are prepared runs in Omniglot's official layout; only those are judged.
  bool fit_threshold;   ///< State the accuracy at the best threshold of these pairs instead of the model's.
  uint32_t repetitions; ///< Of the bootstrap behind each interval; 0: 1,000.
  uint64_t seed;        ///< Of pairs, trials and intervals.
  siam_decoders *decoders; ///< Decodes pictures in processes (siamese/decode.h); NULL: in this one.
  const char *training; ///< Data the model was trained on, to look for pictures that both have; NULL: none.
  const char *report;   ///< HTML file to write (docs/report.md); NULL: none. Not for prepared runs.
  /// CSV file to write with a row for each pair that accuracy, the area under the ROC curve and the equal
  /// error rate are of: a, b, label, distance (docs/comparing.md); NULL: none. Not for prepared runs.
  const char *distances;
  const char *command; ///< What was typed, for the report; may be NULL.
  siam_logger logger;
  /// As in siam_train_options; may be NULL.
  bool (*preparing)(void *context, const char *what, uint32_t done, uint32_t count);
  void *context;
} siam_evaluate_options;

/// How one class fares when each of its pictures is a query among all others. Owns its names.
typedef struct siam_class_figures {
  char *name;
  uint32_t pictures, queries;
  double recall_at_1, map_at_r;
  char *confused_with;         ///< The class that most of its wrong queries went to; NULL: none was wrong.
  uint32_t confused, mistaken; ///< Queries that went there, and to any wrong class.
} siam_class_figures;

/// How a test picture is in the training data, too.
typedef enum siam_leak_kind {
  SIAM_LEAK_EXACT, ///< The decoded pictures are equal.
  SIAM_LEAK_NEAR,  ///< The pixels are nearly equal.
  SIAM_LEAK_ALIKE  ///< A model takes them for one picture before and after edits; the pixels do not say so.
} siam_leak_kind;

/// "exact", "near" or "alike". Static storage.
SIAM_API const char *siam_leak_kind_name(siam_leak_kind kind);

/// A test picture that the training data have too, or almost. Owns its paths.
typedef struct siam_leak {
  char *path, *training_path;
  siam_leak_kind kind;
  double distance;    ///< Of the embeddings; 0 for an exact one. Of an alike one by the model that says so.
  double correlation; ///< Of the two pictures' values at the network's size, in colour where the
                      ///< model looks closer; 1 for an exact one.
  /// Of an alike one: what the test, the training picture shows where the two are nearest, as in
  /// siam_comparison; NULL: the whole. Static storage.
  const char *shown[2];
} siam_leak;

typedef struct siam_leakage {
  uint32_t training_images;
  uint32_t exact, near, alike;
  bool by_default_model; ///< The default model says which are alike: the judged one does not look at parts.
  uint32_t leak_count;   ///< The three kinds together.
  siam_leak *leaks; ///< Exact ones, near ones by falling correlation, then those alike by rising distance.
} siam_leakage;

/// Free with siam_evaluation_clear().
typedef struct siam_evaluation {
  uint32_t images, broken, classes;
  bool has_verification; ///< False for prepared runs.
  siam_verification verification;
  uint64_t rate_different_pairs; ///< Behind its figures at fixed false-accept rates.
  bool has_one_shot;             ///< False for data without classes, or with too few.
  siam_one_shot one_shot;
  bool has_retrieval; ///< False for data without classes, or without a class of two pictures.
  siam_retrieval retrieval;
  siam_class_figures *class_figures; ///< [classes] with `has_retrieval`, by rising Recall@1, then mAP@R.
  bool has_leakage;                  ///< siam_evaluate_options.training was given.
  siam_leakage leakage;
  double calibration_error; ///< Expected calibration error of the similarity; NAN without calibration.
  double seconds;           ///< Of reading and embedding.
} siam_evaluation;

/// Judges a model on a folder or list of pictures, with 95 % intervals by bootstrap over classes. `options`
/// may be NULL.
SIAM_API siam_status siam_evaluate(siam_model *model, const char *data, const siam_evaluate_options *options,
                                   siam_evaluation *evaluation);
SIAM_API void siam_evaluation_clear(siam_evaluation *evaluation);

/// A figure of two models on the same pairs, trials or queries.
typedef struct siam_model_difference {
  char name[32]; ///< "ROC AUC", "20-way one-shot" …
  bool rate;     ///< A share, for people in per cent.
  bool lower_is_better;
  double first, second;
  siam_figure difference; ///< second − first.
  double second_better;   ///< Share of the bootstrap's repetitions in which the second is better, ties half.
} siam_model_difference;

enum { SIAM_MODEL_DIFFERENCES = 12 };

typedef struct siam_model_comparison {
  uint32_t images, broken, classes;
  uint64_t same_pairs, different_pairs;
  uint32_t count;
  siam_model_difference differences[SIAM_MODEL_DIFFERENCES];
} siam_model_comparison;

/// Judges two models on the same pictures, pairs, trials and queries. The bootstrap is paired: both are
/// weighed by the same draws of classes, so that what makes the data hard for both cancels. Of the options,
/// prepared runs and training data are not looked at. `options` may be NULL.
SIAM_API siam_status siam_compare_models(siam_model *first, siam_model *second, const char *data,
                                         const siam_evaluate_options *options,
                                         siam_model_comparison *comparison);

#endif
