/// Device memory for tests of kernels: every range lies between guards, at an odd offset, so that a read or
/// write outside shows. Failures abort the test through Criterion.
#ifndef SIAM_TEST_DEVICE_MEMORY_H
#define SIAM_TEST_DEVICE_MEMORY_H

#include "device/tape.h"

/// Fails the test with the library's sentence unless `status` is SIAM_OK.
void siam_test_ok(siam_status status);

/// The default device, opened by the first call in a test; siam_test_device_close() releases it and all
/// memory below.
siam_device *siam_test_device(void);
void siam_test_device_close(void);

/// A copy of `values` on the device between guards that are NaN: a result that depends on them is NaN, too.
siam_view siam_test_upload(const float *values, size_t count);

/// Replaces the values of such a range.
void siam_test_rewrite(siam_view view, const float *values);

/// Reads such a range into `values` and checks that its guards are as they were.
void siam_test_download(siam_view view, float *values);

/// Writes `count` numbers in [−1, 1), the same for the same `seed`.
void siam_test_numbers(float *values, size_t count, unsigned seed);

/// Products and convolutions of more multiply-adds are left out: all take part, but where the environment
/// variable SIAMESE_TEST_SMALL is set, for devices that are simulated or take long to build.
double siam_test_most_products(void);

/// A new tape on the device; siam_test_device_close() destroys it.
siam_tape *siam_test_tape(void);

/// Runs a tape, sealing it the first time, and waits.
void siam_test_run(siam_tape *tape);

#endif
