#include "pipeline/calibration.h"

#include "base/memory.h"

#include <math.h>

/// The logistic function, without overflow on either side.
static double logistic(double x) {
  if (x >= 0) return 1 / (1 + exp(-x));
  double power = exp(x);
  return power / (1 + power);
}

/// A fit of P(same) = logistic(−(slope · x + offset)) to targets by the x of a ranking's places, brought to
/// mean 0 and deviation 1 so that Newton's method is at home whatever the distances' scale.
typedef struct platt {
  const siam_ranking *ranking;
  double mean, deviation;
  double target[2]; ///< Of a different and of a same pair.
} platt;

static platt prepare(const siam_ranking *ranking) {
  platt fit = {.ranking = ranking};
  double count = (double)ranking->count;
  for (size_t i = 0; i < ranking->count; i++) fit.mean += ranking->distances[i] / count;
  for (size_t i = 0; i < ranking->count; i++) {
    double off = ranking->distances[i] - fit.mean;
    fit.deviation += off * off / count;
  }
  fit.deviation = sqrt(fit.deviation);
  // Platt's targets: the mean of the posterior under a uniform prior, so that no curve is infinitely steep.
  fit.target[1] = ((double)ranking->same_count + 1) / ((double)ranking->same_count + 2);
  fit.target[0] = 1 / ((double)ranking->different_count + 2);
  return fit;
}

static double standardised(const platt *fit, size_t place) {
  return (fit->ranking->distances[place] - fit->mean) / fit->deviation;
}

/// Negative log-likelihood: Σ log(1 + exp(z)) − (1 − t)·z with z = slope·x + offset, which is
/// Σ −t·log p − (1 − t)·log(1 − p).
static double loss(const platt *fit, double slope, double offset) {
  double sum = 0;
  for (size_t i = 0; i < fit->ranking->count; i++) {
    double z = slope * standardised(fit, i) + offset, t = fit->target[fit->ranking->same[i]];
    sum += (z >= 0 ? t * z : (t - 1) * z) + log1p(exp(-fabs(z)));
  }
  return sum;
}

/// Gradient and Hessian of the loss.
typedef struct derivatives {
  double by_slope, by_offset, slope_slope, slope_offset, offset_offset;
} derivatives;

static derivatives differentiate(const platt *fit, double slope, double offset) {
  derivatives d = {0};
  for (size_t i = 0; i < fit->ranking->count; i++) {
    double x = standardised(fit, i), p = logistic(-(slope * x + offset));
    double first = fit->target[fit->ranking->same[i]] - p, second = p * (1 - p);
    d.by_slope += x * first;
    d.by_offset += first;
    d.slope_slope += x * x * second;
    d.slope_offset += x * second;
    d.offset_offset += second;
  }
  return d;
}

static void minimise(const platt *fit, double *slope, double *offset) {
  const double enough = 1e-10 * (double)fit->ranking->count, smallest_step = 1e-10;
  double reached = loss(fit, *slope, *offset);
  for (int iteration = 0; iteration < 100; iteration++) {
    derivatives d = differentiate(fit, *slope, *offset);
    if (fabs(d.by_slope) < enough && fabs(d.by_offset) < enough) return;
    // The small number keeps the Hessian invertible where all probabilities are 0 or 1.
    double a = d.slope_slope + 1e-12, b = d.slope_offset, c = d.offset_offset + 1e-12;
    double determinant = a * c - b * b;
    double slope_step = -(c * d.by_slope - b * d.by_offset) / determinant;
    double offset_step = -(a * d.by_offset - b * d.by_slope) / determinant;
    double descent = d.by_slope * slope_step + d.by_offset * offset_step, step = 1;
    for (;; step /= 2) {
      if (step < smallest_step) return;
      double tried = loss(fit, *slope + step * slope_step, *offset + step * offset_step);
      if (tried < reached + 1e-4 * step * descent) {
        reached = tried;
        break;
      }
    }
    *slope += step * slope_step;
    *offset += step * offset_step;
  }
}

siam_status siam_calibration_fit_platt(const siam_ranking *ranking, siam_calibration *calibration) {
  siam_calibration made = {.kind = SIAM_CALIBRATION_PLATT,
                           .same_pairs = ranking->same_count,
                           .different_pairs = ranking->different_count};
  platt fit = prepare(ranking);
  double same = (double)ranking->same_count, different = (double)ranking->different_count;
  double mean = (same * fit.target[1] + different * fit.target[0]) / (same + different);
  double slope = 0, offset = log((different + 1) / (same + 1));
  if (fit.deviation > 0) minimise(&fit, &slope, &offset);
  made.reversed = slope < 0;
  if (slope > 0) {
    made.slope = slope / fit.deviation;
    made.offset = offset - made.slope * fit.mean;
  } else {
    made.offset = log((1 - mean) / mean);
  }
  *calibration = made;
  return SIAM_OK;
}

/// Pairs whose similarity is their common share of `same`.
typedef struct block {
  double first, last; ///< Distances.
  double same, count;
} block;

/// Pools neighbours until the share of `same` falls from block to block; returns how many blocks are left.
static size_t pool_violators(const siam_ranking *ranking, block *blocks) {
  size_t kept = 0;
  for (size_t place = 0, end; place < ranking->count; place = end) {
    end = siam_ranking_tie_end(ranking, place);
    block next = {ranking->distances[place], ranking->distances[place], 0, (double)(end - place)};
    for (size_t i = place; i < end; i++) next.same += ranking->same[i];
    while (kept > 0 && blocks[kept - 1].same * next.count <= next.same * blocks[kept - 1].count) {
      kept--;
      next.first = blocks[kept].first;
      next.same += blocks[kept].same;
      next.count += blocks[kept].count;
    }
    blocks[kept++] = next;
  }
  return kept;
}

siam_status siam_calibration_fit_isotonic(const siam_ranking *ranking, siam_calibration *calibration) {
  siam_status status = SIAM_OK;
  siam_calibration made = {.kind = SIAM_CALIBRATION_ISOTONIC,
                           .same_pairs = ranking->same_count,
                           .different_pairs = ranking->different_count};
  block *blocks = NULL;
  SIAM_TRY_ALLOCATE(blocks, ranking->count);
  size_t count = pool_violators(ranking, blocks);
  SIAM_TRY_ALLOCATE(made.knots, 2 * count);
  for (size_t i = 0; i < count; i++) {
    double similarity = blocks[i].same / blocks[i].count;
    made.knots[made.knot_count++] = (siam_calibration_knot){blocks[i].first, similarity};
    if (blocks[i].last > blocks[i].first)
      made.knots[made.knot_count++] = (siam_calibration_knot){blocks[i].last, similarity};
  }
  // Everything in one block although the distances differ: nothing falls.
  made.reversed = count == 1 && blocks[0].last > blocks[0].first;
  *calibration = made;
cleanup:
  siam_free(blocks);
  return status;
}

void siam_calibration_clear(siam_calibration *calibration) {
  siam_free(calibration->knots);
  *calibration = (siam_calibration){0};
}

static double interpolate(const siam_calibration_knot *knots, size_t count, double distance) {
  if (distance <= knots[0].distance) return knots[0].similarity;
  if (distance >= knots[count - 1].distance) return knots[count - 1].similarity;
  size_t below = 0, above = count - 1;
  while (above - below > 1) {
    size_t middle = below + (above - below) / 2;
    if (knots[middle].distance <= distance)
      below = middle;
    else
      above = middle;
  }
  double share = (distance - knots[below].distance) / (knots[above].distance - knots[below].distance);
  return knots[below].similarity + share * (knots[above].similarity - knots[below].similarity);
}

double siam_calibration_evaluate(const siam_calibration *calibration, double distance) {
  if (isnan(distance)) return NAN;
  if (calibration->kind == SIAM_CALIBRATION_ISOTONIC)
    return interpolate(calibration->knots, calibration->knot_count, distance);
  return logistic(-(calibration->slope * distance + calibration->offset));
}

/// Bin number `bin` of the pairs, and its part of the expected error.
static void fill_bin(const double *similarity, const double *label, size_t count, size_t bin,
                     siam_calibration_quality *quality) {
  size_t begin = bin * count / SIAM_CALIBRATION_BINS, end = (bin + 1) * count / SIAM_CALIBRATION_BINS;
  double similar = 0, same = 0;
  quality->bins[bin].count = end - begin;
  if (begin == end) return;
  for (size_t i = begin; i < end; i++) {
    similar += similarity[i];
    same += label[i];
  }
  quality->expected_error += fabs(similar - same) / (double)count;
  quality->bins[bin].similarity = similar / (double)(end - begin);
  quality->bins[bin].same = same / (double)(end - begin);
}

siam_status siam_similarity_measure(const double *similarity, const uint8_t *same, size_t count,
                                    siam_calibration_quality *quality) {
  siam_status status = SIAM_OK;
  double *label = NULL;
  siam_calibration_quality made = {0};
  SIAM_TRY_ALLOCATE(label, count);
  for (size_t i = 0; i < count; i++) {
    double off = similarity[i] - same[i];
    made.brier += off * off / (double)count;
  }
  // Pairs of one similarity share their labels, so that a bin's edge among them does not depend on their
  // order.
  for (size_t place = 0, end; place < count; place = end) {
    double sum = 0;
    for (end = place; end < count && similarity[end] == similarity[place]; end++) sum += same[end];
    for (size_t i = place; i < end; i++) label[i] = sum / (double)(end - place);
  }
  for (size_t bin = 0; bin < SIAM_CALIBRATION_BINS; bin++) fill_bin(similarity, label, count, bin, &made);
  *quality = made;
cleanup:
  siam_free(label);
  return status;
}

siam_status siam_calibration_measure(const siam_calibration *calibration, const siam_ranking *ranking,
                                     siam_calibration_quality *quality) {
  siam_status status = SIAM_OK;
  double *similarity = NULL;
  SIAM_TRY_ALLOCATE(similarity, ranking->count);
  for (size_t i = 0; i < ranking->count; i++)
    similarity[i] = siam_calibration_evaluate(calibration, ranking->distances[i]);
  SIAM_TRY(siam_similarity_measure(similarity, ranking->same, ranking->count, quality));
cleanup:
  siam_free(similarity);
  return status;
}
