#include "device_memory.h"
#include "loss_check.h"

#include <criterion/criterion.h>

TestSuite(supervised_contrastive, .fini = siam_test_device_close);

Test(supervised_contrastive, equals_the_reference) {
  siam_check_loss_edges(&siam_supervised_contrastive_reference, "supervised_contrastive");
  siam_check_loss_edges(&siam_supervised_contrastive_reference, "supervised_contrastive temperature=0.02");
}

Test(supervised_contrastive, equals_pytorch_metric_learning) {
  siam_check_loss_golden(&siam_supervised_contrastive_reference, 4);
}

Test(supervised_contrastive, extremes_are_borne) {
  siam_check_loss_extremes(&siam_supervised_contrastive_reference, "supervised_contrastive");
  siam_check_loss_extremes(&siam_supervised_contrastive_reference, "supervised_contrastive temperature=0.01");
}
