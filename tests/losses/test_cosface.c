#include "device_memory.h"
#include "loss_check.h"

#include <criterion/criterion.h>

TestSuite(cosface, .fini = siam_test_device_close);

Test(cosface, equals_the_reference) {
  siam_check_loss_edges(&siam_cosface_reference, "cosface");
  siam_check_loss_edges(&siam_cosface_reference, "cosface margin=0.1 scale=8");
}

Test(cosface, equals_pytorch_metric_learning) {
  siam_check_loss_golden(&siam_cosface_reference, 4);
}

Test(cosface, extremes_are_borne) {
  siam_check_loss_extremes(&siam_cosface_reference, "cosface");
  siam_check_loss_extremes(&siam_cosface_reference, "cosface scale=300");
}
