/// average_check.h: holds the moving average of the weights to float64, step by step.
#ifndef SIAM_REFERENCE_AVERAGE_CHECK_H
#define SIAM_REFERENCE_AVERAGE_CHECK_H

#include "device/device.h"
#include "reference/product_check.h"

/// Averages `count` weights, which change from step to step, over twelve steps, and adds to `result` how far
/// every number is from its reference after every step.
siam_status siam_average_check(siam_device *device, size_t count, float decay, siam_product_result *result);

#endif
