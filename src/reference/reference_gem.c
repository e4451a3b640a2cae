#include "reference/reference_gem.h"

#include "reference/rounding_parts.h"

#include <math.h>
#include <string.h>

/// One channel of one image, with x̂ = max(x, ε) and t = x̂ / m where m is the largest x̂: the generalised mean
/// (Σ x̂^p / N)^(1/p) = m · (Σ t^p / N)^(1/p), and its slope in p.
typedef struct channel {
  size_t first, end, step; ///< Elements of x: first, first + step, … before end.
  double epsilon, p, pixels;
  bool p_moves;       ///< p is not held at a limit.
  double spread;      ///< Σ t^p / N
  double weighted;    ///< Σ t^p·ln t / Σ t^p
  double mean, slope; ///< y, and dy/dp = y/p · (weighted − ln(spread) / p).
} channel;

static channel channel_of(const siam_reference *r, size_t output) {
  const siam_layer *layer = r->layer;
  const size_t step = (size_t)layer->in.channels, image = siam_shape_count(layer->in);
  const size_t pixels = image / step;
  const double p = r->weight[0][0];
  channel c = {.first = output / step * image + output % step,
               .end = (output / step + 1) * image,
               .step = step,
               .epsilon = (float)siam_reference_option(layer, "epsilon"),
               .p = fmin(fmax(p, 1), 16),
               .pixels = (double)pixels,
               .p_moves = p > 1 && p < 16};
  double largest = c.epsilon, powers = 0, logarithms = 0;
  for (size_t i = c.first; i < c.end; i += step) largest = fmax(largest, r->x[i]);
  for (size_t i = c.first; i < c.end; i += step) {
    const double t = (r->x[i] <= c.epsilon ? c.epsilon : r->x[i]) / largest;
    powers += pow(t, c.p);
    logarithms += pow(t, c.p) * log(t);
  }
  c.spread = powers / c.pixels;
  c.weighted = logarithms / powers;
  c.mean = largest * pow(c.spread, 1 / c.p);
  c.slope = c.mean / c.p * (c.weighted - log(c.spread) / c.p);
  return c;
}

static size_t outputs_of(const siam_reference *r) {
  return (size_t)r->images * (size_t)r->layer->in.channels;
}

void siam_reference_gem_forward(const siam_reference *reference) {
  for (size_t i = 0; i < outputs_of(reference); i++) reference->y[i] = channel_of(reference, i).mean;
}

// dx = dy · (x̂ / y)^(p − 1) / N where x > ε,  dp += Σ dy · dy/dp
void siam_reference_gem_backward(const siam_reference *reference) {
  const siam_reference *r = reference;
  for (size_t i = 0; i < outputs_of(r); i++) {
    const channel c = channel_of(r, i);
    for (size_t at = c.first; at < c.end; at += c.step)
      r->dx[at] = r->x[at] <= c.epsilon ? 0 : r->dy[i] * pow(r->x[at] / c.mean, c.p - 1) / c.pixels;
    if (c.p_moves) r->gradient[0][0] += r->dy[i] * c.slope;
  }
}

/// What a power may be off by, as a part of it: 16 ulp of powr, and 2.5 ulp of the quotient of which it is
/// taken, `exponent` times over.
static double of_power(double exponent) {
  return (32 + 5 * exponent) * unit;
}

/// Of the spread, as a part of it.
static double of_spread(const channel *c) {
  return of_power(c->p) + siam_rounding_of_sum(c->pixels + 5);
}

/// The mean's own roundings, as a part of it: those of the spread and of 1/p (2.5 ulp) in the exponent, the
/// second power, and the product.
static double of_mean(const channel *c) {
  return of_spread(c) / c->p + 5 * unit * fabs(log(c->spread)) / c->p + 34 * unit;
}

/// The generalised mean is a norm for p ≥ 1 (Minkowski): errors of x move it by no more than their own mean,
/// and that by no more than the largest of them.
static double moved(const siam_rounding *r, const channel *c) {
  double largest = 0;
  for (size_t i = c->first; i < c->end; i += c->step) largest = fmax(largest, r->x_error[i]);
  return largest;
}

void siam_rounding_gem_forward(const siam_rounding *rounding) {
  for (size_t i = 0; i < outputs_of(rounding->reference); i++) {
    const channel c = channel_of(rounding->reference, i);
    rounding->y_error[i] = moved(rounding, &c) + c.mean * of_mean(&c) + smallest;
  }
}

/// Bounds of one element's f = (x / y)^(p − 1) / N, where x and y stray.
typedef struct factor {
  double value, least, most;
  double logarithm; ///< Most that |ln(x / y)| may be.
} factor;

static factor factor_of(const siam_rounding *r, const channel *c, double y_error, size_t at) {
  const double x = r->reference->x[at], low = x - r->x_error[at], high = x + r->x_error[at];
  const double below = fmax(c->mean - y_error, c->epsilon / 2), above = c->mean + y_error;
  factor f = {0};
  if (x > c->epsilon) f.value = pow(x / c->mean, c->p - 1) / c->pixels;
  if (low > c->epsilon) f.least = pow(low / above, c->p - 1) / c->pixels;
  if (high > c->epsilon) f.most = pow(high / below, c->p - 1) / c->pixels;
  f.logarithm = fmax(fabs(log(fmax(high, c->epsilon) / below)), fabs(log(fmax(low, c->epsilon) / above)));
  return f;
}

/// Of dy/dp: the roundings of `weighted` (each logarithm 3 ulp and 5u from its argument; powers and their
/// sums twice) and of ln(spread), and what errors of x move it by, at most the slope of f in p, f·|ln(x/y) −
/// (p − 1)·g/y|, times each. |g / y| ≤ (ln N / p + N / (e·p)) / p, since |t^p·ln t| ≤ 1 / (e·p) and Σ t^p
/// ≥ 1.
static double slope_error(const siam_rounding *r, const channel *c, double y_error) {
  const double sums = 2 * (of_power(c->p) + siam_rounding_of_sum(c->pixels));
  const double weighted = fabs(c->weighted) * (sums + 12 * unit) + 6 * unit;
  const double logarithm = (of_spread(c) + 8 * unit * fabs(log(c->spread))) / c->p;
  const double steepest = (log(c->pixels) / c->p + c->pixels / (M_E * c->p)) / c->p;
  double error = c->mean / c->p * (weighted + logarithm) + fabs(c->slope) * (of_mean(c) + 12 * unit);
  for (size_t at = c->first; at < c->end; at += c->step) {
    if (r->x_error[at] == 0) continue;
    const factor f = factor_of(r, c, y_error, at);
    error += r->x_error[at] * f.most * (f.logarithm + (c->p - 1) * steepest);
  }
  return error;
}

void siam_rounding_gem_backward(const siam_rounding *rounding) {
  const siam_rounding *r = rounding;
  const siam_reference *reference = r->reference;
  const size_t outputs = outputs_of(reference);
  const double gamma = siam_rounding_of_sum((double)outputs + 4);
  for (size_t i = 0; i < outputs; i++) {
    const channel c = channel_of(reference, i);
    const double own = c.mean * of_mean(&c) + smallest, y_error = moved(r, &c) + own;
    const double dy = fabs(reference->dy[i]) + r->dy_error[i];
    for (size_t at = c.first; at < c.end; at += c.step) {
      const factor f = factor_of(r, &c, y_error, at);
      const double stray =
          fmax(f.most - f.value, f.value - f.least) + f.most * (of_power(c.p - 1) + 8 * unit);
      r->dx_error[at] = r->dy_error[i] * f.value + dy * stray + smallest;
    }
    if (!c.p_moves) continue;
    r->gradient_error[0][0] +=
        r->dy_error[i] * fabs(c.slope) + dy * slope_error(r, &c, y_error) + gamma * dy * fabs(c.slope);
  }
  r->gradient_error[0][0] += gamma * r->prior + smallest;
}
