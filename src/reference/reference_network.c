#include "reference/reference_network.h"

#include "reference/give_up.h"

#include "reference/rounding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t siam_reference_network_size(const siam_reference_network *reference, size_t i) {
  const siam_network *network = reference->network;
  siam_shape shape = i > 0 ? network->layers[i - 1].out : network->input;
  return (size_t)reference->images * siam_shape_count(shape);
}

static size_t input_size(const siam_reference_network *reference, size_t i) {
  return (size_t)reference->images * siam_shape_count(reference->network->layers[i].in);
}

static double **new_by_layer(const siam_reference_network *reference) {
  double **made = siam_reference_array(reference->network->count + 1, sizeof *made);
  for (size_t i = 0; i <= reference->network->count; i++)
    made[i] = siam_reference_array(siam_reference_network_size(reference, i), sizeof **made);
  return made;
}

static double **new_by_parameter(const siam_store *store) {
  double **made = siam_reference_array(store->count + 1, sizeof *made);
  for (size_t p = 0; p < store->count; p++)
    made[p] = siam_reference_array(store->parameters[p].count, sizeof **made);
  return made;
}

static void free_arrays(double **arrays, size_t count) {
  for (size_t i = 0; i < count; i++) free(arrays[i]);
  free(arrays);
}

siam_reference_network *siam_reference_network_create(const siam_network *network, int images,
                                                      bool training) {
  siam_reference_network *made = siam_reference_array(1, sizeof *made);
  const siam_store *store = &network->store;
  made->network = network;
  made->images = images;
  made->training = training;
  made->numbers = siam_reference_array(network->count, sizeof *made->numbers);
  made->values = new_by_layer(made);
  made->value_errors = new_by_layer(made);
  made->slopes = new_by_layer(made);
  made->slope_errors = new_by_layer(made);
  made->shares = siam_reference_array(network->count + 1, sizeof *made->shares);
  for (size_t i = 0; i < network->count; i++)
    made->shares[i] = siam_reference_array(input_size(made, i), sizeof **made->shares);
  made->parameters = new_by_parameter(store);
  made->gradients = new_by_parameter(store);
  made->gradient_errors = new_by_parameter(store);
  made->state_errors = new_by_parameter(store);
  for (size_t p = 0; p < store->count; p++) {
    const siam_parameter *parameter = &store->parameters[p];
    float *floats = siam_reference_array(parameter->count, sizeof *floats);
    siam_reference_ok(
        siam_buffer_read(store->device, store->weights, parameter->offset, parameter->count, floats));
    for (size_t i = 0; i < parameter->count; i++) made->parameters[p][i] = floats[i];
    free(floats);
  }
  return made;
}

void siam_reference_network_destroy(siam_reference_network *reference) {
  size_t layers = reference->network->count + 1, parameters = reference->network->store.count;
  free_arrays(reference->values, layers);
  free_arrays(reference->value_errors, layers);
  free_arrays(reference->slopes, layers);
  free_arrays(reference->slope_errors, layers);
  free_arrays(reference->shares, layers);
  free_arrays(reference->parameters, parameters);
  free_arrays(reference->gradients, parameters);
  free_arrays(reference->gradient_errors, parameters);
  free_arrays(reference->state_errors, parameters);
  free(reference->numbers);
  free(reference);
}

/// A new matrix [columns,rows] from `matrix` [rows,columns].
static double *transposed(const double *matrix, int rows, int columns) {
  double *made = siam_reference_array((size_t)rows * (size_t)columns, sizeof *made);
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < columns; c++) made[c * rows + r] = matrix[r * columns + c];
  return made;
}

/// What a slot finds in `arrays` (by parameter): the parameter's own array, or its transpose, which
/// release_slot() frees.
static double *take_slot(double **arrays, const siam_slot *slot) {
  if (!slot->transposed) return arrays[slot->parameter];
  return transposed(arrays[slot->parameter], slot->dims[1], slot->dims[0]);
}

/// Brings what was added to a transpose back to its parameter.
static void release_slot(double **arrays, const siam_slot *slot, double *taken, bool keep) {
  if (!slot->transposed) return;
  if (keep) {
    double *back = transposed(taken, slot->dims[0], slot->dims[1]);
    memcpy(arrays[slot->parameter], back, (size_t)slot->dims[0] * (size_t)slot->dims[1] * sizeof *back);
    free(back);
  }
  free(taken);
}

/// The entry of the arrays by layer that a source is; NULL for none.
static double *entry_of(double **arrays, siam_source source) {
  return source == SIAM_SOURCE_NONE ? NULL : arrays[source + 1];
}

static siam_reference take_layer(siam_reference_network *reference, size_t i) {
  const siam_layer *layer = &reference->network->layers[i];
  siam_reference r = {.layer = layer,
                      .images = reference->images,
                      .training = reference->training,
                      .seed = reference->seed,
                      .step = reference->step,
                      .number = reference->numbers[i],
                      .x = entry_of(reference->values, layer->from),
                      .other = entry_of(reference->values, layer->other),
                      .y = reference->values[i + 1],
                      .dy = reference->slopes[i + 1],
                      .dx = reference->shares[i]};
  for (int s = 0; s < layer->slot_count; s++) {
    r.weight[s] = take_slot(reference->parameters, &layer->slots[s]);
    r.gradient[s] = take_slot(reference->gradients, &layer->slots[s]);
  }
  return r;
}

static void release_layer(siam_reference_network *reference, siam_reference *r, bool keep_gradients) {
  for (int s = 0; s < r->layer->slot_count; s++) {
    release_slot(reference->parameters, &r->layer->slots[s], r->weight[s], false);
    release_slot(reference->gradients, &r->layer->slots[s], r->gradient[s], keep_gradients);
  }
}

void siam_reference_network_forward(siam_reference_network *reference) {
  for (size_t i = 0; i < reference->network->count; i++) {
    siam_reference r = take_layer(reference, i);
    siam_reference_forward(&r);
    release_layer(reference, &r, false);
  }
}

/// Clears the entries of an array by layer that are going to be added to: all but the output's.
static void clear_entries(const siam_reference_network *reference, double **arrays) {
  for (size_t i = 0; i < reference->network->count; i++)
    memset(arrays[i], 0, siam_reference_network_size(reference, i) * sizeof **arrays);
}

/// Adds `share` to the entry of a source.
static void add_share(double **arrays, siam_source source, const double *share, size_t count) {
  double *to = entry_of(arrays, source);
  for (size_t i = 0; to != NULL && i < count; i++) to[i] += share[i];
}

static void backward(siam_reference_network *reference, size_t i) {
  siam_reference r = take_layer(reference, i);
  siam_reference_backward(&r);
  add_share(reference->slopes, r.layer->from, r.dx, input_size(reference, i));
  add_share(reference->slopes, r.layer->other, r.dx, input_size(reference, i));
  release_layer(reference, &r, true);
}

void siam_reference_network_backward(siam_reference_network *reference) {
  const siam_store *store = &reference->network->store;
  clear_entries(reference, reference->slopes);
  for (size_t p = 0; p < store->count; p++)
    memset(reference->gradients[p], 0, store->parameters[p].count * sizeof(double));
  for (size_t i = reference->network->count; i-- > 0;) backward(reference, i);
}

static void bound_forward(siam_reference_network *reference, size_t i) {
  siam_reference r = take_layer(reference, i);
  siam_rounding rounding = {.device = reference->network->store.device,
                            .reference = &r,
                            .forward_only = reference->forward_only,
                            .x_error = entry_of(reference->value_errors, r.layer->from),
                            .other_error = entry_of(reference->value_errors, r.layer->other),
                            .y_error = reference->value_errors[i + 1]};
  if (siam_reference_is(r.layer, "batch_norm"))
    for (int s = 0; s < 2; s++)
      rounding.state_error[s] = reference->state_errors[r.layer->slots[2 + s].parameter];
  siam_rounding_forward(&rounding);
  release_layer(reference, &r, false);
}

/// Adds the bounds of a share of a source's gradient, and for the additions of the shares, where there are
/// several, theirs.
static void add_share_bound(siam_reference_network *reference, siam_source source, const double *share,
                            const double *errors, size_t count) {
  double *to = entry_of(reference->slope_errors, source);
  const size_t users = siam_network_count_users(reference->network, source);
  const double gamma = users > 1 ? siam_rounding_of_sum((double)users) : 0;
  for (size_t i = 0; to != NULL && i < count; i++) to[i] += errors[i] + gamma * (fabs(share[i]) + errors[i]);
}

static void bound_backward(siam_reference_network *reference, size_t i, double prior) {
  const siam_layer *layer = &reference->network->layers[i];
  const size_t count = input_size(reference, i);
  siam_reference r = take_layer(reference, i);
  siam_rounding rounding = {.device = reference->network->store.device,
                            .reference = &r,
                            .forward_only = reference->forward_only,
                            .x_error = entry_of(reference->value_errors, layer->from),
                            .other_error = entry_of(reference->value_errors, layer->other),
                            .y_error = reference->value_errors[i + 1],
                            .dy_error = reference->slope_errors[i + 1],
                            .dx_error = siam_reference_array(count, sizeof(double)),
                            .prior = prior};
  for (int s = 0; s < layer->slot_count; s++)
    rounding.gradient_error[s] = take_slot(reference->gradient_errors, &layer->slots[s]);
  siam_rounding_backward(&rounding);
  add_share_bound(reference, layer->from, r.dx, rounding.dx_error, count);
  add_share_bound(reference, layer->other, r.dx, rounding.dx_error, count);
  for (int s = 0; s < layer->slot_count; s++)
    release_slot(reference->gradient_errors, &layer->slots[s], rounding.gradient_error[s], true);
  free(rounding.dx_error);
  release_layer(reference, &r, false);
}

void siam_reference_network_bound_forward(siam_reference_network *reference) {
  for (size_t i = 0; i < reference->network->count; i++) bound_forward(reference, i);
}

void siam_reference_network_bound(siam_reference_network *reference, double prior) {
  const siam_store *store = &reference->network->store;
  for (size_t p = 0; p < store->count; p++)
    memset(reference->gradient_errors[p], 0, store->parameters[p].count * sizeof(double));
  siam_reference_network_bound_forward(reference);
  clear_entries(reference, reference->slope_errors);
  for (size_t i = reference->network->count; i-- > 0;) bound_backward(reference, i, prior);
}

/// L = Σ slopes · outputs, and the magnitudes of its terms.
static double scalar(siam_reference_network *reference, double *magnitude) {
  size_t last = reference->network->count;
  double sum = 0;
  *magnitude = 0;
  siam_reference_network_forward(reference);
  for (size_t i = 0; i < siam_reference_network_size(reference, last); i++) {
    double term = reference->slopes[last][i] * reference->values[last][i];
    sum += term;
    *magnitude += fabs(term);
  }
  return sum;
}

/// dL/d(*place) from four points, whose error is of the order of step⁴.
static double difference(siam_reference_network *reference, double *place, double step, double *magnitude) {
  static const double offsets[4] = {-2, -1, 1, 2}, weights[4] = {1, -8, 8, -1};
  double kept = *place, sum = 0;
  for (int i = 0; i < 4; i++) {
    *place = kept + offsets[i] * step;
    sum += weights[i] * scalar(reference, magnitude);
  }
  *place = kept;
  return sum / (12 * step);
}

/// Compares a sample of one array with its gradient. Two step sizes say how far the numbers can be trusted:
/// next to a kink (ReLU, max pooling) they disagree, and there no derivative exists to compare with.
/// Rounding: each L is off by some hundred roundings of its terms.
static void prove_array(siam_reference_network *reference, const char *name, double *values,
                        const double *gradients, size_t count) {
  enum { SAMPLE = 24 };
  double scale = 0, largest = 0;
  for (size_t i = 0; i < count; i++) {
    scale = fmax(scale, fabs(values[i]));
    largest = fmax(largest, fabs(gradients[i]));
  }
  double step = 1e-4 * (scale > 0 ? scale : 1);
  size_t compared = 0, kinks = 0, stride = count <= SAMPLE ? 1 : count / SAMPLE;
  for (size_t i = 0; i < count; i += stride) {
    double magnitude = 0, coarse = difference(reference, &values[i], 2 * step, &magnitude);
    double fine = difference(reference, &values[i], step, &magnitude);
    double tolerance = fabs(coarse - fine) + 200 * 0x1p-53 * magnitude / step;
    if (tolerance > 1e-5 * largest && largest * step > 1e-9 * magnitude) {
      kinks++;
      continue;
    }
    compared++;
    if (!(fabs(fine - gradients[i]) <= tolerance))
      siam_reference_give_up(
          "the reference itself is wrong: d/d%s[%zu] is %.12g and finite differences give %.12g ± %.2g", name,
          i, gradients[i], fine, tolerance);
  }
  if (kinks * 4 > compared)
    siam_reference_give_up("%s: %zu of %zu elements lie at a kink; choose other values", name, kinks,
                           compared + kinks);
}

void siam_reference_network_prove(siam_reference_network *reference) {
  const siam_store *store = &reference->network->store;
  // Between two token numbers there is nothing.
  if (!siam_reference_is(&reference->network->layers[0], "embedding"))
    prove_array(reference, "x", reference->values[0], reference->slopes[0],
                siam_reference_network_size(reference, 0));
  for (size_t p = 0; p < store->count; p++)
    if (store->parameters[p].kind != SIAM_PARAMETER_STATE)
      prove_array(reference, store->parameters[p].name, reference->parameters[p], reference->gradients[p],
                  store->parameters[p].count);
  // Leaves values as the forward pass from the present input has them.
  siam_reference_network_forward(reference);
}
