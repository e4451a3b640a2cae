#include "pipeline/bootstrap.h"

#include "base/memory.h"
#include "base/random.h"
#include "pipeline/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void siam_bootstrap_draw(uint64_t seed, uint32_t repetition, uint32_t units, uint32_t *counts) {
  memset(counts, 0, units * sizeof *counts);
  siam_draw draw = {0};
  for (uint32_t i = 0; i < units; i++) {
    if (i % 4 == 0) draw = siam_random(seed, SIAM_STREAM_BOOTSTRAP, repetition, i / 4);
    counts[siam_below(draw.word[i % 4], units)]++;
  }
}

siam_status siam_bootstrap_ratio_values(const siam_ratio *ratios, uint32_t units, uint64_t seed,
                                        uint32_t repetitions, double *values) {
  uint32_t *counts = siam_allocate(units, sizeof *counts);
  if (counts == NULL) return SIAM_ERROR_MEMORY;
  for (uint32_t repetition = 0; repetition < repetitions; repetition++) {
    double part = 0, whole = 0;
    siam_bootstrap_draw(seed, repetition, units, counts);
    for (uint32_t i = 0; i < units; i++) {
      part += counts[i] * ratios[i].part;
      whole += counts[i] * ratios[i].whole;
    }
    values[repetition] = units > 1 ? part / whole : NAN;
  }
  siam_free(counts);
  return SIAM_OK;
}

siam_status siam_bootstrap_ratio(const siam_ratio *ratios, uint32_t units, uint64_t seed,
                                 uint32_t repetitions, siam_figure *figure) {
  siam_status status = SIAM_OK;
  double *values = NULL, part = 0, whole = 0;
  if (repetitions == 0) repetitions = SIAM_BOOTSTRAP_REPETITIONS;
  SIAM_TRY_ALLOCATE(values, repetitions);
  SIAM_TRY(siam_bootstrap_ratio_values(ratios, units, seed, repetitions, values));
  for (uint32_t i = 0; i < units; i++) {
    part += ratios[i].part;
    whole += ratios[i].whole;
  }
  figure->value = part / whole;
  siam_bootstrap_interval(values, repetitions, figure);
cleanup:
  siam_free(values);
  return status;
}

static int compare(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

void siam_bootstrap_interval(double *values, size_t count, siam_figure *figure) {
  size_t valid = 0;
  for (size_t i = 0; i < count; i++)
    if (!isnan(values[i])) values[valid++] = values[i];
  figure->low = figure->high = NAN;
  if (valid == 0 || valid < count - count / 10) return;
  qsort(values, valid, sizeof *values, compare);
  figure->low = siam_quantile(values, valid, 0.025);
  figure->high = siam_quantile(values, valid, 0.975);
}
