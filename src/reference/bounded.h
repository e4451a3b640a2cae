/// A number and how far a device's float32 may be off it: running error analysis (Higham 2002, section 3.3).
/// A reference that is written with these, operation by operation as its kernel does it, derives its own
/// tolerance. With u = 2^−24: sums, differences and products are off by u of their result, and divisions,
/// roots, exponentials and logarithms by what OpenCL allows them (section 7.4), where 1 ulp ≤ 2u.
#ifndef SIAM_REFERENCE_BOUNDED_H
#define SIAM_REFERENCE_BOUNDED_H

#include <stdbool.h>

typedef struct siam_bounded {
  double value, error;
} siam_bounded;

/// A number that the device has exactly, as far as float32 can: options, counts.
siam_bounded bounded_exactly(double value);

siam_bounded bounded_plus(siam_bounded a, siam_bounded b);
siam_bounded bounded_minus(siam_bounded a, siam_bounded b);
siam_bounded bounded_times(siam_bounded a, siam_bounded b);
siam_bounded bounded_over(siam_bounded a, siam_bounded b);
siam_bounded bounded_scaled(siam_bounded a, double exact);
siam_bounded bounded_exp(siam_bounded a);
siam_bounded bounded_log(siam_bounded a);
siam_bounded bounded_root(siam_bounded a);
/// max(0, a).
siam_bounded bounded_positive(siam_bounded a);
/// log(1 + exp(a)), and its derivative 1/(1 + exp(−a)), computed from exp(−|a|).
siam_bounded bounded_softplus(siam_bounded a);
siam_bounded bounded_sigmoid(siam_bounded a);

/// Sums in any order.
siam_bounded bounded_sum(const siam_bounded *terms, int count);
/// log Σ exp(term) of at least one term, computed with the largest so far taken out.
siam_bounded bounded_log_sum_exp(const siam_bounded *terms, int count);

/// Whether a is above b. A choice that rounding could turn is remembered: the device may choose otherwise.
bool bounded_above(siam_bounded a, siam_bounded b);

/// Whether there was such a choice since this was last asked.
bool bounded_was_unsure(void);

#endif
