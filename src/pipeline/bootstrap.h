/// bootstrap.h: 95 % intervals by resampling (Efron 1979; Efron & Tibshirani 1993, chapter 13: percentiles).
///
/// Pairs that share a class are not independent, so what is drawn again, with replacement, is classes (or
/// other units), and a pair counts as often as its classes were drawn. An interval says how a figure would
/// move with other classes of the same kind. Where a figure is perfect on all of them it has no width, which
/// is not certainty.
#ifndef SIAM_PIPELINE_BOOTSTRAP_H
#define SIAM_PIPELINE_BOOTSTRAP_H

#include "base/error.h"

#include <siamese/metrics.h>
#include <stddef.h>

/// Repetitions where nothing else is asked for.
enum { SIAM_BOOTSTRAP_REPETITIONS = 1000 };

/// Draws `units` of `units` with replacement and writes how often each came; the same (seed, repetition)
/// gives the same counts.
void siam_bootstrap_draw(uint64_t seed, uint32_t repetition, uint32_t units, uint32_t *counts);

/// What a unit adds to a figure that is a quotient of sums, such as a share: right answers and all.
typedef struct siam_ratio {
  double part, whole;
} siam_ratio;

/// Writes the quotient of sums of each repetition; NAN where it is 0 / 0, and where there is one unit only.
siam_status siam_bootstrap_ratio_values(const siam_ratio *ratios, uint32_t units, uint64_t seed,
                                        uint32_t repetitions, double *values);

/// The quotient of the sums over all units, with its interval. `repetitions` 0: SIAM_BOOTSTRAP_REPETITIONS.
siam_status siam_bootstrap_ratio(const siam_ratio *ratios, uint32_t units, uint64_t seed,
                                 uint32_t repetitions, siam_figure *figure);

/// Sets the interval of `figure` to the 2.5 % and 97.5 % quantiles of its repetitions. Sorts `values`; NAN
/// are repetitions without the figure, and where they are more than one in ten there is no interval.
void siam_bootstrap_interval(double *values, size_t count, siam_figure *figure);

#endif
