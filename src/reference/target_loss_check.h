/// target_loss_check.h: holds a loss against targets to float64.
#ifndef SIAM_REFERENCE_TARGET_LOSS_CHECK_H
#define SIAM_REFERENCE_TARGET_LOSS_CHECK_H

#include "losses/target_loss.h"
#include "reference/product_check.h"

/// Computes a loss of `rows` outputs of `columns` numbers, spread over −2 … 2 times `scale`, between guards,
/// and adds to `result` how far the loss and every number of its gradient are from the reference. A loss
/// without one is SIAM_ERROR_ARGUMENT.
siam_status siam_target_loss_check(siam_device *device, const siam_target_loss *loss, int rows, int columns,
                                   float scale, uint32_t seed, siam_product_result *result);

#endif
