#include "pipeline/watch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/// Shows the watch `count` equal steps.
static void see(siam_watch *watch, int count, float loss, float same, float different, float spread) {
  for (int i = 0; i < count; i++) {
    siam_step_result result = {.step = watch->steps + 1, .norm = 1};
    result.loss[SIAM_LOSS_VALUE] = loss;
    result.loss[SIAM_LOSS_SAME_DISTANCE] = same;
    result.loss[SIAM_LOSS_DIFFERENT_DISTANCE] = different;
    result.loss[SIAM_LOSS_SPREAD] = spread;
    cr_assert_eq(siam_watch_see(watch, &result), SIAM_OK);
  }
}

static void assert_diagnosis(const siam_watch *watch, const char *part) {
  const char *diagnosis = siam_watch_diagnose(watch);
  cr_assert_not_null(diagnosis);
  cr_assert_not_null(strstr(diagnosis, part), "%s", diagnosis);
}

Test(watch, means_are_those_of_the_steps_seen) {
  siam_watch watch = {.scale = 1};
  see(&watch, 3, 0.5f, 0.1f, 0.9f, 1);
  cr_assert_float_eq(siam_watch_mean(&watch, watch.loss), 0.5, 1e-6);
  cr_assert_float_eq(siam_watch_mean(&watch, watch.different_distance), 0.9, 1e-6);
}

Test(watch, healthy_training_is_left_alone) {
  siam_watch watch = {.scale = 1};
  see(&watch, 500, 0.2f, 0.3f, 1.1f, 0.9f);
  cr_assert_null(siam_watch_diagnose(&watch));
}

Test(watch, collapse_is_recognised) {
  siam_watch watch = {.scale = 1};
  see(&watch, 500, 0.25f, 0.001f, 0.001f, 0.001f);
  assert_diagnosis(&watch, "collapsed");
}

Test(watch, a_loss_that_stands_over_close_embeddings_is_recognised) {
  // As measured: lenet on the glyphs with the five hardest pairs of each picture.
  siam_watch watch = {.scale = 1};
  see(&watch, 50, 0.5f, 0.056f, 0.07f, 0.1f);
  see(&watch, 200, 0.495f, 0.054f, 0.074f, 0.08f);
  assert_diagnosis(&watch, "the loss does not fall");
}

Test(watch, close_embeddings_that_learn_and_slow_ones_that_are_apart_are_left_alone) {
  siam_watch close = {.scale = 1}, slow = {.scale = 1}, narrow = {.scale = 0.1};
  see(&close, 50, 0.5f, 0.056f, 0.07f, 0.1f);
  see(&close, 400, 0.4f, 0.05f, 0.12f, 0.12f);
  cr_assert_null(siam_watch_diagnose(&close));
  see(&slow, 500, 0.2775f, 0.5f, 0.6f, 0.75f);
  cr_assert_null(siam_watch_diagnose(&slow));
  // A small margin asks for no more than this.
  see(&narrow, 500, 0.0051f, 0.03f, 0.06f, 0.062f);
  cr_assert_null(siam_watch_diagnose(&narrow));
}

Test(watch, reversed_labels_are_recognised) {
  siam_watch watch = {.scale = 1};
  see(&watch, 500, 0.3f, 1.2f, 0.4f, 0.9f);
  assert_diagnosis(&watch, "reversed");
}

Test(watch, a_growing_loss_means_too_high_a_rate) {
  siam_watch watch = {.scale = 1};
  see(&watch, 60, 0.2f, 0.4f, 1, 0.9f);
  see(&watch, 400, 0.5f, 0.4f, 1, 0.9f);
  assert_diagnosis(&watch, "learning rate");
}

Test(watch, what_is_not_finite_names_the_step) {
  siam_watch watch = {.scale = 1};
  siam_step_result result = {.step = 17, .norm = 1};
  result.loss[SIAM_LOSS_VALUE] = NAN;
  cr_assert_eq(siam_watch_see(&watch, &result), SIAM_ERROR_NUMERIC);
  cr_assert_not_null(strstr(siam_last_error(), "step 17"));
  result.loss[SIAM_LOSS_VALUE] = 1;
  result.norm = INFINITY;
  cr_assert_eq(siam_watch_see(&watch, &result), SIAM_ERROR_NUMERIC);
  cr_assert_not_null(strstr(siam_last_error(), "gradient"));
}
