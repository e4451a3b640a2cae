#include "reference/rounding_norm.h"

#include "reference/rounding_parts.h"

#include <math.h>

/// What the bounds of batch normalisation share, for one channel.
typedef struct channel {
  size_t rows, channels;
  double mean, variance, inverse, gamma, beta;
  double mean_error, variance_error;
  double inverse_error; ///< As a part of `inverse`.
} channel;

/// Mean and variance of every `step`-th of values with their errors. The mean is a sum of `rows` terms. A
/// deviation x − mean then is off by the errors of both and one rounding, and enters the variance twice.
static void measure(const double *x, const double *x_error, size_t step, channel *k) {
  double sum = 0, magnitudes = 0, errors = 0, squares = 0, slips = 0, rows = (double)k->rows;
  for (size_t i = 0; i < k->rows * step; i += step) {
    sum += x[i];
    magnitudes += fabs(x[i]);
    errors += x_error[i];
  }
  k->mean = sum / rows;
  k->mean_error = (siam_rounding_of_sum(rows + 6) * magnitudes + errors) / rows;
  for (size_t i = 0; i < k->rows * step; i += step) {
    double deviation = fabs(x[i] - k->mean);
    double slip = unit * (fabs(x[i]) + fabs(k->mean)) + k->mean_error + x_error[i];
    squares += deviation * deviation;
    slips += 2 * deviation * slip + slip * slip;
  }
  k->variance = squares / rows;
  k->variance_error = (slips + siam_rounding_of_sum(rows + 6) * squares) / rows + smallest;
}

/// 1/√ halves the relative error; root (3 ulp) and division (2.5 ulp) add 11u.
static void invert(double epsilon, channel *k) {
  k->inverse = 1 / sqrt(k->variance + epsilon);
  double relative = k->variance_error / (k->variance + epsilon);
  // (1 − t)^−½ ≤ 1 + t for t ≤ ½; beyond that nothing is known.
  k->inverse_error = relative <= 0.5 ? relative + 14 * unit : INFINITY;
}

static channel channel_of(const siam_rounding *r, size_t c) {
  const siam_reference *reference = r->reference;
  channel k = {.channels = (size_t)reference->layer->in.channels};
  k.rows = input_count(r) / k.channels;
  k.gamma = reference->weight[0][c];
  k.beta = reference->weight[1][c];
  if (reference->training) {
    measure(reference->x + c, r->x_error + c, k.channels, &k);
  } else {
    k.mean = reference->weight[2][c];
    k.variance = reference->weight[3][c];
  }
  invert(siam_reference_option(reference->layer, "epsilon"), &k);
  return k;
}

void siam_rounding_batch_norm_forward(const siam_rounding *r) {
  const siam_reference *reference = r->reference;
  size_t channels = (size_t)reference->layer->in.channels;
  for (size_t c = 0; c < channels; c++) {
    channel k = channel_of(r, c);
    double scale = fabs(k.gamma) * k.inverse;
    // y = x·scale + (beta − mean·scale): the two large terms may cancel, their roundings do not.
    for (size_t i = c; i < k.rows * channels; i += channels)
      r->y_error[i] =
          scale * (r->x_error[i] + k.mean_error + fabs(reference->x[i] - k.mean) * k.inverse_error) +
          4 * unit * scale * (fabs(reference->x[i]) + fabs(k.mean)) +
          2 * unit * (fabs(k.beta) + fabs(reference->y[i])) + smallest;
    if (!reference->training) continue;
    double momentum = siam_reference_option(reference->layer, "momentum");
    double unbiased = (double)k.rows / fmax((double)k.rows - 1, 1);
    r->state_error[0][c] =
        momentum * k.mean_error + 6 * unit * (fabs(reference->weight[2][c]) + fabs(k.mean));
    r->state_error[1][c] = momentum * unbiased * k.variance_error +
                           6 * unit * (fabs(reference->weight[3][c]) + unbiased * k.variance);
  }
}

// With x̂ off by `normal_error`, Σ dy and Σ dy·x̂ are sums of `rows` terms, and
//   dx = scale · (dy − Σdy/rows − x̂ · Σ(dy·x̂)/rows)
// is off by the errors of its parts, and 8u for its own operations.
void siam_rounding_batch_norm_backward(const siam_rounding *r) {
  const siam_reference *reference = r->reference;
  size_t channels = (size_t)reference->layer->in.channels;
  for (size_t c = 0; c < channels; c++) {
    channel k = channel_of(r, c);
    double scale = fabs(k.gamma) * k.inverse, rows = (double)k.rows;
    double sum = 0, sum_error = 0, product = 0, product_error = 0;
    double gamma = siam_rounding_of_sum(rows + 8);
    for (size_t i = c; i < k.rows * channels; i += channels) {
      double dy = fabs(reference->dy[i]), normal = (reference->x[i] - k.mean) * k.inverse;
      double normal_error =
          k.inverse * (r->x_error[i] + k.mean_error + unit * (fabs(reference->x[i]) + fabs(k.mean))) +
          fabs(normal) * k.inverse_error;
      sum += reference->dy[i];
      sum_error += r->dy_error[i] + gamma * dy;
      product += reference->dy[i] * normal;
      product_error += (fabs(normal) + normal_error) * (r->dy_error[i] + gamma * dy) + dy * normal_error;
    }
    r->gradient_error[0][c] += product_error + gamma * r->prior + smallest;
    r->gradient_error[1][c] += sum_error + gamma * r->prior + smallest;
    if (!reference->training) sum = sum_error = product = product_error = 0;
    for (size_t i = c; i < k.rows * channels; i += channels) {
      double normal = fabs(reference->x[i] - k.mean) * k.inverse;
      double normal_error =
          k.inverse * (r->x_error[i] + k.mean_error + unit * (fabs(reference->x[i]) + fabs(k.mean))) +
          normal * k.inverse_error;
      double parts = fabs(reference->dy[i]) + fabs(sum) / rows + normal * fabs(product) / rows;
      r->dx_error[i] = scale * (r->dy_error[i] + sum_error / rows + normal * product_error / rows +
                                normal_error * (fabs(product) + product_error) / rows +
                                (2 * k.inverse_error + 8 * unit) * parts) +
                       smallest;
    }
  }
}

/// Length of row n, and its relative error: squares of quotients (2.5 ulp each) are summed, a root (3 ulp)
/// and a division follow, and errors of x count by their part of the length.
static double length_of(const siam_rounding *r, size_t n, double *relative) {
  size_t count = (size_t)r->reference->layer->in.channels;
  const double *x = r->reference->x + n * count, *errors = r->x_error + n * count;
  double length = 0, moved = 0;
  for (size_t i = 0; i < count; i++) length = hypot(length, x[i]);
  for (size_t i = 0; i < count && length > 0; i++) moved += fabs(x[i]) / length * errors[i] / length;
  *relative = siam_rounding_of_sum((double)count / 2 + 18) + moved;
  return length;
}

void siam_rounding_l2_normalize_forward(const siam_rounding *r) {
  size_t count = (size_t)r->reference->layer->in.channels;
  for (size_t n = 0; n < (size_t)r->reference->images; n++) {
    double relative, length = length_of(r, n, &relative);
    for (size_t i = n * count; i < (n + 1) * count; i++)
      r->y_error[i] = r->x_error[i] / fmax(length, 1e-12) + fabs(r->reference->y[i]) * relative + smallest;
  }
}

// dx = (dy − y·along)/length with along = Σ y·dy.
void siam_rounding_l2_normalize_backward(const siam_rounding *r) {
  const siam_reference *reference = r->reference;
  size_t count = (size_t)reference->layer->in.channels;
  double gamma = siam_rounding_of_sum((double)count);
  for (size_t n = 0; n < (size_t)reference->images; n++) {
    double relative, length = length_of(r, n, &relative), along = 0, along_error = 0;
    for (size_t i = n * count; i < (n + 1) * count; i++) {
      double y = fabs(reference->y[i]), dy = fabs(reference->dy[i]);
      double y_error = r->x_error[i] / fmax(length, 1e-12) + y * relative + smallest;
      along += reference->y[i] * reference->dy[i];
      along_error += (y + y_error) * (gamma * dy + r->dy_error[i]) + y_error * dy;
    }
    if (length <= 1e-12) along = along_error = 0;
    for (size_t i = n * count; i < (n + 1) * count; i++) {
      double y = fabs(reference->y[i]);
      double y_error = r->x_error[i] / fmax(length, 1e-12) + y * relative + smallest;
      double parts = fabs(reference->dy[i]) + y * fabs(along);
      r->dx_error[i] = (r->dy_error[i] + y * along_error + y_error * (fabs(along) + along_error) +
                        (relative + 4 * unit) * parts) /
                           fmax(length, 1e-12) +
                       smallest;
    }
  }
}

/// An image of layer normalisation as the one channel of a batch normalisation without scale and shift.
static channel image_of(const siam_rounding *r, size_t n) {
  const siam_reference *reference = r->reference;
  channel k = {.rows = siam_shape_count(reference->layer->in), .channels = 1, .gamma = 1};
  measure(reference->x + n * k.rows, r->x_error + n * k.rows, 1, &k);
  invert(siam_reference_option(reference->layer, "epsilon"), &k);
  return k;
}

/// Of y = (x − mean) · inverse at i.
static double normal_error(const siam_rounding *r, const channel *k, size_t i) {
  const double *x = r->reference->x;
  return k->inverse * (r->x_error[i] + k->mean_error + unit * (fabs(x[i]) + fabs(k->mean))) +
         fabs(x[i] - k->mean) * k->inverse * (k->inverse_error + 2 * unit) + smallest;
}

void siam_rounding_layer_norm_forward(const siam_rounding *r) {
  for (size_t n = 0; n < (size_t)r->reference->images; n++) {
    channel k = image_of(r, n);
    for (size_t i = n * k.rows; i < (n + 1) * k.rows; i++) r->y_error[i] = normal_error(r, &k, i);
  }
}

// As for batch normalisation: dx = inverse · (dy − Σdy/rows − y · Σ(dy·y)/rows).
void siam_rounding_layer_norm_backward(const siam_rounding *r) {
  const siam_reference *reference = r->reference;
  for (size_t n = 0; n < (size_t)reference->images; n++) {
    channel k = image_of(r, n);
    double sum = 0, sum_error = 0, product = 0, product_error = 0, rows = (double)k.rows;
    double gamma = siam_rounding_of_sum(rows + 8);
    for (size_t i = n * k.rows; i < (n + 1) * k.rows; i++) {
      double y = fabs(reference->y[i]), dy = fabs(reference->dy[i]), error = normal_error(r, &k, i);
      sum += reference->dy[i];
      sum_error += r->dy_error[i] + gamma * dy;
      product += reference->dy[i] * reference->y[i];
      product_error += (y + error) * (r->dy_error[i] + gamma * dy) + dy * error;
    }
    for (size_t i = n * k.rows; i < (n + 1) * k.rows; i++) {
      double y = fabs(reference->y[i]), error = normal_error(r, &k, i);
      double parts = fabs(reference->dy[i]) + fabs(sum) / rows + y * fabs(product) / rows;
      r->dx_error[i] = k.inverse * (r->dy_error[i] + sum_error / rows + y * product_error / rows +
                                    error * (fabs(product) + product_error) / rows +
                                    (2 * k.inverse_error + 8 * unit) * parts) +
                       smallest;
    }
  }
}
