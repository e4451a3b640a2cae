#include "reference/bounded.h"

#include "reference/give_up.h"
#include "reference/rounding_parts.h"

#include <math.h>

/// `value` with an inherited error and one operation's own, of `halves` units u.
static siam_bounded rounded(double value, double inherited, double halves) {
  return (siam_bounded){value, inherited + halves * unit * (fabs(value) + inherited) + smallest};
}

siam_bounded bounded_exactly(double value) {
  return (siam_bounded){value, (double)(float)value == value ? 0 : unit * fabs(value)};
}

siam_bounded bounded_plus(siam_bounded a, siam_bounded b) {
  return rounded(a.value + b.value, a.error + b.error, 1);
}

siam_bounded bounded_minus(siam_bounded a, siam_bounded b) {
  return rounded(a.value - b.value, a.error + b.error, 1);
}

siam_bounded bounded_times(siam_bounded a, siam_bounded b) {
  return rounded(a.value * b.value, fabs(a.value) * b.error + fabs(b.value) * a.error + a.error * b.error, 1);
}

siam_bounded bounded_over(siam_bounded a, siam_bounded b) {
  double least = fabs(b.value) - b.error;
  if (!(least > 0)) siam_reference_give_up("a divisor of %g may be 0", b.value);
  return rounded(a.value / b.value, (a.error + fabs(a.value / b.value) * b.error) / least, 5);
}

siam_bounded bounded_scaled(siam_bounded a, double exact) {
  return bounded_times(a, bounded_exactly(exact));
}

siam_bounded bounded_exp(siam_bounded a) {
  return rounded(exp(a.value), exp(a.value) * expm1(a.error), 6);
}

siam_bounded bounded_log(siam_bounded a) {
  double least = a.value - a.error;
  if (!(least > 0)) siam_reference_give_up("the logarithm of %g may have none", a.value);
  return rounded(log(a.value), a.error / least, 6);
}

siam_bounded bounded_root(siam_bounded a) {
  double most = fmax(a.value, 0) + a.error, least = fmax(a.value - a.error, 0);
  double value = sqrt(fmax(a.value, 0));
  return rounded(value, fmax(sqrt(most) - value, value - sqrt(least)), 6);
}

siam_bounded bounded_positive(siam_bounded a) {
  return (siam_bounded){fmax(a.value, 0), a.error};
}

siam_bounded bounded_sigmoid(siam_bounded a) {
  siam_bounded small = bounded_exp((siam_bounded){-fabs(a.value), a.error});
  siam_bounded below = bounded_over(bounded_exactly(1), bounded_plus(bounded_exactly(1), small));
  return a.value > 0 ? below : bounded_times(small, below);
}

siam_bounded bounded_softplus(siam_bounded a) {
  siam_bounded small = bounded_exp((siam_bounded){-fabs(a.value), a.error});
  // log1p(x) is off by at most 2 ulp, and moves by no more than x.
  siam_bounded rest = rounded(log1p(small.value), small.error, 4);
  return bounded_plus(bounded_positive(a), rest);
}

siam_bounded bounded_sum(const siam_bounded *terms, int count) {
  double value = 0, error = 0, magnitude = 0;
  for (int k = 0; k < count; k++) {
    value += terms[k].value;
    error += terms[k].error;
    magnitude += fabs(terms[k].value) + terms[k].error;
  }
  return (siam_bounded){value, error + siam_rounding_of_sum(count) * magnitude};
}

siam_bounded bounded_log_sum_exp(const siam_bounded *terms, int count) {
  double largest = -INFINITY, sum = 0, inherited = 0, apart = 0;
  for (int k = 0; k < count; k++) {
    largest = fmax(largest, terms[k].value);
    // The whole moves by no more than the most that a term moves.
    inherited = fmax(inherited, terms[k].error);
  }
  for (int k = 0; k < count; k++) sum += exp(terms[k].value - largest);
  // The differences to the largest are rounded, and count by their share.
  for (int k = 0; k < count; k++)
    apart += exp(terms[k].value - largest) / sum * unit * (largest - terms[k].value);
  // Each term is an exponential (6u), added to a sum that a larger one may scale by another (6u and u).
  double relative = siam_rounding_of_sum(14.0 * count);
  siam_bounded logarithm = rounded(log(sum), inherited + apart + relative / (1 - relative), 6);
  return bounded_plus((siam_bounded){largest, 0}, logarithm);
}

static bool unsure;

bool bounded_above(siam_bounded a, siam_bounded b) {
  double error = a.error + b.error;
  unsure = unsure || (error > 0 && fabs(a.value - b.value) <= error);
  return a.value > b.value;
}

bool bounded_was_unsure(void) {
  bool was = unsure;
  unsure = false;
  return was;
}
