#include "optim/optimizer.h"

#include "device_memory.h"
#include "reference/rounding.h"
#include "reference/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TestSuite(optimizer, .fini = siam_test_device_close);

enum { STEPS = 5, MOST = 16 * 1200, BEYOND = 16 };
static const double unit = 0x1p-24;

/// What five steps do on the device: weights after each, and what the norm words said.
typedef struct trace {
  const char *name;
  siam_optimizer_options options;
  size_t decayed, trained, paced;
  float pace;
  float rates[STEPS], scale;
  float weights[STEPS + 1][MOST], gradients[STEPS][MOST], norms[STEPS][2];
} trace;

/// The learning rate changes from step to step and so do the gradients; floats behind the trained ones are
/// running statistics, which must stay.
static void run(trace *t) {
  siam_device *device = siam_test_device();
  siam_tape *tape = siam_test_tape();
  cl_mem weights = NULL, gradients = NULL, state = NULL, clock = NULL, norm = NULL;
  const siam_optimizer_type *type = NULL;
  cr_assert_eq(siam_optimizer_find(t->name, &type), SIAM_OK, "%s", siam_last_error());
  size_t all = t->trained + BEYOND;
  siam_test_ok(siam_buffer_create(device, all, &weights));
  siam_test_ok(siam_buffer_create(device, all, &gradients));
  siam_test_ok(siam_buffer_create(device, (size_t)type->states * t->trained, &state));
  siam_test_ok(siam_buffer_create(device, 16, &clock));
  siam_test_ok(siam_buffer_create(device, 2, &norm));
  siam_check_fill(t->weights[0], all, SIAM_VALUES_SPREAD, 1);
  siam_test_ok(siam_buffer_write(device, weights, 0, all, t->weights[0]));
  const siam_optimizer_batch batch = {.tape = tape,
                                      .weights = weights,
                                      .gradients = gradients,
                                      .state = state,
                                      .clock = clock,
                                      .decayed = t->decayed,
                                      .trained = t->trained,
                                      .paced = t->paced,
                                      .pace = t->pace,
                                      .norm = siam_view_of_buffer(norm, 0, 2)};
  cr_assert_eq(siam_optimizer_add(type, &t->options, &batch), SIAM_OK, "%s", siam_last_error());
  for (uint32_t step = 0; step < STEPS; step++) {
    uint32_t words[16] = {step + 1};
    t->rates[step] = 0.01F * (float)(step + 1);
    memcpy(&words[3], &t->rates[step], sizeof(float));
    siam_check_fill(t->gradients[step], all, SIAM_VALUES_SPREAD, 2 + step);
    for (size_t i = 0; i < all; i++) t->gradients[step][i] *= t->scale;
    siam_test_ok(siam_buffer_write(device, clock, 0, 16, (const float *)words));
    siam_test_ok(siam_buffer_write(device, gradients, 0, all, t->gradients[step]));
    siam_test_run(tape);
    siam_test_ok(siam_buffer_read(device, weights, 0, all, t->weights[step + 1]));
    siam_test_ok(siam_buffer_read(device, norm, 0, 2, t->norms[step]));
  }
  clReleaseMemObject(weights);
  clReleaseMemObject(gradients);
  clReleaseMemObject(state);
  clReleaseMemObject(clock);
  clReleaseMemObject(norm);
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

static void check(trace *t) {
  run(t);
  bool is_sgd = strcmp(t->name, "sgd") == 0, decoupled = strcmp(t->name, "adamw") == 0;
  // Squares of up to 4096 numbers, then of the runs; a root, a division and a product for the factor.
  double factor_error =
      siam_rounding_of_sum(fmin((double)t->trained, 4096) / 2 + (double)t->trained / 8192) + 20 * unit;
  double factors[STEPS];
  for (int step = 0; step < STEPS; step++) {
    double norm;
    factors[step] = clip_factor(t, step, &norm);
    cr_assert_float_eq(t->norms[step][0], norm, factor_error * norm);
    cr_assert_float_eq(t->norms[step][1], factors[step], factor_error);
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
      cr_assert(fabs(t->weights[step + 1][i] - w.value) <= w.error,
                "%s, step %d: weight %zu is %.9g and must be %.9g ± %.2g", t->name, step + 1, i,
                t->weights[step + 1][i], w.value, w.error);
    }
  }
}

static void check_sizes(const char *name, siam_optimizer_options options) {
  static const size_t sizes[][2] = {{16, 32}, {0, 16}, {16, 16}, {48, 80}, {16 * 300, 16 * 700}};
  static trace t;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    t = (trace){.name = name, .options = options, .decayed = sizes[s][0], .trained = sizes[s][1], .scale = 1};
    check(&t);
  }
}

Test(optimizer, sgd_steps_equal_the_reference) {
  check_sizes("sgd", (siam_optimizer_options){0});
  check_sizes("sgd", (siam_optimizer_options){.momentum = 0.9F});
  check_sizes("sgd", (siam_optimizer_options){.momentum = 0.9F, .weight_decay = 0.1F});
}

Test(optimizer, adam_steps_equal_the_reference) {
  const siam_optimizer_options standard = {.momentum = 0.9F, .second = 0.999F, .epsilon = 1e-8F};
  check_sizes("adam", standard);
  siam_optimizer_options decaying = standard;
  decaying.weight_decay = 0.1F;
  check_sizes("adam", decaying);
}

Test(optimizer, adamw_steps_equal_the_reference) {
  check_sizes("adamw", (siam_optimizer_options){
                           .momentum = 0.9F, .second = 0.999F, .epsilon = 1e-8F, .weight_decay = 0.1F});
  check_sizes("adamw",
              (siam_optimizer_options){.momentum = 0.5F, .second = 0.9F, .epsilon = 0.1F, .weight_decay = 1});
}

Test(optimizer, the_last_ones_may_have_a_learning_rate_of_their_own) {
  static trace t;
  for (int i = 0; i < 2; i++) {
    t = (trace){.name = i > 0 ? "adamw" : "sgd", .decayed = 32, .trained = 128, .scale = 1};
    t.options = (siam_optimizer_options){.momentum = 0.9F, .second = 0.999F, .epsilon = 1e-8F};
    t.paced = 80;
    t.pace = 7.5F;
    check(&t);
  }
}

Test(optimizer, the_global_norm_is_brought_down_to_the_limit_and_never_up) {
  const siam_optimizer_options clipping = {.momentum = 0.9F, .clip = 1, .weight_decay = 0.1F};
  const siam_optimizer_options idle = {.momentum = 0.9F, .clip = 1e9F};
  check_sizes("sgd", clipping);
  check_sizes("sgd", idle);
  check_sizes("adamw",
              (siam_optimizer_options){.momentum = 0.9F, .second = 0.999F, .epsilon = 1e-8F, .clip = 0.01F});
}

Test(optimizer, only_the_decayed_section_decays) {
  static trace t;
  // Without gradients nothing else moves a weight.
  t = (trace){.name = "adamw", .decayed = 32, .trained = 80, .scale = 0};
  t.options =
      (siam_optimizer_options){.momentum = 0.9F, .second = 0.999F, .epsilon = 1e-8F, .weight_decay = 0.5F};
  run(&t);
  for (size_t i = 0; i < 80 + BEYOND; i++) {
    float kept = t.weights[STEPS][i] / t.weights[0][i];
    if (i < 32)
      cr_expect(kept < 0.95F && kept > 0.9F, "weight %zu kept %g of itself", i, kept);
    else
      cr_expect_eq(t.weights[STEPS][i], t.weights[0][i], "weight %zu moved", i);
  }
}

Test(optimizer, a_gradient_that_is_not_a_number_shows_in_the_norm) {
  static trace t;
  t = (trace){.name = "sgd", .decayed = 16, .trained = 96, .scale = NAN};
  run(&t);
  cr_expect(isnan(t.norms[0][0]));
  cr_expect(isnan(t.weights[1][95]));
}

Test(optimizer, unknown_optimizers_and_schedules_are_refused_with_those_there_are) {
  const siam_optimizer_type *type = NULL;
  siam_schedule_kind kind;
  cr_expect_eq(siam_optimizer_find("rmsprop", &type), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "there are: sgd, adam, adamw"), "%s", siam_last_error());
  cr_expect_eq(siam_schedule_find("linear", &kind), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "there are: cosine, constant, step"), "%s", siam_last_error());
}

static float rate(const siam_schedule *schedule, uint32_t step) {
  return siam_schedule_rate(schedule, step);
}

Test(schedule, warm_up_rises_in_a_straight_line_to_the_rate) {
  const siam_schedule schedule = {.kind = SIAM_SCHEDULE_CONSTANT, .rate = 0.5F, .warmup = 4, .steps = 20};
  for (uint32_t step = 1; step <= 20; step++)
    cr_expect_float_eq(rate(&schedule, step), 0.5 * (step < 5 ? step : 5) / 5, 1e-7);
}

Test(schedule, a_constant_rate_needs_no_length) {
  const siam_schedule schedule = {.kind = SIAM_SCHEDULE_CONSTANT, .rate = 0.5F};
  cr_expect_eq(rate(&schedule, 1), 0.5F);
  cr_expect_eq(rate(&schedule, UINT32_MAX), 0.5F);
}

Test(schedule, steps_multiply_by_the_factor_each_time) {
  const siam_schedule schedule = {
      .kind = SIAM_SCHEDULE_STEP, .rate = 1, .warmup = 2, .steps = 40, .every = 10, .factor = 0.5F};
  cr_expect_eq(rate(&schedule, 3), 1);
  cr_expect_eq(rate(&schedule, 12), 1);
  cr_expect_eq(rate(&schedule, 13), 0.5F);
  cr_expect_eq(rate(&schedule, 23), 0.25F);
  const siam_schedule never = {.kind = SIAM_SCHEDULE_STEP, .rate = 1, .factor = 0.5F};
  cr_expect_eq(rate(&never, 1000), 1);
}

Test(schedule, a_cosine_falls_from_the_rate_to_zero_at_the_end) {
  const siam_schedule schedule = {.kind = SIAM_SCHEDULE_COSINE, .rate = 2, .warmup = 10, .steps = 110};
  cr_expect_eq(rate(&schedule, 11), 2);
  // Halfway, and a quarter of the way: (1 + cos 45°).
  cr_expect_float_eq(rate(&schedule, 61), 1, 1e-6);
  cr_expect_float_eq(rate(&schedule, 36), 1 + sqrt(0.5), 1e-6);
  for (uint32_t step = 12; step <= 110; step++)
    cr_expect_lt(rate(&schedule, step), rate(&schedule, step - 1));
  cr_expect_gt(rate(&schedule, 110), 0);
  cr_expect_eq(rate(&schedule, 111), 0);
  cr_expect_eq(rate(&schedule, 100000), 0);
}

Test(schedule, a_run_that_is_all_warm_up_or_empty_stays_finite) {
  const siam_schedule short_run = {.kind = SIAM_SCHEDULE_COSINE, .rate = 1, .warmup = 10, .steps = 5};
  for (uint32_t step = 1; step < 20; step++) cr_expect(isfinite(rate(&short_run, step)));
}
