// The search for a learning rate (Smith 2017, "Cyclical Learning Rates for Training Neural Networks",
// section 3.3): a short run whose rate rises from step to step. Where the loss is lowest the rate begins to
// be too high for a whole run; a tenth of it is a good one (docs/training.md).
#include "pipeline/rate_search.h"
#include "pipeline/measure.h"
#include "pipeline/training.h"

#include <math.h>

static const double least = 1e-6, most = 3;

static float rate_of(uint32_t step) {
  return (float)(least * pow(most / least, (step - 1) / (SIAM_RATE_STEPS - 1.0)));
}

/// Running mean, weighted so that its start does not count as zero.
static void smooth(const float *losses, uint32_t count, double *smoothed) {
  const double keep = 0.9;
  double sum = 0, weight = 0;
  for (uint32_t i = 0; i < count; i++) {
    sum = keep * sum + (1 - keep) * losses[i];
    weight = keep * weight + (1 - keep);
    smoothed[i] = sum / weight;
  }
}

void siam_rate_search_judge(siam_rate_search *search) {
  enum { FIRST = 10 }; // Steps whose mean the lowest must undercut.
  double smoothed[SIAM_RATE_STEPS] = {0};
  uint32_t lowest = 0;
  smooth(search->losses, search->count, smoothed);
  for (uint32_t i = 1; i < search->count; i++)
    if (smoothed[i] < smoothed[lowest]) lowest = i;
  search->lowest = search->rates[lowest];
  search->suggested = lowest >= FIRST && smoothed[lowest] < smoothed[FIRST - 1] ? search->lowest / 10 : 0;
}

/// A loss so far above the lowest will not come back.
static bool has_broken(const siam_rate_search *search, float lowest) {
  const float last = search->losses[search->count - 1];
  return !isfinite(last) || last > 4 * lowest;
}

/// One step at the next rate, waited for.
static siam_status try_rate(siam_training *run, siam_rate_search *search) {
  const uint32_t number = search->count + 1;
  siam_step_input input = {.rate = rate_of(number)};
  siam_step_result result;
  SIAM_RETURN_IF_FAILED(siam_supply_give(run->supply, number, run->step, &input));
  SIAM_RETURN_IF_FAILED(siam_step_run(run->step, &input, &result));
  SIAM_RETURN_IF_FAILED(siam_step_finish(run->step, &result));
  search->rates[search->count] = input.rate;
  search->losses[search->count++] = result.loss[SIAM_LOSS_VALUE];
  return SIAM_OK;
}

static siam_status search_rates(siam_training *run, siam_rate_search *search) {
  const siam_train_options *options = run->options;
  siam_telling telling = {options->preparing, options->context, "trying learning rates"};
  float lowest = INFINITY;
  while (search->count < SIAM_RATE_STEPS) {
    if (!siam_tell(&telling, search->count, SIAM_RATE_STEPS))
      return siam_fail(SIAM_INTERRUPTED, "stopped before the rates were through; start again");
    SIAM_RETURN_IF_FAILED(try_rate(run, search));
    if (has_broken(search, lowest)) break;
    lowest = fminf(lowest, search->losses[search->count - 1]);
  }
  // One that is not finite says no more than that the rate was too high.
  if (!isfinite(search->losses[search->count - 1])) search->count--;
  siam_rate_search_judge(search);
  return SIAM_OK;
}

siam_status siam_find_rate(siam_device *device, const siam_train_options *options, siam_rate_search *search) {
  siam_train_report report = {0};
  siam_training run = {.device = device, .options = options, .report = &report, .only_tries = true};
  *search = (siam_rate_search){0};
  siam_status status =
      options->reconstruct != NULL ? siam_training_prepare_reconstruction(&run) : siam_training_prepare(&run);
  if (status == SIAM_OK) status = search_rates(&run, search);
  siam_training_release(&run);
  return status;
}
