/// one_shot.h: N-way one-shot classification (Lake et al. 2011): one picture of each of N classes is the
/// support, and a query goes to the class of its nearest support.
///
/// A query is right only where its own support is nearer than every other, so a tie is wrong: a constant
/// network scores nothing, in whatever order the supports stand.
#ifndef SIAM_PIPELINE_ONE_SHOT_H
#define SIAM_PIPELINE_ONE_SHOT_H

#include "data/one_shot_runs.h"
#include "pipeline/bootstrap.h"

#include <siamese/metrics.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct siam_embeddings {
  const float *values; ///< [count, dimension]
  uint32_t count, dimension;
} siam_embeddings;

/// SIAM_ERROR_NUMERIC names the first picture whose embedding is not finite.
siam_status siam_embeddings_check(const siam_embeddings *embeddings);

/// What pictures show, for drawn trials.
typedef struct siam_one_shot_labels {
  const uint32_t *classes; ///< [pictures], below `class_count`
  uint32_t class_count;
  const uint32_t *parents; ///< [class_count]: which classes belong together; NULL: all do.
  const uint32_t *drawers; ///< [pictures]: who made it; NULL: not known.
} siam_one_shot_labels;

/// Zero means the default.
typedef struct siam_one_shot_options {
  uint32_t ways;        ///< Classes of a trial; 0: 20.
  uint32_t trials;      ///< One query each; 0: 10,000.
  bool within_parent;   ///< The classes of a trial have one parent; each parent that can is as likely.
  uint32_t repetitions; ///< Of the bootstrap; 0: SIAM_BOOTSTRAP_REPETITIONS.
  uint64_t seed;
} siam_one_shot_options;

/// Draws trials: the query's class from those with two pictures or more, N − 1 others, a picture of each.
/// Where drawers are known, all supports are by one and the query by another. Trial t depends on (seed, t)
/// alone. The interval is over the query's classes. `by_class` [class_count] receives right and all queries
/// of each class; NULL is allowed. SIAM_ERROR_DATA where no trial can be made, with what is
/// missing; SIAM_ERROR_NUMERIC for an embedding that is not finite.
siam_status siam_one_shot_draw(const siam_embeddings *embeddings, const siam_one_shot_labels *labels,
                               const siam_one_shot_options *options, siam_ratio *by_class,
                               siam_one_shot *result);

/// Classifies the queries of prepared runs; `embeddings` are those of `runs->paths`. The interval is over
/// runs. `accuracies` receives that of each run; NULL is allowed. Of the options, only the bootstrap's are
/// looked at.
siam_status siam_one_shot_evaluate_runs(const siam_embeddings *embeddings, const siam_one_shot_runs *runs,
                                        const siam_one_shot_options *options, double *accuracies,
                                        siam_one_shot *result);

#endif
