#include "device_memory.h"
#include "loss_check.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(margin, .fini = siam_test_device_close);

Test(margin, all_triplets_equal_the_reference) {
  siam_check_loss_edges(&siam_margin_reference, "margin all");
}

Test(margin, drawn_ones_equal_the_reference) {
  siam_check_loss_edges(&siam_margin_reference, "margin");
  siam_check_loss_edges(&siam_margin_reference, "margin cutoff=1 far=1.3");
}

Test(margin, boundaries_that_are_trained_equal_the_reference) {
  siam_check_loss_edges(&siam_margin_reference, "margin learn=one");
  siam_check_loss_edges(&siam_margin_reference, "margin all learn=class");
}

Test(margin, equals_pytorch_metric_learning) {
  siam_check_loss_golden(&siam_margin_reference, 7);
}

Test(margin, rows_are_drawn_with_the_weights_of_pytorch_metric_learning) {
  siam_check_margin_weights(4);
}

Test(margin, extremes_are_borne) {
  siam_check_loss_extremes(&siam_margin_reference, "margin all");
  siam_check_loss_extremes(&siam_margin_reference, "margin");
  siam_check_loss_extremes(&siam_margin_reference, "margin learn=class");
}

Test(margin, gradients_of_boundaries_are_added_to_what_is_there) {
  static siam_loss_case c;
  siam_loss_fill(&c, "margin all learn=class", 12, 16, 4, 3);
  c.prior = 2;
  siam_check_loss(&siam_margin_reference, &c);
}

/// Which of the rows 2 … are drawn how often over many steps, for an anchor whose distances to them are
/// given.
static void count_draws(const double *distances, int count, int steps, int *drawn) {
  static siam_loss_case c;
  static siam_loss_outcome outcome;
  // Different classes each, but for the anchor 0 and row 1, which are the same in class and place.
  siam_loss_fill(&c, "margin margin=2 beta=1", count + 2, 3, count + 2, 1);
  c.labels[1] = 0;
  c.classes = count + 2;
  for (int i = 0; i < count + 2; i++) {
    // On a great circle a chord of d spans an angle of 2 asin(d/2).
    double angle = i < 2 ? 0 : 2 * asin(distances[i - 2] / 2);
    c.embeddings[3 * i] = (float)cos(angle);
    c.embeddings[3 * i + 1] = (float)sin(angle);
    c.embeddings[3 * i + 2] = 0;
  }
  for (c.step = 1; c.step <= (uint32_t)steps; c.step++) {
    siam_loss_run(&c, &outcome);
    // The anchor draws one row and row 1 another; each pushes what it draws.
    for (int i = 0; i < count; i++) {
      const float *pushed = &outcome.gradients[3 * (i + 2)];
      drawn[i] += pushed[0] != 0 || pushed[1] != 0;
    }
  }
}

Test(margin, rare_distances_are_drawn_more_often) {
  // On a sphere in 3 dimensions q(d) = d: a row at 0.6 is drawn twice as often as one at 1.2, one at 0.1 as
  // if it were at 0.5, and one at 1.9 never.
  static const double distances[] = {0.1, 0.6, 1.2, 1.9};
  enum { STEPS = 600 };
  int drawn[4] = {0};
  count_draws(distances, 4, STEPS, drawn);
  const double weights[] = {1 / 0.5, 1 / 0.6, 1 / 1.2, 0}, sum = 1 / 0.5 + 1 / 0.6 + 1 / 1.2;
  for (int i = 0; i < 4; i++) {
    // Drawn by the one, the other or both; five deviations.
    double once = weights[i] / sum, either = 1 - (1 - once) * (1 - once);
    double expected = STEPS * either, deviation = sqrt(STEPS * either * (1 - either));
    cr_expect(fabs(drawn[i] - expected) <= 5 * deviation, "%d: drawn %d times, expected %.0f ± %.0f", i,
              drawn[i], expected, deviation);
  }
}

Test(margin, the_same_step_draws_the_same_rows_and_another_step_others) {
  static siam_loss_case c;
  static siam_loss_outcome first, again, other;
  siam_loss_fill(&c, "margin", 32, 16, 8, 5);
  siam_loss_run(&c, &first);
  siam_loss_run(&c, &again);
  cr_expect_arr_eq(first.gradients, again.gradients, 32 * 16 * sizeof(float));
  c.step++;
  siam_loss_run(&c, &other);
  cr_expect_arr_neq(first.gradients, other.gradients, 32 * 16 * sizeof(float));
}
