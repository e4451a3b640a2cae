#include "reference/reference.h"

#include "reference/give_up.h"
#include "reference/reference_gem.h"

#include "base/random.h"

#include <math.h>
#include <string.h>

bool siam_reference_is(const siam_layer *layer, const char *name) {
  return strcmp(layer->type->name, name) == 0;
}

double siam_reference_option(const siam_layer *layer, const char *name) {
  for (int i = 0; i < SIAM_OPTIONS_MAX && layer->type->options[i].name != NULL; i++)
    if (strcmp(layer->type->options[i].name, name) == 0) return layer->options[i];
  siam_reference_give_up("%s has no option '%s'", layer->type->name, name);
  return NAN;
}

static size_t input_count(const siam_reference *r) {
  return (size_t)r->images * siam_shape_count(r->layer->in);
}

static size_t output_count(const siam_reference *r) {
  return (size_t)r->images * siam_shape_count(r->layer->out);
}

/// Calls `visit` for every place of a filter on pictures of the shape `from`, which a convolution brings to
/// the shape `to`, that lies inside: the pixel [n,row,column] of `from` under it, the pixel
/// [n,to_row,to_column] of `to` that it belongs to, and the first of its weights
/// [ky][kx][from.channels][to.channels].
typedef void (*tap_function)(const siam_reference *r, size_t from_pixel, size_t to_pixel, size_t tap);
static void each_tap(const siam_reference *r, siam_shape from, siam_shape to, tap_function visit) {
  int kernel = (int)siam_reference_option(r->layer, "kernel");
  int stride = (int)siam_reference_option(r->layer, "stride"),
      pad = (int)siam_reference_option(r->layer, "pad");
  for (int n = 0; n < r->images; n++)
    for (int to_row = 0; to_row < to.height; to_row++)
      for (int to_column = 0; to_column < to.width; to_column++)
        for (int ky = 0; ky < kernel; ky++)
          for (int kx = 0; kx < kernel; kx++) {
            int row = to_row * stride + ky - pad, column = to_column * stride + kx - pad;
            if (row < 0 || row >= from.height || column < 0 || column >= from.width) continue;
            visit(r, siam_reference_at(from, n, row, column, 0),
                  siam_reference_at(to, n, to_row, to_column, 0),
                  (size_t)(ky * kernel + kx) * (size_t)from.channels * (size_t)to.channels);
          }
}

// y[o] += Σ_c x[c] · w[c][o]
static void conv_tap_forward(const siam_reference *r, size_t x_pixel, size_t y_pixel, size_t tap) {
  int channels = r->layer->in.channels, filters = r->layer->out.channels;
  for (int c = 0; c < channels; c++)
    for (int o = 0; o < filters; o++)
      r->y[y_pixel + (size_t)o] += r->x[x_pixel + (size_t)c] * r->weight[0][tap + (size_t)(c * filters + o)];
}

// dx[c] += Σ_o dy[o] · w[c][o],  dw[c][o] += x[c] · dy[o]
static void conv_tap_backward(const siam_reference *r, size_t x_pixel, size_t y_pixel, size_t tap) {
  int channels = r->layer->in.channels, filters = r->layer->out.channels;
  for (int c = 0; c < channels; c++)
    for (int o = 0; o < filters; o++) {
      size_t w = tap + (size_t)(c * filters + o);
      r->dx[x_pixel + (size_t)c] += r->dy[y_pixel + (size_t)o] * r->weight[0][w];
      r->gradient[0][w] += r->x[x_pixel + (size_t)c] * r->dy[y_pixel + (size_t)o];
    }
}

/// y[·][o] = b[o], or 0 without a bias.
static void start_with_bias(const siam_reference *r) {
  size_t channels = (size_t)r->layer->out.channels;
  for (size_t i = 0; i < output_count(r); i++)
    r->y[i] = r->layer->slot_count > 1 ? r->weight[1][i % channels] : 0;
}

/// db[o] += Σ dy[·][o]
static void bias_backward(const siam_reference *r) {
  size_t channels = (size_t)r->layer->out.channels;
  if (r->layer->slot_count < 2) return;
  for (size_t i = 0; i < output_count(r); i++) r->gradient[1][i % channels] += r->dy[i];
}

static void conv_forward(const siam_reference *r) {
  start_with_bias(r);
  each_tap(r, r->layer->in, r->layer->out, conv_tap_forward);
}

static void conv_backward(const siam_reference *r) {
  memset(r->dx, 0, input_count(r) * sizeof *r->dx);
  each_tap(r, r->layer->in, r->layer->out, conv_tap_backward);
  bias_backward(r);
}

/// The first weight [ky][kx][c] of a depthwise filter's tap; each_tap() counts those of a full convolution.
static size_t depthwise_tap(const siam_reference *r, size_t tap) {
  return tap / (size_t)r->layer->out.channels;
}

// y[c] += x[c] · w[c]
static void depthwise_tap_forward(const siam_reference *r, size_t x_pixel, size_t y_pixel, size_t tap) {
  for (size_t c = 0, w = depthwise_tap(r, tap); c < (size_t)r->layer->in.channels; c++, w++)
    r->y[y_pixel + c] += r->x[x_pixel + c] * r->weight[0][w];
}

// dx[c] += dy[c] · w[c],  dw[c] += x[c] · dy[c]
static void depthwise_tap_backward(const siam_reference *r, size_t x_pixel, size_t y_pixel, size_t tap) {
  for (size_t c = 0, w = depthwise_tap(r, tap); c < (size_t)r->layer->in.channels; c++, w++) {
    r->dx[x_pixel + c] += r->dy[y_pixel + c] * r->weight[0][w];
    r->gradient[0][w] += r->x[x_pixel + c] * r->dy[y_pixel + c];
  }
}

static void depthwise_conv_forward(const siam_reference *r) {
  start_with_bias(r);
  each_tap(r, r->layer->in, r->layer->out, depthwise_tap_forward);
}

static void depthwise_conv_backward(const siam_reference *r) {
  memset(r->dx, 0, input_count(r) * sizeof *r->dx);
  each_tap(r, r->layer->in, r->layer->out, depthwise_tap_backward);
  bias_backward(r);
}

// y[o] += Σ_c x[c] · w[o][c]
static void transpose_tap_forward(const siam_reference *r, size_t y_pixel, size_t x_pixel, size_t tap) {
  int channels = r->layer->in.channels, filters = r->layer->out.channels;
  for (int o = 0; o < filters; o++)
    for (int c = 0; c < channels; c++)
      r->y[y_pixel + (size_t)o] += r->x[x_pixel + (size_t)c] * r->weight[0][tap + (size_t)(o * channels + c)];
}

// dx[c] += Σ_o dy[o] · w[o][c],  dw[o][c] += x[c] · dy[o]
static void transpose_tap_backward(const siam_reference *r, size_t y_pixel, size_t x_pixel, size_t tap) {
  int channels = r->layer->in.channels, filters = r->layer->out.channels;
  for (int o = 0; o < filters; o++)
    for (int c = 0; c < channels; c++) {
      size_t w = tap + (size_t)(o * channels + c);
      r->dx[x_pixel + (size_t)c] += r->dy[y_pixel + (size_t)o] * r->weight[0][w];
      r->gradient[0][w] += r->x[x_pixel + (size_t)c] * r->dy[y_pixel + (size_t)o];
    }
}

// The filters go over y, and each of their places belongs to a pixel of x.
static void conv_transpose_forward(const siam_reference *r) {
  start_with_bias(r);
  each_tap(r, r->layer->out, r->layer->in, transpose_tap_forward);
}

static void conv_transpose_backward(const siam_reference *r) {
  memset(r->dx, 0, input_count(r) * sizeof *r->dx);
  each_tap(r, r->layer->out, r->layer->in, transpose_tap_backward);
  bias_backward(r);
}

// y = x·W + b
static void linear_forward(const siam_reference *r) {
  size_t in = (size_t)r->layer->in.channels, out = (size_t)r->layer->out.channels;
  start_with_bias(r);
  for (size_t n = 0; n < (size_t)r->images; n++)
    for (size_t i = 0; i < in; i++)
      for (size_t o = 0; o < out; o++) r->y[n * out + o] += r->x[n * in + i] * r->weight[0][i * out + o];
}

// dx = dy·Wᵀ,  dW += xᵀ·dy
static void linear_backward(const siam_reference *r) {
  size_t in = (size_t)r->layer->in.channels, out = (size_t)r->layer->out.channels;
  memset(r->dx, 0, input_count(r) * sizeof *r->dx);
  for (size_t n = 0; n < (size_t)r->images; n++)
    for (size_t i = 0; i < in; i++)
      for (size_t o = 0; o < out; o++) {
        r->dx[n * in + i] += r->dy[n * out + o] * r->weight[0][i * out + o];
        r->gradient[0][i * out + o] += r->x[n * in + i] * r->dy[n * out + o];
      }
  bias_backward(r);
}

enum { GAMMA, BETA, RUNNING_MEAN, RUNNING_VARIANCE };

/// Mean and (biased) variance of channel c over the batch, or the running ones outside training.
static void statistics(const siam_reference *r, size_t c, double *mean, double *variance) {
  size_t channels = (size_t)r->layer->in.channels, rows = input_count(r) / channels;
  *mean = r->weight[RUNNING_MEAN][c];
  *variance = r->weight[RUNNING_VARIANCE][c];
  if (!r->training) return;
  double sum = 0, squares = 0;
  for (size_t i = 0; i < rows; i++) sum += r->x[i * channels + c];
  *mean = sum / (double)rows;
  for (size_t i = 0; i < rows; i++) squares += pow(r->x[i * channels + c] - *mean, 2);
  *variance = squares / (double)rows;
}

/// running ← (1 − momentum) · running + momentum · batch, the variance being the unbiased one.
static void move_running_statistics(const siam_reference *r, size_t c, double mean, double variance) {
  double rows = (double)input_count(r) / r->layer->in.channels;
  double momentum = siam_reference_option(r->layer, "momentum");
  double unbiased = variance * rows / fmax(rows - 1, 1);
  r->weight[RUNNING_MEAN][c] += momentum * (mean - r->weight[RUNNING_MEAN][c]);
  r->weight[RUNNING_VARIANCE][c] += momentum * (unbiased - r->weight[RUNNING_VARIANCE][c]);
}

// y = gamma · (x − mean) / √(variance + ε) + beta
static void batch_norm_forward(const siam_reference *r) {
  size_t channels = (size_t)r->layer->in.channels, rows = input_count(r) / channels;
  double epsilon = siam_reference_option(r->layer, "epsilon");
  for (size_t c = 0; c < channels; c++) {
    double mean, variance;
    statistics(r, c, &mean, &variance);
    for (size_t i = 0; i < rows; i++) {
      double normal = (r->x[i * channels + c] - mean) / sqrt(variance + epsilon);
      r->y[i * channels + c] = r->weight[GAMMA][c] * normal + r->weight[BETA][c];
    }
    if (r->training) move_running_statistics(r, c, mean, variance);
  }
}

// dgamma += Σ dy·x̂,  dbeta += Σ dy; with batch statistics, through which every x moves every y:
//   dx = gamma/√(variance+ε) · (dy − mean(dy) − x̂ · mean(dy·x̂)),
// with fixed ones only the first term.
static void batch_norm_backward(const siam_reference *r) {
  size_t channels = (size_t)r->layer->in.channels, rows = input_count(r) / channels;
  double epsilon = siam_reference_option(r->layer, "epsilon");
  for (size_t c = 0; c < channels; c++) {
    double mean, variance, sum = 0, product = 0;
    statistics(r, c, &mean, &variance);
    double inverse = 1 / sqrt(variance + epsilon);
    for (size_t i = 0; i < rows; i++) {
      sum += r->dy[i * channels + c];
      product += r->dy[i * channels + c] * (r->x[i * channels + c] - mean) * inverse;
    }
    r->gradient[GAMMA][c] += product;
    r->gradient[BETA][c] += sum;
    double mean_dy = r->training ? sum / (double)rows : 0;
    double mean_product = r->training ? product / (double)rows : 0;
    for (size_t i = 0; i < rows; i++) {
      double normal = (r->x[i * channels + c] - mean) * inverse;
      r->dx[i * channels + c] =
          r->weight[GAMMA][c] * inverse * (r->dy[i * channels + c] - mean_dy - normal * mean_product);
    }
  }
}

// Comparisons are written so that a NaN comes through, as it does in PyTorch.
static double activate(const siam_layer *layer, double x) {
  switch (layer->type->activation) {
  case SIAM_ACTIVATION_RELU:
    return x <= 0 ? 0 : x;
  case SIAM_ACTIVATION_LEAKY_RELU:
    return x <= 0 ? (float)siam_reference_option(layer, "slope") * x : x;
  case SIAM_ACTIVATION_SIGMOID:
    return 1 / (1 + exp(-x));
  case SIAM_ACTIVATION_TANH:
    return tanh(x);
  case SIAM_ACTIVATION_NONE:
    break;
  }
  siam_reference_give_up("%s is not an activation", layer->type->name);
  return NAN;
}

static double derivative(const siam_layer *layer, double x) {
  double y = activate(layer, x);
  switch (layer->type->activation) {
  case SIAM_ACTIVATION_RELU:
    return x <= 0 ? 0 : 1;
  case SIAM_ACTIVATION_LEAKY_RELU:
    return x <= 0 ? (float)siam_reference_option(layer, "slope") : 1;
  case SIAM_ACTIVATION_SIGMOID:
    return y * (1 - y);
  default:
    return 1 - y * y;
  }
}

static void activation_forward(const siam_reference *r) {
  for (size_t i = 0; i < input_count(r); i++) r->y[i] = activate(r->layer, r->x[i]);
}

static void activation_backward(const siam_reference *r) {
  for (size_t i = 0; i < input_count(r); i++) r->dx[i] = r->dy[i] * derivative(r->layer, r->x[i]);
}

static int larger(int a, int b) {
  return a > b ? a : b;
}
static int smaller(int a, int b) {
  return a < b ? a : b;
}

siam_reference_window siam_reference_window_of(const siam_layer *layer, int row, int column) {
  int height = layer->in.height, width = layer->in.width;
  if (siam_reference_is(layer, "global_avg_pool")) return (siam_reference_window){0, height, 0, width};
  int kernel = (int)siam_reference_option(layer, "kernel"), pad = (int)siam_reference_option(layer, "pad");
  int stride = (int)siam_reference_option(layer, "stride");
  if (stride == 0) stride = kernel;
  int top = row * stride - pad, left = column * stride - pad;
  return (siam_reference_window){larger(top, 0), smaller(top + kernel, height), larger(left, 0),
                                 smaller(left + kernel, width)};
}

/// Calls `visit` for each window and channel: number of y's element, window, first element [n,0,0,c] of x.
typedef void (*window_function)(const siam_reference *r, size_t y, siam_reference_window window, int n,
                                int c);
static void each_window(const siam_reference *r, window_function visit) {
  siam_shape out = r->layer->out;
  for (int n = 0; n < r->images; n++)
    for (int row = 0; row < out.height; row++)
      for (int column = 0; column < out.width; column++)
        for (int c = 0; c < out.channels; c++)
          visit(r, siam_reference_at(out, n, row, column, c), siam_reference_window_of(r->layer, row, column),
                n, c);
}

/// The first largest element of a window; a NaN counts as larger than all.
static size_t largest_of(const siam_reference *r, siam_reference_window window, int n, int c) {
  siam_shape in = r->layer->in;
  size_t best = siam_reference_at(in, n, window.y0, window.x0, c);
  for (int h = window.y0; h < window.y1; h++)
    for (int w = window.x0; w < window.x1; w++) {
      size_t at = siam_reference_at(in, n, h, w, c);
      if (r->x[at] > r->x[best] || isnan(r->x[at])) best = at;
    }
  return best;
}

static void max_window_forward(const siam_reference *r, size_t y, siam_reference_window window, int n,
                               int c) {
  r->y[y] = r->x[largest_of(r, window, n, c)];
}

static void max_window_backward(const siam_reference *r, size_t y, siam_reference_window window, int n,
                                int c) {
  r->dx[largest_of(r, window, n, c)] += r->dy[y];
}

// Padding counts for nothing: the average is over the pixels inside the picture.
static void average_window_forward(const siam_reference *r, size_t y, siam_reference_window window, int n,
                                   int c) {
  double area = (double)(window.y1 - window.y0) * (window.x1 - window.x0), sum = 0;
  for (int h = window.y0; h < window.y1; h++)
    for (int w = window.x0; w < window.x1; w++) sum += r->x[siam_reference_at(r->layer->in, n, h, w, c)];
  r->y[y] = sum / area;
}

static void average_window_backward(const siam_reference *r, size_t y, siam_reference_window window, int n,
                                    int c) {
  double area = (double)(window.y1 - window.y0) * (window.x1 - window.x0);
  for (int h = window.y0; h < window.y1; h++)
    for (int w = window.x0; w < window.x1; w++)
      r->dx[siam_reference_at(r->layer->in, n, h, w, c)] += r->dy[y] / area;
}

static void max_pool_forward(const siam_reference *r) {
  each_window(r, max_window_forward);
}
static void max_pool_backward(const siam_reference *r) {
  memset(r->dx, 0, input_count(r) * sizeof *r->dx);
  each_window(r, max_window_backward);
}
static void avg_pool_forward(const siam_reference *r) {
  each_window(r, average_window_forward);
}
static void avg_pool_backward(const siam_reference *r) {
  memset(r->dx, 0, input_count(r) * sizeof *r->dx);
  each_window(r, average_window_backward);
}

/// The element of x that element i of y repeats.
static size_t repeated_of(const siam_reference *r, size_t i) {
  siam_shape in = r->layer->in, out = r->layer->out;
  int factor = (int)siam_reference_option(r->layer, "factor");
  int c = (int)(i % (size_t)out.channels), column = (int)(i / (size_t)out.channels % (size_t)out.width);
  int row = (int)(i / (size_t)(out.channels * out.width) % (size_t)out.height);
  int n = (int)(i / siam_shape_count(out));
  return siam_reference_at(in, n, smaller(row / factor, in.height - 1),
                           smaller(column / factor, in.width - 1), c);
}

static void upsample_forward(const siam_reference *r) {
  for (size_t i = 0; i < output_count(r); i++) r->y[i] = r->x[repeated_of(r, i)];
}

static void upsample_backward(const siam_reference *r) {
  memset(r->dx, 0, input_count(r) * sizeof *r->dx);
  for (size_t i = 0; i < output_count(r); i++) r->dx[repeated_of(r, i)] += r->dy[i];
}

double siam_reference_dropout_factor(const siam_reference *r, size_t i) {
  if (!r->training) return 1;
  double rate = (float)siam_reference_option(r->layer, "rate");
  siam_draw draw =
      siam_random(r->seed, SIAM_STREAM_DROPOUT, r->step, ((uint64_t)r->number << 32) | (uint64_t)(i / 4));
  return siam_uniform(draw.word[i % 4]) < rate ? 0 : 1 / (1 - rate);
}

static void dropout_forward(const siam_reference *r) {
  for (size_t i = 0; i < input_count(r); i++) r->y[i] = r->x[i] * siam_reference_dropout_factor(r, i);
}

static void dropout_backward(const siam_reference *r) {
  for (size_t i = 0; i < input_count(r); i++) r->dx[i] = r->dy[i] * siam_reference_dropout_factor(r, i);
}

static void flatten_forward(const siam_reference *r) {
  memcpy(r->y, r->x, input_count(r) * sizeof *r->y);
}

static void flatten_backward(const siam_reference *r) {
  memcpy(r->dx, r->dy, input_count(r) * sizeof *r->dx);
}

// y = x + other,  dx = dy, for both
static void add_forward(const siam_reference *r) {
  for (size_t i = 0; i < input_count(r); i++) r->y[i] = r->x[i] + r->other[i];
}

static const double shortest_length = 1e-12;

/// hypot() keeps squares of huge and tiny numbers from overflowing and vanishing.
static double length_of(const double *vector, size_t count) {
  double length = 0;
  for (size_t i = 0; i < count; i++) length = hypot(length, vector[i]);
  return length;
}

// y = x / max(‖x‖, ε)
static void l2_normalize_forward(const siam_reference *r) {
  size_t count = (size_t)r->layer->in.channels;
  for (size_t n = 0; n < (size_t)r->images; n++) {
    double length = length_of(r->x + n * count, count);
    for (size_t i = n * count; i < (n + 1) * count; i++)
      r->y[i] = r->x[i] / (length < shortest_length ? shortest_length : length);
  }
}

// dx = (dy − y · (y·dy)) / ‖x‖, or dy/ε where ‖x‖ ≤ ε
static void l2_normalize_backward(const siam_reference *r) {
  size_t count = (size_t)r->layer->in.channels;
  for (size_t n = 0; n < (size_t)r->images; n++) {
    double length = length_of(r->x + n * count, count), along = 0;
    for (size_t i = n * count; i < (n + 1) * count; i++) along += r->x[i] / length * r->dy[i];
    for (size_t i = n * count; i < (n + 1) * count; i++)
      r->dx[i] = length <= shortest_length ? r->dy[i] / shortest_length
                                           : (r->dy[i] - r->x[i] / length * along) / length;
  }
}

typedef struct image_statistics {
  double mean, inverse;
} image_statistics;

static image_statistics image_of(const siam_reference *r, size_t n, size_t count) {
  const double *x = r->x + n * count;
  double mean = 0, variance = 0;
  for (size_t i = 0; i < count; i++) mean += x[i] / (double)count;
  for (size_t i = 0; i < count; i++) variance += (x[i] - mean) * (x[i] - mean) / (double)count;
  return (image_statistics){mean, 1 / sqrt(variance + siam_reference_option(r->layer, "epsilon"))};
}

// y = (x − mean) / √(variance + ε), over each image
static void layer_norm_forward(const siam_reference *r) {
  size_t count = siam_shape_count(r->layer->in);
  for (size_t n = 0; n < (size_t)r->images; n++) {
    image_statistics image = image_of(r, n, count);
    for (size_t i = n * count; i < (n + 1) * count; i++) r->y[i] = (r->x[i] - image.mean) * image.inverse;
  }
}

// dx = (dy − mean(dy) − y · mean(dy·y)) / √(variance + ε)
static void layer_norm_backward(const siam_reference *r) {
  size_t count = siam_shape_count(r->layer->in);
  for (size_t n = 0; n < (size_t)r->images; n++) {
    image_statistics image = image_of(r, n, count);
    double mean = 0, along = 0;
    for (size_t i = n * count; i < (n + 1) * count; i++) {
      mean += r->dy[i] / (double)count;
      along += r->dy[i] * (r->x[i] - image.mean) * image.inverse / (double)count;
    }
    for (size_t i = n * count; i < (n + 1) * count; i++)
      r->dx[i] = (r->dy[i] - mean - (r->x[i] - image.mean) * image.inverse * along) * image.inverse;
  }
}

/// The row that token i names, or −1.
static long named_row(const siam_reference *r, size_t i) {
  double token = r->x[i];
  bool names = token >= 0 && token < siam_reference_option(r->layer, "vocabulary") && token == floor(token);
  return names ? (long)token : -1;
}

// y[i] = W[token i]
static void embedding_forward(const siam_reference *r) {
  size_t features = (size_t)siam_reference_option(r->layer, "features");
  for (size_t i = 0; i < output_count(r); i++) {
    long row = named_row(r, i / features);
    r->y[i] = row < 0 ? NAN : r->weight[0][(size_t)row * features + i % features];
  }
}

// dW[token i] += dy[i],  dx = 0
static void embedding_backward(const siam_reference *r) {
  size_t features = (size_t)siam_reference_option(r->layer, "features");
  memset(r->dx, 0, input_count(r) * sizeof *r->dx);
  for (size_t i = 0; i < output_count(r); i++) {
    long row = named_row(r, i / features);
    if (row >= 0) r->gradient[0][(size_t)row * features + i % features] += r->dy[i];
  }
}

typedef void (*reference_function)(const siam_reference *r);
static const struct {
  const char *name;
  reference_function forward, backward;
} table[] = {
    {"conv", conv_forward, conv_backward},
    {"depthwise_conv", depthwise_conv_forward, depthwise_conv_backward},
    {"conv_transpose", conv_transpose_forward, conv_transpose_backward},
    {"linear", linear_forward, linear_backward},
    {"batch_norm", batch_norm_forward, batch_norm_backward},
    {"relu", activation_forward, activation_backward},
    {"leaky_relu", activation_forward, activation_backward},
    {"sigmoid", activation_forward, activation_backward},
    {"tanh", activation_forward, activation_backward},
    {"max_pool", max_pool_forward, max_pool_backward},
    {"avg_pool", avg_pool_forward, avg_pool_backward},
    {"global_avg_pool", avg_pool_forward, avg_pool_backward},
    {"gem_pool", siam_reference_gem_forward, siam_reference_gem_backward},
    {"add", add_forward, flatten_backward},
    {"upsample", upsample_forward, upsample_backward},
    {"dropout", dropout_forward, dropout_backward},
    {"flatten", flatten_forward, flatten_backward},
    {"reshape", flatten_forward, flatten_backward},
    {"l2_normalize", l2_normalize_forward, l2_normalize_backward},
    {"layer_norm", layer_norm_forward, layer_norm_backward},
    {"embedding", embedding_forward, embedding_backward},
};

static size_t row_of(const siam_layer *layer) {
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (siam_reference_is(layer, table[i].name)) return i;
  siam_reference_give_up("the layer type '%s' has no float64 reference; add it to src/reference/reference.c",
                         layer->type->name);
  return 0;
}

void siam_reference_forward(const siam_reference *reference) {
  table[row_of(reference->layer)].forward(reference);
}

void siam_reference_backward(const siam_reference *reference) {
  table[row_of(reference->layer)].backward(reference);
}
