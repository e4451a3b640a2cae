#include "base/memory.h"
#include "pipeline/bootstrap.h"

#include <criterion/criterion.h>
#include <math.h>

Test(bootstrap, draws_as_many_units_as_there_are_and_repeats) {
  uint32_t first[37], second[37], other[37];
  siam_bootstrap_draw(5, 3, 37, first);
  siam_bootstrap_draw(5, 3, 37, second);
  siam_bootstrap_draw(5, 4, 37, other);
  uint32_t sum = 0, moved = 0;
  for (int i = 0; i < 37; i++) {
    cr_assert_eq(first[i], second[i]);
    sum += first[i];
    moved += first[i] != other[i];
  }
  cr_assert_eq(sum, 37);
  cr_assert_gt(moved, 5);
}

Test(bootstrap, counts_have_the_moments_of_a_multinomial) {
  enum { UNITS = 50, REPETITIONS = 2000 };
  uint32_t counts[UNITS];
  double squares = 0, first = 0;
  for (uint32_t repetition = 0; repetition < REPETITIONS; repetition++) {
    siam_bootstrap_draw(1, repetition, UNITS, counts);
    first += counts[0];
    for (int i = 0; i < UNITS; i++) squares += ((double)counts[i] - 1) * ((double)counts[i] - 1);
  }
  // Mean 1 and variance 1 − 1/50; six standard errors, the fourth moment of such a count being near 4.
  cr_assert_float_eq(first / REPETITIONS, 1, 6 / sqrt(REPETITIONS));
  cr_assert_float_eq(squares / UNITS / REPETITIONS, 1 - 1.0 / UNITS, 6 * sqrt(3.0 / UNITS / REPETITIONS));
}

Test(bootstrap, the_interval_is_between_the_quantiles) {
  double values[1001];
  for (int i = 0; i <= 1000; i++) values[i] = (double)((i * 617) % 1001);
  siam_figure figure = {.value = 500};
  siam_bootstrap_interval(values, 1001, &figure);
  cr_assert_float_eq(figure.low, 25, 1e-9);
  cr_assert_float_eq(figure.high, 975, 1e-9);
  cr_assert_eq(figure.value, 500);
}

Test(bootstrap, too_many_repetitions_without_a_figure_leave_no_interval) {
  double values[20];
  siam_figure figure;
  for (int i = 0; i < 20; i++) values[i] = i < 2 ? NAN : 1;
  siam_bootstrap_interval(values, 20, &figure);
  cr_assert_eq(figure.low, 1);
  for (int i = 0; i < 20; i++) values[i] = i < 3 ? NAN : 1;
  siam_bootstrap_interval(values, 20, &figure);
  cr_assert(isnan(figure.low) && isnan(figure.high));
  siam_bootstrap_interval(values, 0, &figure);
  cr_assert(isnan(figure.low));
}
