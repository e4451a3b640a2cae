#include "device_memory.h"
#include "reference/average_check.h"

#include <criterion/criterion.h>

TestSuite(average, .fini = siam_test_device_close);

static void check(size_t count, float decay) {
  siam_product_result result = {0};
  siam_test_ok(siam_average_check(siam_test_device(), count, decay, &result));
  cr_assert_str_empty(result.failure, "%zu weights: %s", count, result.failure);
}

Test(average, equals_the_reference_and_begins_with_the_first_weights) {
  const size_t counts[] = {1, 15, 16, 17, 4096, 4096 + 37};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) check(counts[i], 0.999F);
  check(100, 0.3F);
}
