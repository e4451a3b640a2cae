#include "device_memory.h"
#include "loss_check.h"

#include <criterion/criterion.h>

TestSuite(circle, .fini = siam_test_device_close);

Test(circle, equals_the_reference) {
  siam_check_loss_edges(&siam_circle_reference, "circle margin=0.25 gamma=4");
  siam_check_loss_edges(&siam_circle_reference, "circle");
}

Test(circle, equals_pytorch_metric_learning) {
  siam_check_loss_golden(&siam_circle_reference, 4);
}

Test(circle, extremes_are_borne) {
  siam_check_loss_extremes(&siam_circle_reference, "circle");
  siam_check_loss_extremes(&siam_circle_reference, "circle gamma=150");
}
