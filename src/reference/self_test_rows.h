/// self_test_rows.h: what the parts of the self-test share.
#ifndef SIAM_REFERENCE_SELF_TEST_ROWS_H
#define SIAM_REFERENCE_SELF_TEST_ROWS_H

#include "device/device.h"
#include "reference/product_check.h"
#include "reference/self_test.h"

typedef struct siam_self_test_run {
  siam_device *device;
  siam_self_test_options options; ///< Defaults filled in.
  siam_self_test_report *report;
  double begun;
} siam_self_test_run;

/// Adds a row; false where no time is left for it, which the row then says. `row` holds until the next.
siam_status siam_self_test_begin(siam_self_test_run *test, siam_self_test_row **row, bool *reached,
                                 const char *format, ...) __attribute__((format(printf, 4, 5)));

/// Writes what a check came to; `status` is that of running it.
void siam_self_test_end(siam_self_test_run *test, siam_self_test_row *row, siam_status status,
                        const siam_product_result *result);

bool siam_self_test_has_time(const siam_self_test_run *test);

/// What tuning chose; engines of products and convolutions at edge sizes.
siam_status siam_self_test_products(siam_self_test_run *test);
/// Products and convolutions of the default model and the built-in encoders.
siam_status siam_self_test_encoders(siam_self_test_run *test);
/// Layers, forward and backward, by themselves and in the ways that take several at once.
siam_status siam_self_test_networks(siam_self_test_run *test);
/// Losses, optimisers, the average of weights, and augmentation.
siam_status siam_self_test_training(siam_self_test_run *test);
/// The model of the options.
siam_status siam_self_test_model_file(siam_self_test_run *test);

#endif
