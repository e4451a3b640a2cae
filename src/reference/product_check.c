#include "reference/product_check.h"

#include "base/memory.h"
#include "base/random.h"
#include "compute/conv_engines.h"
#include "reference/give_up.h"
#include "reference/guarded.h"
#include "reference/winograd.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Multiply-adds in float64 for a check, and elements compared at least.
static const double most_terms = 4e6;
enum { LEAST_ELEMENTS = 64 };

/// An operand or the result: on the host as it is, as magnitudes, and on the device.
typedef struct operand {
  siam_device *device;
  size_t count;
  float *values, *magnitudes;
  siam_view view;
} operand;

typedef struct check {
  siam_device *device;
  const siam_tunable *tunable;
  operand a, b, out;
  float *got;
  double *winograd; ///< Magnitudes of Winograd's terms by element; NULL: those of the definition count.
  double terms;
} check;

static siam_status make(siam_device *device, size_t count, uint32_t step, operand *made) {
  made->device = device;
  made->count = count;
  made->values = siam_allocate(count, sizeof *made->values);
  made->magnitudes = siam_allocate(count, sizeof *made->magnitudes);
  if (made->values == NULL || made->magnitudes == NULL) return SIAM_ERROR_MEMORY;
  for (size_t i = 0; i < count; i++) {
    made->values[i] = 2 * siam_uniform(siam_random(1, SIAM_STREAM_EVALUATE, step, i).word[0]) - 1;
    made->magnitudes[i] = fabsf(made->values[i]);
  }
  return siam_guarded_create(device, made->values, count, &made->view);
}

static void release(operand *of) {
  siam_free(of->values);
  siam_free(of->magnitudes);
  siam_buffer_release(of->device, of->view.buffer);
}

static double *as_doubles(const operand *of) {
  double *made = siam_reference_array(of->count, sizeof *made);
  for (size_t i = 0; i < of->count; i++) made[i] = (double)of->values[i];
  return made;
}

/// Where `choice` is a Winograd convolution: the magnitudes of its terms, and how many roundings they go
/// through.
static void measure_winograd(check *c, const char *choice) {
  c->terms = c->tunable->terms;
  if (strncmp(choice, "winograd", 8) != 0) return;
  const siam_conv conv = siam_conv_of_tunable(c->tunable);
  const int points = siam_winograd_points(&conv.shape, choice);
  double *a = as_doubles(&c->a), *b = as_doubles(&c->b);
  const bool data = conv.pass == SIAM_CONV_BACKWARD_DATA, weight = conv.pass == SIAM_CONV_BACKWARD_WEIGHT;
  c->winograd = siam_reference_array(c->out.count, sizeof *c->winograd);
  siam_winograd_magnitudes(&conv.shape, conv.pass, points, data ? NULL : a, weight ? NULL : b,
                           data     ? a
                           : weight ? b
                                    : NULL,
                           c->winograd);
  c->terms = siam_winograd_terms(&conv.shape, conv.pass, points);
  free(a);
  free(b);
}

static siam_status run(check *c, const char *choice) {
  siam_status status = SIAM_OK;
  siam_tape *tape = NULL;
  SIAM_TRY(siam_tape_create(c->device, &tape));
  SIAM_TRY(c->tunable->type->add(tape, c->tunable, choice, c->a.view, c->b.view, c->out.view));
  SIAM_TRY(siam_tape_seal(tape));
  SIAM_TRY(siam_tape_run(tape));
  SIAM_TRY(siam_guarded_read(c->device, c->out.view, c->got));
cleanup:
  siam_tape_destroy(tape);
  return status;
}

static void compare(const check *c, size_t at, const char *choice, siam_product_result *result) {
  const siam_tunable *tunable = c->tunable;
  const float before = c->out.values[at], got = c->got[at];
  const double expected = tunable->type->expect(tunable, c->a.values, c->b.values, before, at);
  double magnitude = tunable->type->expect(tunable, c->a.magnitudes, c->b.magnitudes, fabsf(before), at);
  if (c->winograd != NULL) magnitude = c->winograd[at] + (tunable->adds ? fabs((double)before) : 0);
  // Two operations more: what was there before, and writing the result.
  const double bound = 1.01 * (c->terms + 4) * (FLT_EPSILON / 2) * magnitude;
  const double error = fabs((double)got - expected);
  const double share = isnan(error) ? INFINITY : error > 0 ? error / bound : 0;
  if (share > result->share) {
    result->share = share;
    result->error = error;
    result->bound = bound;
  }
  if (!(error <= bound) && result->failure[0] == '\0')
    snprintf(result->failure, sizeof result->failure, "%s by %s: element %zu is %.9g and must be %.9g ± %.2g",
             tunable->name, choice, at, (double)got, expected, bound);
}

void siam_product_hold(const char *what, int at, double value, double expected, double bound,
                       siam_product_result *result) {
  const double error = fabs(value - expected), share = isnan(error) ? INFINITY
                                                       : error > 0  ? error / bound
                                                                    : 0;
  if (share > result->share) {
    result->share = share;
    result->error = error;
    result->bound = bound;
  }
  if (!(error <= bound) && result->failure[0] == '\0')
    snprintf(result->failure, sizeof result->failure, "%s %d is %.9g and must be %.9g ± %.2g", what, at,
             value, expected, bound);
}

siam_status siam_product_check(siam_device *device, const siam_tunable *tunable, const char *choice,
                               siam_product_result *result) {
  siam_status status = SIAM_OK;
  check c = {.device = device, .tunable = tunable};
  const size_t count = tunable->out_count;
  SIAM_TRY(make(device, tunable->a_count, 1, &c.a));
  SIAM_TRY(make(device, tunable->b_count, 2, &c.b));
  SIAM_TRY(make(device, count, 3, &c.out));
  SIAM_TRY_ALLOCATE(c.got, count);
  result->cases++;
  status = run(&c, choice);
  if (status == SIAM_ERROR_NUMERIC && result->failure[0] == '\0') {
    snprintf(result->failure, sizeof result->failure, "%s by %s: %s", tunable->name, choice,
             siam_last_error());
    result->share = INFINITY;
  }
  if (status == SIAM_ERROR_NUMERIC) status = SIAM_OK;
  SIAM_TRY(status);
  measure_winograd(&c, choice);
  const size_t wanted = (size_t)fmax(LEAST_ELEMENTS, most_terms / tunable->terms);
  const size_t compared = wanted < count ? wanted : count;
  for (size_t i = 0; i < compared; i++)
    compare(&c, compared < 2 ? 0 : (size_t)((double)(count - 1) * (double)i / (double)(compared - 1)), choice,
            result);
cleanup:
  free(c.winograd);
  siam_free(c.got);
  release(&c.a), release(&c.b), release(&c.out);
  return status;
}
