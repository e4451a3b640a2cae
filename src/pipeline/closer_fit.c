#include "pipeline/closer_fit.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *left, const void *right) {
  const float a = *(const float *)left, b = *(const float *)right;
  return (a > b) - (a < b);
}

siam_status siam_closer_nearest(const float *distances, const uint8_t *same, size_t count, double *nearest) {
  siam_status status = SIAM_OK;
  float *of_same = NULL;
  size_t found = 0;
  *nearest = 0;
  SIAM_TRY_ALLOCATE(of_same, count);
  for (size_t i = 0; i < count; i++) {
    if (!isfinite(distances[i]))
      SIAM_TRY(siam_fail(SIAM_ERROR_NUMERIC,
                         "the distance of pair %zu is not finite; the model cannot be judged", i));
    if (same[i]) of_same[found++] = distances[i];
  }
  qsort(of_same, found, sizeof *of_same, compare);
  if (found > 0) *nearest = of_same[found - 1 - found / 100];
cleanup:
  siam_free(of_same);
  return status;
}

/// Coefficients of log d, of the marks, and the constant, in this order; inputs have mean 0 and deviation 1.
enum { INPUTS = 1 + SIAM_CLOSER_MARKS, COEFFICIENTS = INPUTS + 1 };

typedef struct regression {
  const siam_closer_pair *pairs;
  size_t count;
  double (*inputs)[COEFFICIENTS]; ///< [count] The last is that of the constant.
  double scale[COEFFICIENTS];     ///< What an input was divided by.
  double weight_of[2];            ///< Of a different and of a same pair.
  double *sums;                   ///< [count] What the coefficients come to: the logit of different.
} regression;

/// A little, so that a mark which parts all pairs does not grow beyond bounds.
static const double ridge = 1e-4;

/// One Newton step along a coefficient, held at 0 or above but for the constant; returns how far it went.
/// The second derivative is that of p(1 − p), bounded from below so that no step runs away.
static double step(regression *of, double coefficients[COEFFICIENTS], int k) {
  double first = 0, second = 0;
  for (size_t i = 0; i < of->count; i++) {
    const double p = 1 / (1 + exp(of->sums[i])), x = of->inputs[i][k];
    const bool same = of->pairs[i].same;
    first += of->weight_of[same] * (same - p) * x;
    second += of->weight_of[same] * fmax(p * (1 - p), 0.01) * x * x;
  }
  if (k < INPUTS) {
    first += 2 * ridge * coefficients[k];
    second += 2 * ridge;
  }
  double to = second > 0 ? coefficients[k] - first / second : coefficients[k];
  if (k < INPUTS) to = fmax(to, 0);
  const double moved = to - coefficients[k];
  coefficients[k] = to;
  for (size_t i = 0; moved != 0 && i < of->count; i++) of->sums[i] += moved * of->inputs[i][k];
  return fabs(moved);
}

/// Below `least` a distance is rounding, and its logarithm would be all.
static void prepare(regression *of, double least) {
  for (size_t i = 0; i < of->count; i++) {
    of->inputs[i][0] = log(fmax(of->pairs[i].distance, least));
    for (int k = 0; k < SIAM_CLOSER_MARKS; k++) of->inputs[i][k + 1] = of->pairs[i].marks.values[k];
    of->inputs[i][INPUTS] = -1;
  }
  for (int k = 0; k < INPUTS; k++) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < of->count; i++) {
      sum += of->inputs[i][k];
      squares += of->inputs[i][k] * of->inputs[i][k];
    }
    const double n = (double)of->count, variance = squares / n - (sum / n) * (sum / n);
    // Less their mean, inputs have nothing of the constant, and steps along one hardly undo those along
    // others. What is the same for all pairs is the constant over again, and says nothing.
    const bool tells = variance > 1e-12;
    of->scale[k] = tells ? sqrt(variance) : 1;
    for (size_t i = 0; i < of->count; i++)
      of->inputs[i][k] = tells ? (of->inputs[i][k] - sum / n) / of->scale[k] : 0;
  }
}

static void minimise(regression *of, double coefficients[COEFFICIENTS]) {
  enum { SWEEPS = 1000 };
  for (int sweep = 0; sweep < SWEEPS; sweep++) {
    double farthest = 0;
    for (int k = 0; k < COEFFICIENTS; k++) farthest = fmax(farthest, step(of, coefficients, k));
    if (farthest < 1e-6) return;
  }
}

siam_status siam_closer_fit(const siam_closer_pair *pairs, size_t count, double nearest,
                            siam_closer_look *look) {
  siam_status status = SIAM_OK;
  size_t same = 0;
  double coefficients[COEFFICIENTS] = {0};
  regression of = {.pairs = pairs, .count = count};
  *look = (siam_closer_look){.fitted = true};
  for (size_t i = 0; i < count; i++) same += pairs[i].same;
  if (same == 0 || same == count) return SIAM_OK;
  SIAM_TRY_ALLOCATE(of.sums, count);
  SIAM_TRY_ALLOCATE(of.inputs, count);
  of.weight_of[0] = 0.5 / (double)(count - same);
  of.weight_of[1] = 0.5 / (double)same;
  prepare(&of, nearest / 50);
  minimise(&of, coefficients);
  if (coefficients[0] == 0) goto cleanup;
  for (int k = 0; k < SIAM_CLOSER_MARKS; k++)
    look->weights[k] = fmin(coefficients[k + 1] / of.scale[k + 1] / (coefficients[0] / of.scale[0]),
                            SIAM_MOST_CLOSER_WEIGHT);
cleanup:
  siam_free(of.sums);
  siam_free(of.inputs);
  return status;
}
