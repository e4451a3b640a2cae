#include "device_memory.h"
#include "softmax_reference.h"

#include <criterion/criterion.h>

TestSuite(cosface, .fini = siam_test_device_close);

static double target_value(const siam_loss_case *c, double s) {
  return s - siam_case_option(c, "margin");
}

static siam_bounded target_derive(const siam_loss_case *c, siam_bounded s, siam_bounded *slope) {
  *slope = bounded_exactly(1);
  return bounded_minus(s, bounded_exactly(siam_case_option(c, "margin")));
}

static const siam_softmax_target target = {target_value, target_derive};

static double value(const siam_loss_case *c, const double *matrix, const double *held) {
  (void)held;
  return siam_softmax_value(&target, c, matrix);
}

static siam_bounded derive(const siam_loss_case *c, const siam_bounded *matrix, siam_bounded *factors,
                           int *active) {
  return siam_softmax_derive(&target, c, matrix, factors, active);
}

static const siam_loss_reference reference = {"cosface", value, derive, NULL};

Test(cosface, equals_the_reference) {
  siam_check_loss_edges(&reference, "cosface");
  siam_check_loss_edges(&reference, "cosface margin=0.1 scale=8");
}

Test(cosface, equals_pytorch_metric_learning) {
  siam_check_loss_golden(&reference, 4);
}

Test(cosface, extremes_are_borne) {
  siam_check_loss_extremes(&reference, "cosface");
  siam_check_loss_extremes(&reference, "cosface scale=300");
}
