// Losses with their slopes, the errors of both, and a bound of the third derivative along a line.
#include "sharing/exact.h"

#include <math.h>

/// The host rounds a slope once, to give it to the device.
static void put_slope(const exact_outcome *o, int i, double slope, double error) {
  if (o->slopes == NULL) return;
  o->slopes[i] = slope;
  o->slope_errors[i] = error + o->unit * (fabs(slope) + error);
}

static void squares_run(exact_outcome *o) {
  const int count = o->images * o->outputs;
  for (int i = 0; i < count; i++) {
    const double off = o->y[i] - o->target[i], error = o->errors[i];
    o->value += off * off / 2;
    o->value_error += error * (fabs(off) + error / 2);
    put_slope(o, i, off, error + o->unit * fabs(off));
  }
  o->value_error += exact_gamma(count + 3, o->unit) * (o->value + o->value_error);
}

// (½ s²)''' = 3 s'·s'' + s·s'''
static double squares_third(const exact_outcome *o, double *const rates[3]) {
  double sum = 0;
  for (int i = 0; i < o->images * o->outputs; i++)
    sum += 3 * rates[0][i] * rates[1][i] + (fabs(o->y[i] - o->target[i]) + o->errors[i]) * rates[2][i];
  return sum;
}

/// Largest of a row: of y, of its errors.
static double largest(const double *row, int count) {
  double most = -INFINITY;
  for (int i = 0; i < count; i++) most = fmax(most, row[i]);
  return most;
}

// p = softmax y. Where every y is off by δ at most, p is by a factor of e^2δ, and the loss by 2δ.
static void cross_entropy_run(exact_outcome *o) {
  for (int n = 0; n < o->images; n++) {
    const double *y = o->y + n * o->outputs;
    const double most = largest(y, o->outputs), delta = largest(o->errors + n * o->outputs, o->outputs);
    const int target = (int)o->target[n];
    double sum = 0, range = 0;
    for (int i = 0; i < o->outputs; i++) {
      sum += exp(y[i] - most);
      range = fmax(range, most - y[i]);
    }
    // An exponential of a rounded difference, the sum, its quotient or logarithm.
    const double relative = exact_gamma(o->outputs + range + 8, o->unit);
    o->value += log(sum) + most - y[target];
    o->value_error += 2 * delta + relative + 4 * o->unit * (fabs(most) + fabs(y[target]) + log(sum));
    for (int i = 0; i < o->outputs; i++) {
      const double p = exp(y[i] - most) / sum;
      put_slope(o, n * o->outputs + i, p - (i == target), p * (expm1(2 * delta) + 2 * relative) + o->unit);
    }
  }
  o->value_error += exact_gamma(o->images, o->unit) * o->value;
}

// With expectations under p: (log Σ e^y)''' = E[y'''] + 3 Cov(y', y'') + E[(y' − E y')³], and |y'| ≤ R1 and
// so on: at most R3 + 3·R1·R2 + 2·R1³. Less the target's own y'''.
static double cross_entropy_third(const exact_outcome *o, double *const rates[3]) {
  double sum = 0;
  for (int n = 0; n < o->images; n++) {
    double most[3];
    for (int k = 0; k < 3; k++) most[k] = largest(rates[k] + n * o->outputs, o->outputs);
    sum += 2 * most[2] + 3 * most[0] * most[1] + 2 * pow(most[0], 3);
  }
  return sum;
}

static void pairs_run(exact_outcome *o) {
  const int half = o->images / 2 * o->outputs;
  for (int i = 0; i < half; i++) {
    const double off = o->y[i] - o->y[half + i], error = o->errors[i] + o->errors[half + i];
    o->value += off * off / 2;
    o->value_error += error * (fabs(off) + error / 2);
    put_slope(o, i, off, error + o->unit * fabs(off));
    put_slope(o, half + i, -off, error + o->unit * fabs(off));
  }
  o->value_error += exact_gamma(half + 3, o->unit) * (o->value + o->value_error);
}

static double pairs_third(const exact_outcome *o, double *const rates[3]) {
  const int half = o->images / 2 * o->outputs;
  double sum = 0;
  for (int i = 0; i < half; i++) {
    const double off = fabs(o->y[i] - o->y[half + i]) + o->errors[i] + o->errors[half + i];
    sum += 3 * (rates[0][i] + rates[0][half + i]) * (rates[1][i] + rates[1][half + i]) +
           off * (rates[2][i] + rates[2][half + i]);
  }
  return sum;
}

const exact_loss exact_squares = {"½ Σ (y − target)²", squares_run, squares_third};
const exact_loss exact_cross_entropy = {"−Σ log softmax(y)[next word]", cross_entropy_run,
                                        cross_entropy_third};
const exact_loss exact_pairs = {"½ Σ |a − b|² over pairs", pairs_run, pairs_third};
