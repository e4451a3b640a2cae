#include "device_memory.h"
#include "loss_check.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(proxy_anchor, .fini = siam_test_device_close);

Test(proxy_anchor, equals_the_reference) {
  siam_check_loss_edges(&siam_proxy_anchor_reference, "proxy_anchor");
  siam_check_loss_edges(&siam_proxy_anchor_reference, "proxy_anchor margin=0.3 alpha=4");
}

Test(proxy_anchor, equals_pytorch_metric_learning) {
  siam_check_loss_golden(&siam_proxy_anchor_reference, 4);
}

Test(proxy_anchor, extremes_are_borne) {
  siam_check_loss_extremes(&siam_proxy_anchor_reference, "proxy_anchor");
  siam_check_loss_extremes(&siam_proxy_anchor_reference, "proxy_anchor alpha=500");
}

Test(proxy_anchor, gradients_of_proxies_are_added_to_what_is_there) {
  static siam_loss_case c;
  siam_loss_fill(&c, "proxy_anchor", 12, 17, 4, 3);
  c.prior = 2;
  siam_check_loss(&siam_proxy_anchor_reference, &c);
}

Test(proxy_anchor, a_proxy_without_a_length_stays_where_it_is) {
  static siam_loss_case c;
  static siam_loss_outcome outcome;
  siam_loss_fill(&c, "proxy_anchor", 12, 17, 4, 3);
  for (int i = 0; i < 17; i++) c.parameters[17 + i] = 0;
  siam_loss_run(&c, &outcome);
  cr_expect(isfinite(outcome.result[SIAM_LOSS_VALUE]));
  for (int i = 0; i < 17; i++) cr_expect_eq(outcome.parameter_gradients[17 + i], 0);
}
