#include "pipeline/roc_band.h"

#include "base/memory.h"
#include "pipeline/bootstrap.h"
#include "pipeline/resampler.h"

#include <math.h>

siam_status siam_roc_band(const siam_measured_pairs *pairs, const double *rates, size_t count, uint64_t seed,
                          uint32_t repetitions, siam_figure *tars) {
  siam_status status = SIAM_OK;
  siam_ranking ranking = {0};
  siam_curve curve = {0};
  siam_resampler resampler = {0};
  double *values = NULL; // [count, repetitions]
  if (repetitions == 0) repetitions = SIAM_BOOTSTRAP_REPETITIONS;
  SIAM_TRY(siam_resampler_check(pairs));
  SIAM_TRY(siam_ranking_create(pairs->distances, pairs->same, pairs->count, &ranking));
  SIAM_TRY(siam_curve_create(&ranking, &curve));
  SIAM_TRY(siam_resampler_create(pairs, &ranking, &resampler));
  SIAM_TRY_ALLOCATE(values, count * repetitions);
  for (size_t i = 0; i < count; i++) tars[i].value = siam_curve_tar(&curve, rates[i]);
  for (uint32_t repetition = 0; repetition < repetitions; repetition++) {
    siam_resampler_draw(&resampler, seed, repetition);
    bool found = siam_curve_weigh(&curve, resampler.weights);
    for (size_t i = 0; i < count; i++)
      values[i * repetitions + repetition] = found ? siam_curve_tar(&curve, rates[i]) : NAN;
  }
  for (size_t i = 0; i < count; i++) siam_bootstrap_interval(values + i * repetitions, repetitions, &tars[i]);
cleanup:
  siam_free(values);
  siam_resampler_clear(&resampler);
  siam_curve_clear(&curve);
  siam_ranking_clear(&ranking);
  return status;
}
