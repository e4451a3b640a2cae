/// closer_fit.h: the weights of a closer look (closer_look.h), fitted on pairs.
///
/// P(same) = logistic(t − s · (log d + Σₖ wₖ mₖ)), so that the pairs are told apart best by the distance that
/// the look makes: a logistic regression with coefficients that are not negative. Same and different pairs
/// count alike in sum, however many there are of each.
#ifndef SIAM_PIPELINE_CLOSER_FIT_H
#define SIAM_PIPELINE_CLOSER_FIT_H

#include "pipeline/closer_look.h"

typedef struct siam_closer_pair {
  double distance; ///< Before the look.
  siam_closer_marks marks;
  bool same;
} siam_closer_pair;

/// The distance that all but one in a hundred same pairs lie within; 0 where none is same.
/// SIAM_ERROR_NUMERIC for distances [count] that are not finite.
siam_status siam_closer_nearest(const float *distances, const uint8_t *same, size_t count, double *nearest);

/// Fits the weights on pairs of both kinds within `nearest` of each other; all 0 where there are pairs of one
/// kind alone, or where distances say nothing. Below a fiftieth of `nearest` all distances are alike.
siam_status siam_closer_fit(const siam_closer_pair *pairs, size_t count, double nearest,
                            siam_closer_look *look);

#endif
