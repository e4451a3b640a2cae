#include "reference/optimizer_check.h"

#include "device/tape.h"
#include "reference/rounding_parts.h"
#include "reference/values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef siam_optimizer_trace trace;
enum { STEPS = SIAM_OPTIMIZER_STEPS, BEYOND = SIAM_OPTIMIZER_BEYOND };

/// What a run takes of the device.
typedef struct ranges {
  siam_device *device;
  siam_tape *tape;
  cl_mem weights, gradients, state, clock, norm;
} ranges;

static void release(ranges *r) {
  const cl_mem buffers[5] = {r->weights, r->gradients, r->state, r->clock, r->norm};
  siam_tape_destroy(r->tape);
  for (int i = 0; i < 5; i++) siam_buffer_release(r->device, buffers[i]);
}

static siam_status make(ranges *r, const trace *t, const siam_optimizer_type *type) {
  const size_t all = t->trained + BEYOND;
  SIAM_RETURN_IF_FAILED(siam_buffer_create(r->device, all, &r->weights));
  SIAM_RETURN_IF_FAILED(siam_buffer_create(r->device, all, &r->gradients));
  SIAM_RETURN_IF_FAILED(siam_buffer_create(r->device, (size_t)type->states * t->trained, &r->state));
  SIAM_RETURN_IF_FAILED(siam_buffer_create(r->device, 16, &r->clock));
  SIAM_RETURN_IF_FAILED(siam_buffer_create(r->device, 2, &r->norm));
  SIAM_RETURN_IF_FAILED(siam_buffer_write(r->device, r->weights, 0, all, t->weights[0]));
  SIAM_RETURN_IF_FAILED(siam_tape_create(r->device, &r->tape));
  const siam_optimizer_batch batch = {.tape = r->tape,
                                      .weights = r->weights,
                                      .gradients = r->gradients,
                                      .state = r->state,
                                      .clock = r->clock,
                                      .decayed = t->decayed,
                                      .trained = t->trained,
                                      .paced = t->paced,
                                      .pace = t->pace,
                                      .norm = siam_view_of_buffer(r->norm, 0, 2)};
  SIAM_RETURN_IF_FAILED(siam_optimizer_add(type, &t->options, &batch));
  return siam_tape_seal(r->tape);
}

static siam_status run_step(const ranges *r, trace *t, uint32_t step) {
  const size_t all = t->trained + BEYOND;
  uint32_t words[16] = {step + 1};
  t->rates[step] = 0.01F * (float)(step + 1);
  memcpy(&words[3], &t->rates[step], sizeof(float));
  siam_check_fill(t->gradients[step], all, SIAM_VALUES_SPREAD, 2 + step);
  for (size_t i = 0; i < all; i++) t->gradients[step][i] *= t->scale;
  SIAM_RETURN_IF_FAILED(siam_buffer_write(r->device, r->clock, 0, 16, (const float *)words));
  SIAM_RETURN_IF_FAILED(siam_buffer_write(r->device, r->gradients, 0, all, t->gradients[step]));
  SIAM_RETURN_IF_FAILED(siam_tape_run(r->tape));
  SIAM_RETURN_IF_FAILED(siam_buffer_read(r->device, r->weights, 0, all, t->weights[step + 1]));
  return siam_buffer_read(r->device, r->norm, 0, 2, t->norms[step]);
}

siam_status siam_optimizer_run(siam_device *device, trace *t) {
  siam_status status = SIAM_OK;
  const siam_optimizer_type *type = NULL;
  ranges r = {.device = device};
  SIAM_TRY(siam_optimizer_find(t->name, &type));
  siam_check_fill(t->weights[0], t->trained + BEYOND, SIAM_VALUES_SPREAD, 1);
  SIAM_TRY(make(&r, t, type));
  for (uint32_t step = 0; step < STEPS; step++) SIAM_TRY(run_step(&r, t, step));
cleanup:
  release(&r);
  return status;
}

/// Norm of a step's gradient and the factor that brings it down to the limit.
static double clip_factor(const trace *t, int step, double *norm) {
  double squares = 0;
  for (size_t i = 0; i < t->trained; i++) squares += pow(t->gradients[step][i], 2);
  *norm = sqrt(squares);
  return t->options.clip > 0 && *norm > t->options.clip ? t->options.clip / *norm : 1;
}

/// A float64 number and a bound of how far the device's may be from it.
typedef struct bounded {
  double value, error;
} bounded;

/// SGD as in PyTorch: g ← g + decay·w, v ← momentum·v + g, w ← w − rate·v. Each line rounds its terms.
static void sgd(const trace *t, int step, bounded g, double decay, double pace, bounded *w, bounded *state) {
  double momentum = t->options.momentum, rate = t->rates[step] * pace;
  g.error += decay * w->error + 2 * unit * (fabs(g.value) + decay * fabs(w->value));
  g.value += decay * w->value;
  state->error =
      momentum * state->error + g.error + 2 * unit * (momentum * fabs(state->value) + fabs(g.value));
  state->value = momentum * state->value + g.value;
  w->error += rate * state->error + 3 * unit * (fabs(w->value) + rate * fabs(state->value));
  w->value -= rate * state->value;
}

/// Adam and AdamW (Kingma and Ba 2015; Loshchilov and Hutter 2019). Roundings: a root (3 ulp), two divisions
/// (2.5 ulp) and 1 − βᵗ by expm1 (3 ulp) of a rounded logarithm.
static void adam(const trace *t, int step, bounded g, double decay, double pace, bool decoupled, bounded *w,
                 bounded *m, bounded *v) {
  double beta1 = t->options.momentum, beta2 = t->options.second, rate = t->rates[step];
  double number = step + 1;
  if (decoupled) {
    w->error += rate * decay * w->error + 4 * unit * fabs(w->value);
    w->value -= rate * decay * w->value;
  } else {
    g.error += decay * w->error + 2 * unit * (fabs(g.value) + decay * fabs(w->value));
    g.value += decay * w->value;
  }
  double square = g.value * g.value;
  m->error = beta1 * m->error + (1 - beta1) * g.error +
             4 * unit * (beta1 * fabs(m->value) + (1 - beta1) * fabs(g.value));
  m->value = beta1 * m->value + (1 - beta1) * g.value;
  v->error = beta2 * v->error + (1 - beta2) * (2 * fabs(g.value) + g.error) * g.error +
             5 * unit * (beta2 * v->value + (1 - beta2) * square);
  v->value = beta2 * v->value + (1 - beta2) * square;
  double first = m->value / (1 - pow(beta1, number)), root = sqrt(v->value / (1 - pow(beta2, number)));
  double relative = v->error / (2 * v->value) + 20 * unit;
  double change = rate * pace * first / (root + (double)t->options.epsilon);
  w->error += fabs(change) * (relative + m->error / fabs(m->value) + 20 * unit) + unit * fabs(w->value);
  w->value -= change;
}

static void hold(const char *what, double value, bounded expected, siam_product_result *result) {
  const double error = fabs(value - expected.value);
  // What must stay has no bound but 0.
  const double share = isnan(error) ? INFINITY : error > 0 ? error / expected.error : 0;
  if (share > result->share) {
    result->share = share;
    result->error = error;
    result->bound = expected.error;
  }
  if (!(error <= expected.error) && result->failure[0] == '\0')
    snprintf(result->failure, sizeof result->failure, "%s is %.9g and must be %.9g ± %.2g", what, value,
             expected.value, expected.error);
}

/// What every number must be, after every step.
static void compare(const trace *t, siam_product_result *result) {
  const bool is_sgd = strcmp(t->name, "sgd") == 0, decoupled = strcmp(t->name, "adamw") == 0;
  // Squares of up to 4096 numbers, then of the runs; a root, a division and a product for the factor.
  const double factor_error =
      siam_rounding_of_sum(fmin((double)t->trained, 4096) / 2 + (double)t->trained / 8192) + 20 * unit;
  double factors[STEPS];
  char what[64];
  for (int step = 0; step < STEPS; step++) {
    double norm;
    factors[step] = clip_factor(t, step, &norm);
    hold("the norm", t->norms[step][0], (bounded){norm, factor_error * norm}, result);
    hold("the factor of the gradient", t->norms[step][1], (bounded){factors[step], factor_error}, result);
  }
  for (size_t i = 0; i < t->trained + BEYOND; i++) {
    bounded w = {t->weights[0][i], 0}, state[2] = {{0, 0}, {0, 0}};
    double decay = i < t->decayed ? t->options.weight_decay : 0;
    double pace = t->pace > 0 && i >= t->paced ? (double)t->pace : 1;
    for (int step = 0; step < STEPS; step++) {
      double gradient = t->gradients[step][i] * factors[step];
      bounded g = {gradient, factors[step] < 1 ? factor_error * fabs(gradient) : 0};
      if (i < t->trained && is_sgd) sgd(t, step, g, decay, pace, &w, &state[0]);
      if (i < t->trained && !is_sgd) adam(t, step, g, decay, pace, decoupled, &w, &state[0], &state[1]);
      snprintf(what, sizeof what, "step %d: weight %zu", step + 1, i);
      hold(what, t->weights[step + 1][i], w, result);
    }
  }
}

siam_status siam_optimizer_check(siam_device *device, trace *t, siam_product_result *result) {
  SIAM_RETURN_IF_FAILED(siam_optimizer_run(device, t));
  result->cases++;
  compare(t, result);
  return SIAM_OK;
}
