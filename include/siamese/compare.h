/// Comparing pictures: distance, similarity and verdict.
#ifndef SIAMESE_COMPARE_H
#define SIAMESE_COMPARE_H

#include <siamese/metrics.h>
#include <siamese/model.h>

/// Where the line between same and different is drawn. Zero: the model's threshold of best accuracy.
typedef struct siam_compare_options {
  const double *threshold; ///< This distance, 0 included; NULL: one of the model's.
  double far;              ///< The model's threshold for this false-accept rate, such as 0.001.
} siam_compare_options;

typedef struct siam_comparison {
  double distance;   ///< Euclidean distance of the embeddings; 0: nothing between them.
  double similarity; ///< Probability that the pair is `same`; NAN where the model was never calibrated.
  double threshold;  ///< Up to which distance a pair is `same`.
  char point[32];    ///< What the threshold is: "best accuracy", "far 1e-3", "given".
  bool same;         ///< distance <= threshold.
} siam_comparison;

/// Compares pictures with one model; keeps its kernels ready between calls. Opaque.
typedef struct siam_comparer siam_comparer;

/// The model must outlive the comparer. A rate that the model has no threshold for is SIAM_ERROR_DATA and
/// names those it has. `options` may be NULL. Release with siam_comparer_destroy().
SIAM_API siam_status siam_comparer_create(siam_model *model, const siam_compare_options *options,
                                          siam_comparer **comparer);
SIAM_API void siam_comparer_destroy(siam_comparer *comparer);

/// Compares two picture files. The same picture twice gives distance 0, and swapping the two changes nothing,
/// to the bit. Errors name the file.
SIAM_API siam_status siam_compare(siam_comparer *comparer, const char *a, const char *b,
                                  siam_comparison *comparison);

/// Embeds one picture file to `embedding`, siam_model_info.embedding floats.
SIAM_API siam_status siam_comparer_embed(siam_comparer *comparer, const char *path, float *embedding);

#endif
