/// The checks of reference/network_check.h as assertions of a test.
#ifndef SIAM_TEST_GRADIENT_CHECK_H
#define SIAM_TEST_GRADIENT_CHECK_H

#include "reference/network_check.h"

/// Checks a network that is placed on siam_test_device(); its test ends with siam_test_device_close().
siam_check_result siam_check_network(siam_network *network, const siam_check_options *options);

/// Builds a network from a description (model/description.h), places it on siam_test_device() and checks it.
siam_check_result siam_check_description(const char *description, const siam_check_options *options);

#endif
