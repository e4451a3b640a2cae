#include "device_memory.h"
#include "loss_check.h"

#include <criterion/criterion.h>

TestSuite(nt_xent, .fini = siam_test_device_close);

Test(nt_xent, equals_the_reference) {
  siam_check_loss_edges(&siam_nt_xent_reference, "nt_xent");
  siam_check_loss_edges(&siam_nt_xent_reference, "nt_xent temperature=0.02");
}

Test(nt_xent, equals_pytorch_metric_learning) {
  siam_check_loss_golden(&siam_nt_xent_reference, 4);
}

Test(nt_xent, extremes_are_borne) {
  siam_check_loss_extremes(&siam_nt_xent_reference, "nt_xent");
  siam_check_loss_extremes(&siam_nt_xent_reference, "nt_xent temperature=0.001");
}
