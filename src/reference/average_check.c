#include "reference/average_check.h"

#include "base/memory.h"
#include "layers/layer.h"
#include "optim/average.h"
#include "reference/guarded.h"
#include "reference/rounding_parts.h"
#include "reference/values.h"

#include <math.h>

enum { STEPS = 12 };

/// What the average is so far in float64, and by how much float32 may miss it.
typedef struct mean {
  double value, error, largest; ///< `largest`: of the weights so far.
} mean;

/// Takes the weight of step `t`, from 1: each step rounds a difference, and a sum whose parts are at most the
/// largest weight.
static void take(mean *m, int t, double weight, double decay) {
  const double keep = t > 1 ? fmin(decay, t / (10.0 + t)) : 0;
  m->largest = fmax(m->largest, fabs(weight));
  m->value = keep * m->value + (1 - keep) * weight;
  m->error = keep * m->error + 8 * unit * m->largest;
}

/// What lies on the device.
typedef struct ranges {
  siam_device *device;
  siam_tape *tape;
  siam_view weights, average;
  cl_mem clock;
} ranges;

static siam_status make(ranges *r, const float *values, size_t count, float decay) {
  SIAM_RETURN_IF_FAILED(siam_guarded_create(r->device, values, count, &r->weights));
  // What was there before must not matter.
  SIAM_RETURN_IF_FAILED(siam_guarded_create(r->device, values, count, &r->average));
  SIAM_RETURN_IF_FAILED(siam_buffer_create(r->device, SIAM_CLOCK_WORDS, &r->clock));
  SIAM_RETURN_IF_FAILED(siam_tape_create(r->device, &r->tape));
  SIAM_RETURN_IF_FAILED(siam_average_add(r->tape, r->weights, r->average, r->clock, decay));
  return siam_tape_seal(r->tape);
}

static void release(ranges *r) {
  siam_tape_destroy(r->tape);
  siam_buffer_release(r->device, r->weights.buffer);
  siam_buffer_release(r->device, r->average.buffer);
  siam_buffer_release(r->device, r->clock);
}

/// One step on the device: `values` go there as weights, and the average comes back in their place.
static siam_status run_step(const ranges *r, uint32_t step, float *values) {
  const uint32_t words[SIAM_CLOCK_WORDS] = {[SIAM_CLOCK_STEP] = step};
  SIAM_RETURN_IF_FAILED(siam_guarded_write(r->device, r->weights, values));
  SIAM_RETURN_IF_FAILED(
      siam_buffer_write(r->device, r->clock, 0, SIAM_CLOCK_WORDS, (const float *)(const void *)words));
  SIAM_RETURN_IF_FAILED(siam_tape_run(r->tape));
  return siam_guarded_read(r->device, r->average, values);
}

siam_status siam_average_check(siam_device *device, size_t count, float decay, siam_product_result *result) {
  siam_status status = SIAM_OK;
  ranges r = {.device = device};
  float *values = NULL;
  mean *means = NULL;
  SIAM_TRY_ALLOCATE(values, count);
  SIAM_TRY_ALLOCATE(means, count);
  siam_check_fill(values, count, SIAM_VALUES_SPREAD, 0);
  SIAM_TRY(make(&r, values, count, decay));
  result->cases++;
  for (uint32_t step = 1; step <= STEPS; step++) {
    siam_check_fill(values, count, SIAM_VALUES_SPREAD, step);
    for (size_t i = 0; i < count; i++) take(&means[i], (int)step, (double)values[i], (double)decay);
    SIAM_TRY(run_step(&r, step, values));
    for (size_t i = 0; i < count; i++)
      siam_product_hold("average of weight", (int)i, (double)values[i], means[i].value, means[i].error,
                        result);
  }
cleanup:
  release(&r);
  siam_free(values);
  siam_free(means);
  return status;
}
