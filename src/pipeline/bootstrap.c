#include "pipeline/bootstrap.h"

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
