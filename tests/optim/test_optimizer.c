#include "optim/optimizer.h"

#include "device_memory.h"
#include "reference/optimizer_check.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(optimizer, .fini = siam_test_device_close);

static void check(siam_optimizer_trace *trace) {
  siam_product_result result = {0};
  siam_test_ok(siam_optimizer_check(siam_test_device(), trace, &result));
  cr_assert_str_empty(result.failure, "%s: %s", trace->name, result.failure);
}

static void check_sizes(const char *name, siam_optimizer_options options) {
  static const size_t sizes[][2] = {{16, 32}, {0, 16}, {16, 16}, {48, 80}, {16 * 300, 16 * 700}};
  static siam_optimizer_trace t;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    t = (siam_optimizer_trace){
        .name = name, .options = options, .decayed = sizes[s][0], .trained = sizes[s][1], .scale = 1};
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
  static siam_optimizer_trace t;
  for (int i = 0; i < 2; i++) {
    t = (siam_optimizer_trace){.name = i > 0 ? "adamw" : "sgd", .decayed = 32, .trained = 128, .scale = 1};
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
  static siam_optimizer_trace t;
  // Without gradients nothing else moves a weight.
  t = (siam_optimizer_trace){.name = "adamw", .decayed = 32, .trained = 80, .scale = 0};
  t.options =
      (siam_optimizer_options){.momentum = 0.9F, .second = 0.999F, .epsilon = 1e-8F, .weight_decay = 0.5F};
  siam_test_ok(siam_optimizer_run(siam_test_device(), &t));
  for (size_t i = 0; i < 80 + SIAM_OPTIMIZER_BEYOND; i++) {
    float kept = t.weights[SIAM_OPTIMIZER_STEPS][i] / t.weights[0][i];
    if (i < 32)
      cr_expect(kept < 0.95F && kept > 0.9F, "weight %zu kept %g of itself", i, kept);
    else
      cr_expect_eq(t.weights[SIAM_OPTIMIZER_STEPS][i], t.weights[0][i], "weight %zu moved", i);
  }
}

Test(optimizer, a_gradient_that_is_not_a_number_shows_in_the_norm) {
  static siam_optimizer_trace t;
  t = (siam_optimizer_trace){.name = "sgd", .decayed = 16, .trained = 96, .scale = NAN};
  siam_test_ok(siam_optimizer_run(siam_test_device(), &t));
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
