#include "device_memory.h"
#include "loss_check.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(arcface, .fini = siam_test_device_close);

Test(arcface, equals_the_reference) {
  // In one dimension every angle is 0 or a half turn, where the cosine has no slope by rounding alone.
  siam_check_loss_edges_from(&siam_arcface_reference, "arcface", 2);
  siam_check_loss_edges_from(&siam_arcface_reference, "arcface margin=1 scale=8", 2);
}

Test(arcface, equals_pytorch_metric_learning) {
  siam_check_loss_golden(&siam_arcface_reference, 4);
}

Test(arcface, extremes_are_borne) {
  siam_check_loss_extremes(&siam_arcface_reference, "arcface");
  siam_check_loss_extremes(&siam_arcface_reference, "arcface scale=300");
}

Test(arcface, pictures_on_their_proxies_have_finite_gradients) {
  static siam_loss_case c;
  static siam_loss_outcome outcome;
  siam_loss_fill(&c, "arcface", 6, 20, 3, 4);
  for (int i = 0; i < 6 * 20; i++) c.parameters[c.labels[i / 20] * 20 + i % 20] = c.embeddings[i];
  siam_loss_run(&c, &outcome);
  cr_expect(isfinite(outcome.result[SIAM_LOSS_VALUE]));
  for (int i = 0; i < 6 * 20; i++) cr_expect(isfinite(outcome.gradients[i]));
  for (int i = 0; i < c.parameter_count; i++) cr_expect(isfinite(outcome.parameter_gradients[i]));
}
