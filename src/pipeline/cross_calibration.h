/// cross_calibration.h: how good a calibration is, measured on the very pairs that it was fitted on.
///
/// On its own pairs a calibration looks better than it is. So classes are dealt out to folds, and each pair
/// is judged by a calibration that was fitted without the classes of the folds that its pictures are of
/// (Stone 1974). What the fits of several folds get wrong partly cancels in a bin, so that this flatters too,
/// but less.
#ifndef SIAM_PIPELINE_CROSS_CALIBRATION_H
#define SIAM_PIPELINE_CROSS_CALIBRATION_H

#include "pipeline/calibration.h"
#include "pipeline/verification.h"

/// Judges all pairs. Unit u is of fold u mod `*folds`; there are five, or fewer where units are few. `*folds`
/// is 0, and `quality` untouched, where the units are too few, or what is left of them has not both kinds of
/// pairs.
siam_status siam_calibration_cross_measure(const siam_measured_pairs *pairs, uint32_t *folds,
                                           siam_calibration_quality *quality);

#endif
