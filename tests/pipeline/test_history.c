#include "pipeline/history.h"

#include <criterion/criterion.h>
#include <float.h>

static siam_history history;

/// Step s has loss s and rate −s.
static void add(uint32_t first, uint32_t count) {
  for (uint32_t step = first; step < first + count; step++) {
    siam_step_result result = {.step = step, .rate = -(float)step};
    result.loss[SIAM_LOSS_VALUE] = (float)step;
    siam_history_add(&history, &result);
  }
}

Test(history, few_steps_are_kept_one_by_one) {
  add(41, 100);
  cr_assert_eq(history.first, 40);
  cr_assert_eq(history.stride, 1);
  cr_assert_eq(history.count, 100);
  cr_expect_eq(siam_history_mean(&history, 0, SIAM_HISTORY_LOSS), 41);
  cr_expect_eq(siam_history_mean(&history, 99, SIAM_HISTORY_RATE), -140);
}

Test(history, of_many_steps_neighbours_become_means) {
  add(1, 5000);
  // 512 points are halved at 512, 1024, 2048 and 4096 steps.
  cr_assert_eq(history.stride, 16);
  cr_assert_eq(history.count, 5000 / 16);
  cr_assert_eq(history.steps, 5000 % 16);
  for (uint32_t i = 0; i < history.count; i++)
    // Steps 16·i + 1 … 16·i + 16; whole numbers, so that sums are exact.
    cr_expect_eq(siam_history_mean(&history, i, SIAM_HISTORY_LOSS), 16 * i + 8.5);
}
