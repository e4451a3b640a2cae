#include "pipeline/decision.h"

#include <criterion/criterion.h>
#include <string.h>

static siam_device *device;
static siam_model *model;
static void begin(void) {
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_model_load_default(device, &model), SIAM_OK, "%s", siam_last_error());
}
static void end(void) {
  siam_model_destroy(model);
  siam_device_destroy(device);
}
TestSuite(decision, .init = begin, .fini = end);

Test(decision, a_model_says_which_threshold_its_verdicts_go_by_and_the_caller_may_differ) {
  siam_decision decision;
  double own, lax, given = 0.25, chosen;
  char name[32];
  cr_assert_eq(siam_decision_load(model, &decision), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_decision_threshold(&decision, &(siam_compare_options){0}, &own, NULL, 0), SIAM_OK);
  cr_assert_eq(siam_decision_threshold(&decision, &(siam_compare_options){0}, &own, name, sizeof name),
               SIAM_OK);
  cr_expect_str_eq(name, "far 0.0005");
  cr_assert_eq(
      siam_decision_threshold(&decision, &(siam_compare_options){.far = 0.01}, &lax, name, sizeof name),
      SIAM_OK);
  cr_expect_str_eq(name, "far 1e-2");
  cr_expect_lt(own, lax);
  siam_compare_options options = {.threshold = &given};
  cr_assert_eq(siam_decision_threshold(&decision, &options, &chosen, name, sizeof name), SIAM_OK);
  cr_expect_eq(chosen, given);
  siam_decision_clear(&decision);
}

Test(decision, a_rate_that_is_none_or_has_no_threshold_is_refused_by_name) {
  static const char *const wrong[] = {"", "x", "0", "-0.001", "nan", "0.001x", "0.5"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    siam_decision decision;
    cr_assert_eq(siam_model_set_fact(model, "verdict_rate", wrong[i]), SIAM_OK);
    cr_expect_eq(siam_decision_load(model, &decision), SIAM_ERROR_FORMAT, "\"%s\"", wrong[i]);
    cr_expect_not_null(
        strstr(siam_last_error(), "the default model: there is no threshold for its verdict_rate"), "%s",
        siam_last_error());
    siam_decision_clear(&decision);
  }
}

Test(decision, where_it_was_fitted_on_training_no_rate_is_promised_but_verdicts_are_given) {
  siam_decision decision;
  double threshold;
  char name[32];
  cr_assert_eq(siam_model_set_fact(model, "calibrated_on", "training"), SIAM_OK);
  cr_assert_eq(siam_decision_load(model, &decision), SIAM_OK, "%s", siam_last_error());
  cr_expect(decision.on_training);
  const siam_compare_options options = {.far = 0.01};
  cr_expect_eq(siam_decision_threshold(&decision, &options, &threshold, name, sizeof name), SIAM_ERROR_DATA);
  cr_expect_not_null(strstr(siam_last_error(), "the default model: its thresholds were fitted on pictures"),
                     "%s", siam_last_error());
  decision.rate = 0;
  cr_assert_eq(siam_decision_threshold(&decision, &(siam_compare_options){0}, &threshold, name, sizeof name),
               SIAM_OK);
  cr_expect_str_eq(name, "best accuracy");
  siam_decision_clear(&decision);
}
