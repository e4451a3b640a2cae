/// product_check.h: holds one way of computing a product or a pass of a convolution (compute/tunable.h) to
/// float64.
#ifndef SIAM_REFERENCE_PRODUCT_CHECK_H
#define SIAM_REFERENCE_PRODUCT_CHECK_H

#include "compute/tunable.h"

/// The element whose error takes the largest share of its bound. Failures add up: `failure` is the first.
typedef struct siam_product_result {
  double share, error, bound;
  unsigned cases;
  char failure[256]; ///< The first number that is wrong, or a guard that was written; empty: all are right.
} siam_product_result;

/// Holds one number to what it must be, give or take `bound`; a NaN is wrong. `what` and `at` name it in a
/// failure.
void siam_product_hold(const char *what, int at, double value, double expected, double bound,
                       siam_product_result *result);

/// Computes `tunable` the way of `choice` on numbers in [−1, 1), between guards, and adds what came out to
/// `result`. The bound is that of any order of summation in float32 (Higham 2002, section 3.1), of Winograd's
/// own terms where the way is one of his. Of large results, and long sums, elements spread over the whole are
/// compared. A way that cannot be built or run is the status.
siam_status siam_product_check(siam_device *device, const siam_tunable *tunable, const char *choice,
                               siam_product_result *result);

#endif
