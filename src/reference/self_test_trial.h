/// self_test_trial.h: what the parts of a model's test share.
#ifndef SIAM_REFERENCE_SELF_TEST_TRIAL_H
#define SIAM_REFERENCE_SELF_TEST_TRIAL_H

#include "model/model.h"
#include "reference/self_test_rows.h"

/// A verdict that flips though its distance is so far from the threshold is no matter of rounding.
#define SIAM_FLIP_MARGIN 1e-3

/// One model under test. All embeddings are [pictures, dimensions].
typedef struct siam_self_test_trial {
  siam_self_test_run *test;
  siam_model *model;
  siam_self_test_model *found;
  size_t dimensions, inputs; ///< Floats of an embedding; of a picture.
  float *pictures;
  float *batch, *alone, *exact, *base;
  double *bounds; ///< Of the batch's embeddings, by number.
} siam_self_test_trial;

/// The distances between two sets of embeddings, picture by picture, ascending; infinite where one is no
/// number. free() releases them.
double *siam_trial_distances(const siam_self_test_trial *trial, const float *a, const float *b);

/// The distances of all pairs within one set of embeddings, ascending. free() releases them.
double *siam_trial_pairs(const siam_self_test_trial *trial, const float *embeddings);

/// Pairs of pictures that one set of embeddings calls same and the other different. Where the distance by `a`
/// is not more than `margin` from the threshold it does not count; 0: all do.
size_t siam_trial_count_flips(const siam_self_test_trial *trial, const float *a, const float *b,
                              double margin);

/// Holds the batch's embeddings to those of the base file, or writes them where there is no such file and
/// `result` has no failure. A file that cannot be compared with is SIAM_ERROR_FORMAT or SIAM_ERROR_FILE.
siam_status siam_trial_take_base(siam_self_test_trial *trial, siam_product_result *result);

#endif
