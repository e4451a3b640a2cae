/// self_test.h: holds a device to the specification, so that its user need not believe anybody.
///
/// Each row is a thing that can be wrong by itself: an engine at sizes around its edges, a layer, an encoder,
/// a way that tuning chose, a model. Every number lies within a bound that is derived (rounding.h,
/// product_check.h) or the row fails; every result lies between guards.
#ifndef SIAM_REFERENCE_SELF_TEST_H
#define SIAM_REFERENCE_SELF_TEST_H

#include <siamese/device.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum siam_self_test_status {
  SIAM_SELF_TEST_PASSED,
  SIAM_SELF_TEST_WRONG,      ///< A number is outside of its bound, or a guard was written.
  SIAM_SELF_TEST_BROKEN,     ///< It could not be built or run.
  SIAM_SELF_TEST_NOT_REACHED ///< No time was left.
} siam_self_test_status;

typedef struct siam_self_test_row {
  char name[96];
  siam_self_test_status status;
  unsigned cases;      ///< Computations.
  double share;        ///< Largest error as a part of its bound.
  double error, bound; ///< Of that number; 0 where only the share is known.
  char reason[256];    ///< Why it did not pass.
} siam_self_test_row;

/// Zero means the default.
typedef struct siam_self_test_options {
  double seconds;       ///< 0: 60. What does not fit is not reached, and says so.
  const char *model;    ///< A model file to hold to float64, too.
  bool default_model;   ///< The default model in its place.
  const char *basefile; ///< Its embeddings made elsewhere; written where there is no such file.
  /// Called before each row; may be NULL.
  void (*progress)(void *context, const char *name);
  void *context;
} siam_self_test_options;

/// What became of a model's base file.
typedef enum siam_self_test_base {
  SIAM_BASE_NONE, ///< None was asked for.
  SIAM_BASE_COMPARED,
  SIAM_BASE_WRITTEN,
  SIAM_BASE_WITHHELD ///< There is none, and these embeddings are wrong.
} siam_self_test_base;

/// What a model's embeddings of made pictures came to.
typedef struct siam_self_test_model {
  size_t pictures, pairs;
  double quantiles[4];   ///< 50, 90, 99, 100 %: distance of an embedding from its float64 one.
  double batch_quantile; ///< Largest distance between an embedding alone and in a batch.
  double threshold;
  size_t flips, batch_flips; ///< Verdicts that differ from those of float64; alone from in a batch.
  siam_self_test_base base;
  double base_quantile; ///< Where they were compared: largest distance from the base file's.
  size_t base_flips;
} siam_self_test_model;

/// Owns all it points to.
typedef struct siam_self_test_report {
  siam_self_test_row *rows;
  size_t count, capacity;
  bool passed;   ///< No row is wrong or broken.
  bool complete; ///< Time was left for all of every row.
  size_t struck; ///< Tuned ways that were wrong and are forgotten.
  double seconds;
  bool has_model;
  siam_self_test_model model;
} siam_self_test_report;

/// Runs everything. What is wrong is a row, not a status. Free with siam_self_test_free().
siam_status siam_self_test(siam_device *device, const siam_self_test_options *options,
                           siam_self_test_report **report);
void siam_self_test_free(siam_self_test_report *report);

#endif
