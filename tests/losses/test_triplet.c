#include "device_memory.h"
#include "loss_check.h"

#include <criterion/criterion.h>

TestSuite(triplet, .fini = siam_test_device_close);

Test(triplet, all_of_a_batch_equal_the_reference) {
  siam_check_loss_edges(&siam_triplet_reference, "triplet all margin=1");
}

Test(triplet, semi_hard_ones_equal_the_reference) {
  siam_check_loss_edges(&siam_triplet_reference, "triplet semi_hard margin=1");
}

Test(triplet, hardest_ones_equal_the_reference) {
  siam_check_loss_edges(&siam_triplet_reference, "triplet hardest margin=1");
}

Test(triplet, equals_pytorch_metric_learning) {
  siam_check_loss_golden(&siam_triplet_reference, 6);
}

Test(triplet, extremes_are_borne) {
  siam_check_loss_extremes(&siam_triplet_reference, "triplet all margin=1");
  siam_check_loss_extremes(&siam_triplet_reference, "triplet semi_hard margin=1");
  siam_check_loss_extremes(&siam_triplet_reference, "triplet hardest margin=1");
}

/// One class on a line at 0 and 1, another at the given place.
static float loss_with_negative_at(const char *loss, float place) {
  static siam_loss_case c;
  static siam_loss_outcome outcome;
  siam_loss_fill(&c, loss, 3, 1, 1, 1);
  c.embeddings[0] = 0;
  c.embeddings[1] = 1;
  c.embeddings[2] = place;
  c.labels[2] = 1;
  siam_loss_run(&c, &outcome);
  return outcome.result[SIAM_LOSS_VALUE];
}

Test(triplet, semi_hard_negatives_lie_between_the_positive_and_the_margin) {
  // For the anchor at 0: too near at 0.9, semi-hard at 1.1, far enough at 1.3. That at 1 has it at 1.9 … 2.3.
  cr_expect_eq(loss_with_negative_at("triplet semi_hard margin=0.25", -0.9F), 0);
  cr_expect_float_eq(loss_with_negative_at("triplet semi_hard margin=0.25", -1.1F), 0.15F, 1e-6);
  cr_expect_eq(loss_with_negative_at("triplet semi_hard margin=0.25", -1.3F), 0);
  cr_expect_float_eq(loss_with_negative_at("triplet all margin=0.25", -0.9F), 0.35F, 1e-6);
}
