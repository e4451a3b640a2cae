#include "pipeline/resampler.h"

#include "base/memory.h"
#include "pipeline/bootstrap.h"

siam_status siam_resampler_check(const siam_measured_pairs *pairs) {
  for (size_t i = 0; pairs->unit_a != NULL && i < pairs->count; i++)
    if (pairs->unit_a[i] >= pairs->units || pairs->unit_b[i] >= pairs->units)
      return siam_fail(SIAM_ERROR_ARGUMENT, "pair %zu has a unit beyond the %u there are", i, pairs->units);
  return SIAM_OK;
}

siam_status siam_resampler_create(const siam_measured_pairs *pairs, const siam_ranking *ranking,
                                  siam_resampler *resampler) {
  siam_status status = SIAM_OK;
  siam_resampler made = {.count = ranking->count};
  made.units = pairs->unit_a != NULL ? pairs->units : (uint32_t)pairs->count;
  SIAM_TRY_ALLOCATE(made.a, ranking->count);
  SIAM_TRY_ALLOCATE(made.b, ranking->count);
  SIAM_TRY_ALLOCATE(made.counts, (size_t)made.units + 1);
  SIAM_TRY_ALLOCATE(made.weights, ranking->count);
  made.counts[made.units] = 1;
  for (size_t place = 0; place < ranking->count; place++) {
    uint32_t pair = ranking->pairs[place];
    bool alone = pairs->unit_a == NULL || pairs->unit_a[pair] == pairs->unit_b[pair];
    made.a[place] = pairs->unit_a == NULL ? pair : pairs->unit_a[pair];
    made.b[place] = alone ? made.units : pairs->unit_b[pair];
  }
  *resampler = made;
  made = (siam_resampler){0};
cleanup:
  siam_resampler_clear(&made);
  return status;
}

void siam_resampler_clear(siam_resampler *resampler) {
  siam_free(resampler->a);
  siam_free(resampler->b);
  siam_free(resampler->counts);
  siam_free(resampler->weights);
  *resampler = (siam_resampler){0};
}

void siam_resampler_draw(siam_resampler *resampler, uint64_t seed, uint32_t repetition) {
  siam_bootstrap_draw(seed, repetition, resampler->units, resampler->counts);
  for (size_t place = 0; place < resampler->count; place++)
    resampler->weights[place] =
        (double)resampler->counts[resampler->a[place]] * resampler->counts[resampler->b[place]];
}
