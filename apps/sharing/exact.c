#include "sharing/exact.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/// Float32 numbers below this may count as 0.
static const double smallest = 0x1p-126;

double exact_gamma(double terms, double unit) {
  return terms * unit / (1 - terms * unit);
}

static void take_parameter(sharing_lesson *lesson, exact_network *network, const char *name, int rows,
                           int columns) {
  exact_parameter *parameter = &network->parameters[network->parameter_count++];
  snprintf(parameter->name, sizeof parameter->name, "%s", name);
  parameter->rows = rows;
  parameter->columns = columns;
  parameter->count = (size_t)rows * (size_t)columns;
  double **const arrays[] = {&parameter->values, &parameter->gradient, &parameter->bounds,
                             &parameter->magnitudes};
  for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
    *arrays[i] = sharing_doubles(lesson, parameter->count);
}

int exact_width(const exact_network *network, int place) {
  const sharing_system *system = network->system;
  return place < system->layer_count ? system->layers[place].in : system->layers[place - 1].out;
}

exact_network *exact_create(sharing_lesson *lesson, const sharing_system *system, bool shared) {
  // The part's memory is doubles, which suit every member.
  exact_network *network = (exact_network *)sharing_doubles(lesson, sizeof *network / sizeof(double) + 1);
  network->system = system;
  network->unit = EXACT_FLOAT32;
  network->end_image = system->images;
  for (int l = 0; l < system->layer_count; l++) {
    const exact_layer *layer = &system->layers[l];
    char name[48];
    snprintf(name, sizeof name, "%s.weight", layer->name);
    const bool look_up = layer->kind == EXACT_LOOK_UP;
    if (layer->kind != EXACT_TANH && !(shared && layer->weight != NULL))
      take_parameter(lesson, network, name, look_up ? layer->rows : layer->in,
                     look_up ? layer->out / layer->in : layer->out);
    snprintf(name, sizeof name, "%s.bias", layer->name);
    if (layer->kind == EXACT_LINEAR) take_parameter(lesson, network, name, 1, layer->out);
  }
  for (int l = 0; l <= system->layer_count; l++) {
    const size_t size = (size_t)system->images * (size_t)exact_width(network, l);
    network->values[l] = sharing_doubles(lesson, size);
    network->errors[l] = sharing_doubles(lesson, size);
    network->slopes[l] = sharing_doubles(lesson, size);
    network->slope_errors[l] = sharing_doubles(lesson, size);
  }
  for (int i = 0; i < system->images * exact_width(network, 0); i++) network->values[0][i] = system->x[i];
  return network;
}

exact_parameter *exact_find(exact_network *network, const char *name) {
  for (int p = 0; p < network->parameter_count; p++)
    if (strcmp(network->parameters[p].name, name) == 0) return &network->parameters[p];
  return NULL;
}

static exact_parameter *own(exact_network *network, const exact_layer *layer, const char *role) {
  char name[48];
  snprintf(name, sizeof name, "%s.%s", layer->name, role);
  return exact_find(network, name);
}

exact_parameter *exact_weight_of(exact_network *network, const exact_layer *layer) {
  exact_parameter *parameter = own(network, layer, "weight");
  return parameter == NULL && layer->weight != NULL ? exact_find(network, layer->weight) : parameter;
}

size_t exact_at(const exact_layer *layer, const exact_parameter *weight, int i, int o) {
  const bool shares = layer->weight != NULL && strcmp(weight->name, layer->weight) == 0;
  const bool transposed = shares && layer->transposed;
  return transposed ? (size_t)o * (size_t)weight->columns + (size_t)i
                    : (size_t)i * (size_t)weight->columns + (size_t)o;
}

/// What the functions of a layer work on: one layer, the values before and behind it.
typedef struct layer_view {
  const exact_layer *layer;
  exact_parameter *weight, *bias;
  int images;
  double unit;
  double *x, *x_errors, *y, *y_errors;     ///< Values.
  double *dx, *dx_errors, *dy, *dy_errors; ///< Slopes.
} layer_view;

static layer_view view_of(exact_network *network, int l) {
  const exact_layer *layer = &network->system->layers[l];
  return (layer_view){.layer = layer,
                      .weight = layer->kind == EXACT_TANH ? NULL : exact_weight_of(network, layer),
                      .bias = layer->kind == EXACT_LINEAR ? own(network, layer, "bias") : NULL,
                      .images = network->system->images,
                      .unit = network->unit,
                      .x = network->values[l],
                      .x_errors = network->errors[l],
                      .y = network->values[l + 1],
                      .y_errors = network->errors[l + 1],
                      .dx = network->slopes[l],
                      .dx_errors = network->slope_errors[l],
                      .dy = network->slopes[l + 1],
                      .dy_errors = network->slope_errors[l + 1]};
}

static void linear_forward(const layer_view *v) {
  const int in = v->layer->in, out = v->layer->out;
  for (int n = 0; n < v->images; n++)
    for (int o = 0; o < out; o++) {
      double sum = v->bias->values[o], magnitude = fabs(sum), carried = 0;
      for (int i = 0; i < in; i++) {
        const double w = v->weight->values[exact_at(v->layer, v->weight, i, o)];
        const double x = v->x[n * in + i], error = v->x_errors[n * in + i];
        sum += x * w;
        carried += error * fabs(w);
        magnitude += (fabs(x) + error) * fabs(w);
      }
      v->y[n * out + o] = sum;
      v->y_errors[n * out + o] = carried + exact_gamma(in + 1, v->unit) * magnitude + smallest;
    }
}

// OpenCL allows tanh 5 ulp (section 7.4), an ulp being 2u at most; |tanh'| ≤ 1.
static void tanh_forward(const layer_view *v) {
  for (int i = 0; i < v->images * v->layer->in; i++) {
    v->y[i] = tanh(v->x[i]);
    v->y_errors[i] = v->x_errors[i] + 10 * v->unit * (fabs(v->y[i]) + v->x_errors[i]) + smallest;
  }
}

static void look_up_forward(const layer_view *v) {
  const int features = v->weight->columns;
  for (int i = 0; i < v->images * v->layer->in; i++)
    for (int c = 0; c < features; c++) {
      v->y[i * features + c] = v->weight->values[(size_t)v->x[i] * (size_t)features + (size_t)c];
      v->y_errors[i * features + c] = 0;
    }
}

/// Adds a product x·d, both of them off, to element `i` of a parameter's gradient.
static void add_product(exact_parameter *parameter, size_t i, double x, double x_error, double d,
                        double d_error) {
  parameter->gradient[i] += x * d;
  parameter->bounds[i] += fabs(x) * d_error + x_error * (fabs(d) + d_error);
  parameter->magnitudes[i] += (fabs(x) + x_error) * (fabs(d) + d_error);
}

// dW += xᵀ·dy, db += Σ dy, dx = dy·Wᵀ
static void linear_backward(const layer_view *v) {
  const int in = v->layer->in, out = v->layer->out;
  // One more, for adding to what other uses have left there.
  v->weight->terms += v->images + 1;
  v->bias->terms += v->images + 1;
  for (int n = 0; n < v->images; n++) {
    for (int o = 0; o < out; o++)
      add_product(v->bias, (size_t)o, 1, 0, v->dy[n * out + o], v->dy_errors[n * out + o]);
    for (int i = 0; i < in; i++) {
      double sum = 0, carried = 0, magnitude = 0;
      for (int o = 0; o < out; o++) {
        const double d = v->dy[n * out + o], error = v->dy_errors[n * out + o];
        const size_t place = exact_at(v->layer, v->weight, i, o);
        const double w = v->weight->values[place];
        add_product(v->weight, place, v->x[n * in + i], v->x_errors[n * in + i], d, error);
        sum += d * w;
        carried += error * fabs(w);
        magnitude += (fabs(d) + error) * fabs(w);
      }
      v->dx[n * in + i] = sum;
      v->dx_errors[n * in + i] = carried + exact_gamma(out, v->unit) * magnitude + smallest;
    }
  }
}

// dx = dy·(1 − y²): the factor, at most 1, has two roundings of its own, and so have its products.
static void tanh_backward(const layer_view *v) {
  for (int i = 0; i < v->images * v->layer->in; i++) {
    const double y = fabs(v->y[i]), error = v->y_errors[i], dy = fabs(v->dy[i]) + v->dy_errors[i];
    v->dx[i] = v->dy[i] * (1 - y * y);
    v->dx_errors[i] =
        v->dy_errors[i] + dy * (2 * y * error + error * error + 3 * v->unit) + 2 * v->unit * dy + smallest;
  }
}

// dW[token] += dy
static void look_up_backward(const layer_view *v) {
  const int features = v->weight->columns;
  v->weight->terms += v->images * v->layer->in + 1;
  for (int i = 0; i < v->images * v->layer->in; i++)
    for (int c = 0; c < features; c++)
      add_product(v->weight, (size_t)v->x[i] * (size_t)features + (size_t)c, 1, 0, v->dy[i * features + c],
                  v->dy_errors[i * features + c]);
}

static const struct {
  void (*forward)(const layer_view *v);
  void (*backward)(const layer_view *v);
} kinds[] = {
    [EXACT_LINEAR] = {linear_forward, linear_backward},
    [EXACT_TANH] = {tanh_forward, tanh_backward},
    [EXACT_LOOK_UP] = {look_up_forward, look_up_backward},
};

static void judge(exact_network *network, bool with_slopes) {
  const sharing_system *system = network->system;
  const int last = system->layer_count;
  network->outcome = (exact_outcome){.images = system->images,
                                     .outputs = exact_width(network, last),
                                     .y = network->values[last],
                                     .errors = network->errors[last],
                                     .target = system->target,
                                     .unit = network->unit,
                                     .slopes = with_slopes ? network->slopes[last] : NULL,
                                     .slope_errors = with_slopes ? network->slope_errors[last] : NULL};
  system->loss->run(&network->outcome);
}

static void forward(exact_network *network, bool with_slopes) {
  for (int l = 0; l < network->system->layer_count; l++) {
    const layer_view view = view_of(network, l);
    kinds[view.layer->kind].forward(&view);
  }
  judge(network, with_slopes);
}

void exact_forward(exact_network *network) {
  forward(network, false);
}

/// Leaves the slopes of the images that are looked at.
static void choose_images(exact_network *network) {
  const int last = network->system->layer_count, outputs = exact_width(network, last);
  for (int i = 0; i < network->system->images * outputs; i++)
    if (i / outputs < network->first_image || i / outputs >= network->end_image)
      network->slopes[last][i] = network->slope_errors[last][i] = 0;
}

void exact_run(exact_network *network) {
  for (int p = 0; p < network->parameter_count; p++) {
    exact_parameter *parameter = &network->parameters[p];
    parameter->terms = 0;
    for (size_t i = 0; i < parameter->count; i++)
      parameter->gradient[i] = parameter->bounds[i] = parameter->magnitudes[i] = 0;
  }
  forward(network, true);
  choose_images(network);
  for (int l = network->system->layer_count - 1; l >= 0; l--) {
    const layer_view view = view_of(network, l);
    kinds[view.layer->kind].backward(&view);
  }
  for (int p = 0; p < network->parameter_count; p++) {
    exact_parameter *parameter = &network->parameters[p];
    for (size_t i = 0; i < parameter->count; i++)
      parameter->bounds[i] +=
          exact_gamma(parameter->terms, network->unit) * parameter->magnitudes[i] + smallest;
  }
}
