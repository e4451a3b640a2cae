#include "device_memory.h"
#include "loss_check.h"

#include <criterion/criterion.h>

TestSuite(multi_similarity, .fini = siam_test_device_close);

Test(multi_similarity, equals_the_reference) {
  siam_check_loss_edges(&siam_multi_similarity_reference, "multi_similarity");
  siam_check_loss_edges(&siam_multi_similarity_reference,
                        "multi_similarity alpha=10 beta=5 base=0.1 epsilon=4");
}

Test(multi_similarity, equals_pytorch_metric_learning) {
  siam_check_loss_golden(&siam_multi_similarity_reference, 4);
}

Test(multi_similarity, extremes_are_borne) {
  siam_check_loss_extremes(&siam_multi_similarity_reference, "multi_similarity");
  siam_check_loss_extremes(&siam_multi_similarity_reference, "multi_similarity alpha=1000 beta=1000");
}
