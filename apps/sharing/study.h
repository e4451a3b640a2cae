/// study.h: the same network with and without sharing, trained on little data and on more, several times.
///
///     study.c             the trainings
///     study_systems.c     what is trained on what
///     study_report.c      means, spreads, who is better; the tables and the JSON object
///     study_plot.c        the plot
#ifndef SIAM_APPS_SHARING_STUDY_H
#define SIAM_APPS_SHARING_STUDY_H

#include "sharing/text.h"

enum { STUDY_SIZES = 5, STUDY_MOMENTS = 10 };
enum { STUDY_AUTOENCODER, STUDY_EMBEDDINGS, STUDY_SYSTEMS };

/// The size whose errors are followed from moment to moment.
enum { STUDY_CURVE = 1 };

typedef enum study_variant { STUDY_TIED, STUDY_UNTIED, STUDY_VARIANTS } study_variant;
extern const char *const study_variant_names[STUDY_VARIANTS];

typedef struct study_system study_system;

/// A system under study, with its data.
struct study_system {
  const char *name, *title;
  const char *data;     ///< What it is trained on, for people.
  const char *examples; ///< What it is trained on so many of, such as "pictures".
  const char *error;    ///< What its error is called.
  const char *loss;
  const char *lines[8];
  const char *slot; ///< Untied in the variant without sharing.
  uint64_t steps;
  double rate;
  size_t sizes[STUDY_SIZES];
  /// From `whole` or `text`, for one repetition: `pool`, whose first examples are trained on, and `unseen`.
  void (*arrange)(sharing_lesson *lesson, study_system *system, uint64_t seed);
  sharing_set whole;
  sharing_text text;
  sharing_set pool, unseen;
};

/// Errors of one training, from the beginning of it to the end.
typedef struct study_errors {
  double training[STUDY_MOMENTS], unseen[STUDY_MOMENTS];
} study_errors;

typedef struct study_result {
  study_system system;
  int64_t seeds;
  uint64_t moments[STUDY_MOMENTS]; ///< Updates at which errors are measured, closer at the beginning.
  size_t weights[STUDY_VARIANTS];
  size_t shared;                                     ///< Weights of the matrix that is shared.
  study_errors *errors[STUDY_SIZES][STUDY_VARIANTS]; ///< By seed.
} study_result;

/// study_systems.c: the autoencoder and the language model. The first fails without data.
siam_status study_prepare(sharing_lesson *lesson, study_system systems[STUDY_SYSTEMS]);

/// Numbers of several repetitions.
typedef struct study_spread {
  double mean, deviation;
} study_spread;

/// A kind of error, of which repetition number `seed` has one.
typedef enum study_kind {
  STUDY_TRAINING, ///< On the training examples, after training.
  STUDY_UNSEEN,   ///< On unseen ones, after training.
  STUDY_BEST,     ///< On unseen ones, at the moment at which it is least.
  STUDY_KINDS
} study_kind;

/// study_report.c
study_spread study_spread_of(const study_result *result, int size, study_variant variant, study_kind kind);
/// On training or on unseen examples at one moment of training.
study_spread study_spread_at(const study_result *result, int size, study_variant variant, bool unseen,
                             int moment);
/// Prints tables, adds to the JSON object under the system's name, and claims "weights": tying takes away
/// just those of the shared matrix.
void study_report(sharing_lesson *lesson, const study_result *result);
/// Claims that with the fewest examples the mean error on unseen ones is less where weights are shared.
void study_claim_less_overfitting(sharing_lesson *lesson, const study_result *result);

/// study_plot.c: fails where the file that the options name could not be written; writes it.
siam_status study_check_plot(sharing_lesson *lesson);
siam_status study_plot(sharing_lesson *lesson, const study_result results[STUDY_SYSTEMS]);

/// The study.
siam_status sharing_study(sharing_lesson *lesson);

#endif
