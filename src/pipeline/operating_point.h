/// operating_point.h: the thresholds that a model file carries, with what supports them.
#ifndef SIAM_PIPELINE_OPERATING_POINT_H
#define SIAM_PIPELINE_OPERATING_POINT_H

#include "base/text.h"
#include "pipeline/metrics.h"

enum { SIAM_OPERATING_POINTS = 8 };

/// The first one is the best accuracy; then rates, falling.
typedef struct siam_operating_points {
  uint32_t count;
  siam_operating_point points[SIAM_OPERATING_POINTS];
  uint32_t unsupported_count; ///< Rates that the pairs could not support. Not kept in the model file.
  double unsupported[SIAM_OPERATING_POINTS];
} siam_operating_points;

/// Thresholds can be fitted for false-accept rates from the one to the other.
#define SIAM_LEAST_RATE 1e-5
#define SIAM_MOST_RATE 0.1
bool siam_operating_rate_is_possible(double rate);

/// Fits the best accuracy and the false-accept rates 1e-2, 1e-3, 1e-4, and `wanted` (0: none more), on pairs
/// that were not trained on.
siam_status siam_operating_points_fit(const siam_ranking *ranking, double wanted,
                                      siam_operating_points *points);

/// The point of a rate; 0 is the best accuracy. SIAM_ERROR_DATA names the rates there are. Owned by `points`.
siam_status siam_operating_points_find(const siam_operating_points *points, double rate,
                                       const siam_operating_point **point);

/// Adds the points as one JSON array; numbers come back to the bit.
siam_status siam_operating_points_write(const siam_operating_points *points, siam_text *json);

/// Reads what siam_operating_points_write() wrote and checks every number; `name` stands for the file in
/// messages.
siam_status siam_operating_points_parse(const char *name, const char *json, siam_operating_points *points);

/// The 95 % interval of a rate of `hits` in `count` (Wilson 1927); `count` at least 1.
void siam_wilson_interval(uint64_t hits, uint64_t count, double *low, double *high);

#endif
