#include "gradient_check.h"

#include "device_memory.h"
#include "model/description.h"

#include <criterion/criterion.h>

siam_check_result siam_check_network(siam_network *network, const siam_check_options *options) {
  const siam_check_result result = siam_network_check(network, options);
  cr_assert_str_empty(result.failure, "%s", result.failure);
  return result;
}

siam_check_result siam_check_description(const char *description, const siam_check_options *options) {
  siam_network *network = NULL;
  siam_test_ok(siam_description_parse("the test", description, NULL, &network));
  siam_test_ok(siam_network_place(network, siam_test_device(), options->seed));
  siam_check_result result = siam_check_network(network, options);
  siam_network_destroy(network);
  return result;
}
