#include "reference/rounding.h"

#include "reference/give_up.h"
#include "reference/reference_gem.h"
#include "reference/rounding_norm.h"
#include "reference/rounding_parts.h"
#include "reference/winograd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double siam_rounding_of_sum(double terms) {
  // Two more for what every kernel does beside its sum: adding to what was there, writing the result.
  return (terms + 2) * unit / (1 - (terms + 2) * unit);
}

static size_t output_count(const siam_rounding *r) {
  return (size_t)r->reference->images * siam_shape_count(r->reference->layer->out);
}
static size_t slot_size(const siam_layer *layer, int slot) {
  size_t count = 1;
  for (int d = 0; d < layer->slots[slot].rank; d++) count *= (size_t)layer->slots[slot].dims[d];
  return count;
}

/// A new array of scale · |values| + errors; `values` or `errors` may be NULL.
static double *widened(const double *values, double scale, const double *errors, size_t count) {
  double *made = siam_reference_array(count + 1, sizeof *made);
  for (size_t i = 0; i < count; i++)
    made[i] = (values != NULL ? scale * fabs(values[i]) : 0) + (errors != NULL ? errors[i] : 0);
  return made;
}

static bool all_zero(const double *values, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (values[i] != 0) return false;
  return true;
}

/// The layer's own forward pass on magnitudes: |W|·(γ|x| + x_error) + γ|b|, an exact bound for a layer that
/// is linear in x. `terms`: of each sum.
static void linear_rounding_forward(const siam_rounding *r, double terms) {
  siam_reference magnitudes = *r->reference;
  const siam_layer *layer = magnitudes.layer;
  double gamma = siam_rounding_of_sum(terms);
  double *x = widened(magnitudes.x, gamma, r->x_error, input_count(r));
  magnitudes.x = x;
  magnitudes.y = r->y_error;
  for (int s = 0; s < layer->slot_count; s++)
    magnitudes.weight[s] = widened(r->reference->weight[s], s == 0 ? 1 : gamma, NULL, slot_size(layer, s));
  siam_reference_forward(&magnitudes);
  for (size_t i = 0; i < output_count(r); i++) r->y_error[i] += terms * smallest;
  for (int s = 0; s < layer->slot_count; s++) free(magnitudes.weight[s]);
  free(x);
}

/// The layer's backward pass on the given magnitudes of x and dy and those of its weights. Adds to
/// `gradients` and assigns `dx`; either may be NULL.
static void backward_of_magnitudes(const siam_rounding *r, const double *x, const double *dy, double *dx,
                                   double *const *gradients) {
  siam_reference magnitudes = *r->reference;
  const siam_layer *layer = magnitudes.layer;
  double *unwanted = siam_reference_array(input_count(r), sizeof *unwanted);
  magnitudes.x = x;
  magnitudes.dy = dy;
  magnitudes.dx = dx != NULL ? dx : unwanted;
  for (int s = 0; s < layer->slot_count; s++) {
    magnitudes.weight[s] = widened(r->reference->weight[s], 1, NULL, slot_size(layer, s));
    magnitudes.gradient[s] =
        gradients != NULL ? gradients[s] : siam_reference_array(slot_size(layer, s), sizeof(double));
  }
  siam_reference_backward(&magnitudes);
  for (int s = 0; s < layer->slot_count; s++) {
    free(magnitudes.weight[s]);
    if (gradients == NULL) free(magnitudes.gradient[s]);
  }
  free(unwanted);
}

/// For layers linear in x and in their weights:
///   error of dx ≤ |W|·(γ|dy| + dy_error)
///   error of dW ≤ |x|·(γ|dy| + dy_error) + x_error·(|dy| + dy_error)
/// where sums for dx have `dx_terms` terms and those for gradients `gradient_terms`.
static void linear_rounding_backward(const siam_rounding *r, double dx_terms, double gradient_terms) {
  const siam_layer *layer = r->reference->layer;
  size_t inputs = input_count(r), outputs = output_count(r);
  double *dy = widened(r->reference->dy, siam_rounding_of_sum(dx_terms), r->dy_error, outputs);
  backward_of_magnitudes(r, r->reference->x, dy, r->dx_error, NULL);
  for (size_t i = 0; i < inputs; i++) r->dx_error[i] += dx_terms * smallest;
  free(dy);
  if (layer->slot_count == 0) return;
  double *x = widened(r->reference->x, 1, NULL, inputs);
  dy = widened(r->reference->dy, siam_rounding_of_sum(gradient_terms), r->dy_error, outputs);
  backward_of_magnitudes(r, x, dy, NULL, r->gradient_error);
  free(dy);
  free(x);
  if (!all_zero(r->x_error, inputs)) {
    double *bias_kept = NULL;
    if (layer->slot_count > 1) bias_kept = widened(r->gradient_error[1], 1, NULL, slot_size(layer, 1));
    dy = widened(r->reference->dy, 1, r->dy_error, outputs);
    backward_of_magnitudes(r, r->x_error, dy, NULL, r->gradient_error);
    // The gradient of the bias does not depend on x.
    if (bias_kept != NULL) memcpy(r->gradient_error[1], bias_kept, slot_size(layer, 1) * sizeof *bias_kept);
    free(bias_kept);
    free(dy);
  }
  double prior = siam_rounding_of_sum(gradient_terms) * r->prior + gradient_terms * smallest;
  for (int s = 0; s < layer->slot_count; s++)
    for (size_t i = 0; i < slot_size(layer, s); i++) r->gradient_error[s][i] += prior;
}

/// The convolution that a layer is, or whose way back a transposed one is.
static siam_conv_shape conv_shape_of(const siam_rounding *r) {
  const siam_layer *layer = r->reference->layer;
  const bool back = siam_reference_is(layer, "conv_transpose");
  const siam_shape from = back ? layer->out : layer->in, to = back ? layer->in : layer->out;
  int kernel = (int)siam_reference_option(layer, "kernel"), pad = (int)siam_reference_option(layer, "pad");
  return (siam_conv_shape){.images = r->reference->images,
                           .height = from.height,
                           .width = from.width,
                           .channels = from.channels,
                           .kernel_height = kernel,
                           .kernel_width = kernel,
                           .stride = (int)siam_reference_option(layer, "stride"),
                           .pad_y = pad,
                           .pad_x = pad,
                           .filters = to.channels,
                           .out_height = to.height,
                           .out_width = to.width};
}

/// Where pooling is done with a convolution, a last row or column that belongs to no window is left out,
/// which moves the tiles: the larger magnitudes count.
static void allow_pooling(const siam_conv_shape *shape, int points, const double *x, const double *weight,
                          double *magnitudes) {
  siam_conv_shape cut = *shape;
  cut.out_height -= cut.out_height % 2;
  cut.out_width -= cut.out_width % 2;
  const size_t count = siam_conv_output_count(&cut);
  if (count == 0 || count == siam_conv_output_count(shape)) return;
  double *moved = siam_reference_array(count, sizeof *moved);
  siam_winograd_magnitudes(&cut, SIAM_CONV_FORWARD, points, x, weight, NULL, moved);
  const size_t line = (size_t)cut.out_width * (size_t)cut.filters, tall = (size_t)cut.out_height;
  for (size_t i = 0; i < count; i++) {
    const size_t row = i / line / tall * (size_t)shape->out_height + i / line % tall;
    double *at = &magnitudes[row * (size_t)shape->out_width * (size_t)shape->filters + i % line];
    if (!(moved[i] <= *at)) *at = moved[i];
  }
  free(moved);
}

/// Where a pass is done by Winograd's convolution, adds to `errors` what its larger terms add: infinity where
/// a NaN of the same tile may spoil what has none by definition. `x` and `y` are magnitudes, errors included.
static void add_winograd(const siam_rounding *r, siam_conv_pass pass, const double *x, const double *y,
                         double *errors) {
  siam_conv conv = {.pass = pass, .shape = conv_shape_of(r), .weight_stays = r->forward_only};
  const siam_conv_engine *engine = NULL;
  siam_reference_ok(siam_conv_pick(r->device, &conv, &engine));
  const int points = siam_winograd_points(&conv.shape, engine->name);
  if (points == 0) return;
  const double gamma = siam_rounding_of_sum(siam_winograd_terms(&conv.shape, pass, points));
  const size_t count = pass == SIAM_CONV_FORWARD         ? siam_conv_output_count(&conv.shape)
                       : pass == SIAM_CONV_BACKWARD_DATA ? siam_conv_input_count(&conv.shape)
                                                         : siam_conv_weight_count(&conv.shape);
  double *magnitudes = siam_reference_array(count, sizeof *magnitudes);
  siam_winograd_magnitudes(&conv.shape, pass, points, x, r->reference->weight[0], y, magnitudes);
  if (pass == SIAM_CONV_FORWARD && r->forward_only)
    allow_pooling(&conv.shape, points, x, r->reference->weight[0], magnitudes);
  for (size_t i = 0; i < count; i++) errors[i] += isnan(magnitudes[i]) ? INFINITY : gamma * magnitudes[i];
  free(magnitudes);
}

static void add_winograd_forward(const siam_rounding *r) {
  const bool back = siam_reference_is(r->reference->layer, "conv_transpose");
  double *x = widened(r->reference->x, 1, r->x_error, input_count(r));
  add_winograd(r, back ? SIAM_CONV_BACKWARD_DATA : SIAM_CONV_FORWARD, x, x, r->y_error);
  free(x);
}

static void add_winograd_backward(const siam_rounding *r) {
  const bool back = siam_reference_is(r->reference->layer, "conv_transpose");
  double *x = widened(r->reference->x, 1, r->x_error, input_count(r));
  double *dy = widened(r->reference->dy, 1, r->dy_error, output_count(r));
  add_winograd(r, back ? SIAM_CONV_FORWARD : SIAM_CONV_BACKWARD_DATA, dy, dy, r->dx_error);
  add_winograd(r, SIAM_CONV_BACKWARD_WEIGHT, back ? dy : x, back ? x : dy, r->gradient_error[0]);
  free(x);
  free(dy);
}

static void conv_rounding_forward(const siam_rounding *r) {
  const siam_layer *layer = r->reference->layer;
  double kernel = siam_reference_option(layer, "kernel");
  linear_rounding_forward(r, kernel * kernel * layer->in.channels);
  add_winograd_forward(r);
}

static void conv_rounding_backward(const siam_rounding *r) {
  const siam_layer *layer = r->reference->layer;
  double kernel = siam_reference_option(layer, "kernel");
  linear_rounding_backward(r, kernel * kernel * layer->out.channels,
                           (double)output_count(r) / layer->out.channels);
  add_winograd_backward(r);
}

static void depthwise_conv_rounding_forward(const siam_rounding *r) {
  const double kernel = siam_reference_option(r->reference->layer, "kernel");
  linear_rounding_forward(r, kernel * kernel);
}
static void depthwise_conv_rounding_backward(const siam_rounding *r) {
  const siam_layer *layer = r->reference->layer;
  const double kernel = siam_reference_option(layer, "kernel");
  linear_rounding_backward(r, kernel * kernel, (double)output_count(r) / layer->out.channels);
}

/// Places of the filters along one axis that can meet one pixel of a transposed convolution's output.
static double most_places(const siam_layer *layer) {
  return ceil(siam_reference_option(layer, "kernel") / siam_reference_option(layer, "stride"));
}

static void conv_transpose_rounding_forward(const siam_rounding *r) {
  const siam_layer *layer = r->reference->layer;
  linear_rounding_forward(r, most_places(layer) * most_places(layer) * layer->in.channels);
  add_winograd_forward(r);
}

// Gradients of the weights are sums over pixels of the input, that of the bias over those of the output.
static void conv_transpose_rounding_backward(const siam_rounding *r) {
  const siam_layer *layer = r->reference->layer;
  double kernel = siam_reference_option(layer, "kernel");
  linear_rounding_backward(
      r, kernel * kernel * layer->out.channels,
      fmax((double)input_count(r) / layer->in.channels, (double)output_count(r) / layer->out.channels));
  add_winograd_backward(r);
}

static void dense_rounding_forward(const siam_rounding *r) {
  linear_rounding_forward(r, r->reference->layer->in.channels);
}
static void dense_rounding_backward(const siam_rounding *r) {
  linear_rounding_backward(r, r->reference->layer->out.channels, r->reference->images);
}

static double pixels_of_window(const siam_layer *layer) {
  if (siam_reference_is(layer, "global_avg_pool")) return (double)layer->in.height * layer->in.width;
  return pow(siam_reference_option(layer, "kernel"), 2);
}

// 4: the division at the end of each average.
static void avg_pool_rounding_forward(const siam_rounding *r) {
  linear_rounding_forward(r, pixels_of_window(r->reference->layer) + 4);
}
static void avg_pool_rounding_backward(const siam_rounding *r) {
  linear_rounding_backward(r, pixels_of_window(r->reference->layer) + 4, 0);
}

// Values are copied on the way forward, and added up on the way back.
static void upsample_rounding_forward(const siam_rounding *r) {
  siam_reference errors = *r->reference;
  errors.x = r->x_error;
  errors.y = r->y_error;
  siam_reference_forward(&errors);
}
static void upsample_rounding_backward(const siam_rounding *r) {
  const siam_layer *layer = r->reference->layer;
  double side = siam_reference_option(layer, "factor") + siam_reference_option(layer, "output_pad");
  linear_rounding_backward(r, side * side, 0);
}

// A product and a division: 1/(1 − rate).
static void dropout_rounding_forward(const siam_rounding *r) {
  linear_rounding_forward(r, 6);
}
static void dropout_rounding_backward(const siam_rounding *r) {
  linear_rounding_backward(r, 6, 0);
}

static void flatten_rounding_forward(const siam_rounding *r) {
  memcpy(r->y_error, r->x_error, input_count(r) * sizeof(double));
}
static void flatten_rounding_backward(const siam_rounding *r) {
  memcpy(r->dx_error, r->dy_error, input_count(r) * sizeof(double));
}

static void add_rounding_forward(const siam_rounding *r) {
  for (size_t i = 0; i < input_count(r); i++) {
    const double errors = r->x_error[i] + r->other_error[i];
    r->y_error[i] = errors + unit * (fabs(r->reference->y[i]) + errors) + smallest;
  }
}

/// How much an activation can stretch an error of its argument, and what it adds itself, as a part of y:
/// a product with the rounded slope; exp (3 ulp), a sum and a division (2.5 ulp); tanh (5 ulp).
static void activation_traits(const siam_layer *layer, double *stretch, double *relative) {
  *stretch = layer->type->activation == SIAM_ACTIVATION_SIGMOID ? 0.25 : 1;
  *relative = layer->type->activation == SIAM_ACTIVATION_LEAKY_RELU ? 2 * unit
              : layer->type->activation == SIAM_ACTIVATION_SIGMOID  ? 12 * unit
              : layer->type->activation == SIAM_ACTIVATION_TANH     ? 10 * unit
                                                                    : 0;
}

static void activation_rounding_forward(const siam_rounding *r) {
  double stretch, relative;
  activation_traits(r->reference->layer, &stretch, &relative);
  for (size_t i = 0; i < input_count(r); i++)
    r->y_error[i] = stretch * r->x_error[i] + relative * fabs(r->reference->y[i]) + smallest;
}

// The derivative is computed from y: y(1 − y) moves by at most the error of y, 1 − y² by at most twice that.
// Where x may have either sign, the derivative of a (leaky) ReLU may be either of its two.
static void activation_rounding_backward(const siam_rounding *r) {
  const siam_layer *layer = r->reference->layer;
  double stretch, relative;
  activation_traits(layer, &stretch, &relative);
  bool smooth =
      layer->type->activation == SIAM_ACTIVATION_SIGMOID || layer->type->activation == SIAM_ACTIVATION_TANH;
  for (size_t i = 0; i < input_count(r); i++) {
    double x = r->reference->x[i], y = r->reference->y[i], dy = r->reference->dy[i];
    double y_error = stretch * r->x_error[i] + relative * fabs(y) + smallest, factor_error = 0;
    if (smooth)
      factor_error = 2 * y_error + 2 * unit;
    else if (r->x_error[i] > 0 && fabs(x) <= r->x_error[i])
      factor_error = 1;
    r->dx_error[i] = stretch * r->dy_error[i] + (fabs(dy) + r->dy_error[i]) * factor_error +
                     3 * unit * fabs(r->reference->dx[i]) + smallest;
  }
}

/// What an element of a max pooling window may be at least and at most.
static double lowest(const siam_rounding *r, size_t at) {
  return r->reference->x[at] - r->x_error[at];
}
static double highest(const siam_rounding *r, size_t at) {
  return r->reference->x[at] + r->x_error[at];
}

/// The largest of the lowest values that the window's elements may have, and how many elements may reach it.
static double contenders(const siam_rounding *r, siam_reference_window window, int n, int c, int *count) {
  siam_shape in = r->reference->layer->in;
  double bar = -INFINITY;
  *count = 0;
  for (int h = window.y0; h < window.y1; h++)
    for (int w = window.x0; w < window.x1; w++) bar = fmax(bar, lowest(r, siam_reference_at(in, n, h, w, c)));
  for (int h = window.y0; h < window.y1; h++)
    for (int w = window.x0; w < window.x1; w++) {
      size_t at = siam_reference_at(in, n, h, w, c);
      *count += r->x_error[at] > 0 && highest(r, at) >= bar;
    }
  return bar;
}

// The largest element moves by at most the largest error of its window.
static void max_pool_rounding_forward(const siam_rounding *r) {
  siam_shape in = r->reference->layer->in, out = r->reference->layer->out;
  for (size_t y = 0; y < output_count(r); y++) {
    int c = (int)(y % (size_t)out.channels), column = (int)(y / (size_t)out.channels % (size_t)out.width);
    int row = (int)(y / (size_t)(out.channels * out.width) % (size_t)out.height);
    int n = (int)(y / siam_shape_count(out));
    siam_reference_window window = siam_reference_window_of(r->reference->layer, row, column);
    r->y_error[y] = 0;
    for (int h = window.y0; h < window.y1; h++)
      for (int w = window.x0; w < window.x1; w++)
        r->y_error[y] = fmax(r->y_error[y], r->x_error[siam_reference_at(in, n, h, w, c)]);
  }
}

// Exact inputs leave only the rounding of the sum over windows. Where several elements of a window may be the
// largest, each of them may get its gradient.
static void max_pool_rounding_backward(const siam_rounding *r) {
  const siam_layer *layer = r->reference->layer;
  siam_shape in = layer->in, out = layer->out;
  double *dy =
      widened(r->reference->dy, siam_rounding_of_sum(pixels_of_window(layer)), r->dy_error, output_count(r));
  siam_reference sums = *r->reference;
  sums.dy = dy;
  sums.dx = r->dx_error;
  siam_reference_backward(&sums);
  for (size_t y = 0; y < output_count(r); y++) {
    int c = (int)(y % (size_t)out.channels), column = (int)(y / (size_t)out.channels % (size_t)out.width);
    int row = (int)(y / (size_t)(out.channels * out.width) % (size_t)out.height), count;
    int n = (int)(y / siam_shape_count(out));
    siam_reference_window window = siam_reference_window_of(layer, row, column);
    double bar = contenders(r, window, n, c, &count);
    if (count < 2) continue;
    for (int h = window.y0; h < window.y1; h++)
      for (int w = window.x0; w < window.x1; w++) {
        size_t at = siam_reference_at(in, n, h, w, c);
        if (highest(r, at) >= bar) r->dx_error[at] += fabs(r->reference->dy[y]) + r->dy_error[y];
      }
  }
  free(dy);
}

// Values are copied, and token numbers are exact.
static void embedding_rounding_forward(const siam_rounding *r) {
  memset(r->y_error, 0, output_count(r) * sizeof *r->y_error);
}

// Sums of what was there and of at most all tokens' gradients.
static void embedding_rounding_backward(const siam_rounding *r) {
  const siam_reference *reference = r->reference;
  double gamma = siam_rounding_of_sum((double)input_count(r) + 1);
  double *dy = widened(reference->dy, gamma, r->dy_error, output_count(r));
  backward_of_magnitudes(r, reference->x, dy, r->dx_error, r->gradient_error);
  for (size_t i = 0; i < slot_size(reference->layer, 0); i++)
    r->gradient_error[0][i] += gamma * r->prior + smallest;
  free(dy);
}

typedef void (*rounding_function)(const siam_rounding *r);
static const struct {
  const char *name;
  rounding_function forward, backward;
} table[] = {
    {"conv", conv_rounding_forward, conv_rounding_backward},
    {"depthwise_conv", depthwise_conv_rounding_forward, depthwise_conv_rounding_backward},
    {"conv_transpose", conv_transpose_rounding_forward, conv_transpose_rounding_backward},
    {"linear", dense_rounding_forward, dense_rounding_backward},
    {"batch_norm", siam_rounding_batch_norm_forward, siam_rounding_batch_norm_backward},
    {"relu", activation_rounding_forward, activation_rounding_backward},
    {"leaky_relu", activation_rounding_forward, activation_rounding_backward},
    {"sigmoid", activation_rounding_forward, activation_rounding_backward},
    {"tanh", activation_rounding_forward, activation_rounding_backward},
    {"max_pool", max_pool_rounding_forward, max_pool_rounding_backward},
    {"avg_pool", avg_pool_rounding_forward, avg_pool_rounding_backward},
    {"global_avg_pool", avg_pool_rounding_forward, avg_pool_rounding_backward},
    {"gem_pool", siam_rounding_gem_forward, siam_rounding_gem_backward},
    {"add", add_rounding_forward, flatten_rounding_backward},
    {"upsample", upsample_rounding_forward, upsample_rounding_backward},
    {"dropout", dropout_rounding_forward, dropout_rounding_backward},
    {"flatten", flatten_rounding_forward, flatten_rounding_backward},
    {"reshape", flatten_rounding_forward, flatten_rounding_backward},
    {"l2_normalize", siam_rounding_l2_normalize_forward, siam_rounding_l2_normalize_backward},
    {"layer_norm", siam_rounding_layer_norm_forward, siam_rounding_layer_norm_backward},
    {"embedding", embedding_rounding_forward, embedding_rounding_backward},
};

static size_t row_of(const siam_layer *layer) {
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (siam_reference_is(layer, table[i].name)) return i;
  siam_reference_give_up("the layer type '%s' has no error bound; add it to src/reference/rounding.c",
                         layer->type->name);
  return 0;
}

void siam_rounding_forward(const siam_rounding *rounding) {
  table[row_of(rounding->reference->layer)].forward(rounding);
}

void siam_rounding_backward(const siam_rounding *rounding) {
  table[row_of(rounding->reference->layer)].backward(rounding);
}
