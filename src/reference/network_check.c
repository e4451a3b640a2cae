#include "reference/network_check.h"

#include "reference/give_up.h"

#include "reference/guarded.h"
#include "reference/reference_network.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void siam_check_fill_parameters(siam_network *network, uint32_t seed) {
  siam_store *store = &network->store;
  for (size_t p = 0; p < store->count; p++) {
    const siam_parameter *parameter = &store->parameters[p];
    const siam_initialiser first = parameter->initialiser;
    const float middle = first.kind == SIAM_INITIALISE_CONSTANT ? first.value : 0;
    float *values = siam_reference_array(parameter->count, sizeof *values);
    siam_check_fill(values, parameter->count, SIAM_VALUES_SPREAD, seed * 1000 + (uint32_t)p + 1);
    for (size_t i = 0; i < parameter->count; i++) values[i] = values[i] / 4 + middle;
    siam_reference_ok(
        siam_buffer_write(store->device, store->weights, parameter->offset, parameter->count, values));
    free(values);
  }
}

/// What one check holds.
typedef struct check {
  siam_network *network;
  const siam_check_options *options;
  siam_tape *tape;
  siam_run *run;
  siam_reference_network *reference;
  siam_view x, y, dy, dx;
  cl_mem added, fresh; ///< Gradients on top of others; gradients by siam_run_backward().
  cl_mem clock;
  float *before; ///< What `added` held before.
  siam_check_result result;
} check;

static siam_device *device_of(const check *c) {
  return c->network->store.device;
}

/// A guarded range of the device that holds numbers nobody asked for.
static siam_view new_range(const check *c, size_t count) {
  siam_view view = {0};
  float *values = siam_reference_array(count, sizeof *values);
  siam_check_fill(values, count, SIAM_VALUES_SPREAD, 99);
  siam_reference_ok(siam_guarded_create(device_of(c), values, count, &view));
  free(values);
  return view;
}

/// Notes the first thing that is wrong.
static void note(check *c, const char *format, ...) {
  va_list arguments;
  if (c->result.failure[0] != '\0') return;
  va_start(arguments, format);
  vsnprintf(c->result.failure, sizeof c->result.failure, format, arguments);
  va_end(arguments);
}

/// The floats of a range, after a look at its guards.
static float *download(check *c, siam_view view) {
  float *values = siam_reference_array(view.count, sizeof *values);
  const siam_status status = siam_guarded_read(device_of(c), view, values);
  if (status == SIAM_ERROR_NUMERIC)
    note(c, "%s", siam_last_error());
  else
    siam_reference_ok(status);
  return values;
}

static void write_input(check *c) {
  siam_reference_network *reference = c->reference;
  size_t inputs = c->x.count, outputs = c->y.count;
  float *x = siam_reference_array(inputs, sizeof *x), *dy = siam_reference_array(outputs, sizeof *dy);
  siam_check_fill(x, inputs, c->options->values, c->options->seed + 7);
  siam_check_fill(dy, outputs, SIAM_VALUES_SPREAD, c->options->seed + 8);
  float scale = c->options->scale != 0 ? c->options->scale : 1;
  for (size_t i = 0; i < inputs; i++) {
    x[i] = c->options->nan_at > 0 && c->options->nan_at == i ? NAN : x[i] * scale + c->options->offset;
    reference->values[0][i] = x[i];
  }
  for (size_t i = 0; i < outputs; i++) reference->slopes[c->network->count][i] = dy[i];
  siam_reference_ok(siam_guarded_write(device_of(c), c->x, x));
  siam_reference_ok(siam_guarded_write(device_of(c), c->dy, dy));
  free(x);
  free(dy);
}

static void write_clock(check *c) {
  const uint32_t words[SIAM_CLOCK_WORDS] = {
      [SIAM_CLOCK_STEP] = c->options->step, [SIAM_CLOCK_SEED_LOW] = c->options->seed};
  siam_reference_ok(siam_buffer_create(device_of(c), SIAM_CLOCK_WORDS, &c->clock));
  siam_reference_ok(siam_buffer_write(device_of(c), c->clock, 0, SIAM_CLOCK_WORDS, (const float *)words));
  c->reference->seed = c->options->seed;
  c->reference->step = c->options->step;
}

/// Dropout's draws depend on the pass's number; layers that others absorb have none.
static void take_numbers(check *c) {
  for (size_t i = 0; i < c->network->count; i++)
    for (size_t j = 0; j < c->run->count; j++)
      if (strcmp(c->network->layers[i].name, c->run->layers[j].name) == 0)
        c->reference->numbers[i] = c->run->passes[j].number;
}

static void run_on_device(check *c) {
  const siam_run_options options = {.images = c->reference->images,
                                    .training = c->options->training,
                                    .clock = c->clock,
                                    .branch = c->options->branch,
                                    .way_back = c->options->way_back,
                                    .weights_stay = c->options->way_back == SIAM_NO_WAY_BACK};
  size_t trained = c->network->store.trained;
  c->before = siam_reference_array(trained + 1, sizeof *c->before);
  siam_check_fill(c->before, trained, SIAM_VALUES_SPREAD, c->options->seed + 9);
  siam_reference_ok(siam_buffer_create(device_of(c), trained + 1, &c->added));
  siam_reference_ok(siam_buffer_create(device_of(c), trained + 1, &c->fresh));
  siam_reference_ok(siam_buffer_write(device_of(c), c->added, 0, trained, c->before));
  siam_reference_ok(siam_run_forward(c->network, c->tape, &options, c->x, c->y, &c->run));
  if (options.way_back == SIAM_BACK_TO_INPUT)
    siam_reference_ok(siam_run_backward_to_input(c->run, c->dy, c->added, c->dx));
  if (options.way_back == SIAM_BACK_TO_WEIGHTS) siam_reference_ok(siam_run_backward(c->run, c->dy, c->added));
  if (options.way_back != SIAM_NO_WAY_BACK) siam_reference_ok(siam_run_backward(c->run, c->dy, c->fresh));
  siam_reference_ok(siam_tape_seal(c->tape));
  siam_reference_ok(siam_tape_run(c->tape));
  take_numbers(c);
}

/// Compares one array; a NaN must meet a NaN. Returns the largest error as a part of its bound.
static double compare(check *c, const char *name, const float *found, const double *expected,
                      const double *bounds, size_t count) {
  double worst = 0;
  for (size_t i = 0; i < count; i++) {
    if (isnan(expected[i]) && isnan(found[i])) continue;
    // Nothing is promised here, see add_winograd() in rounding.c. A bound that is no number is not kept.
    if (isinf(bounds[i]) && !isnan(expected[i])) continue;
    double error = fabs((double)found[i] - expected[i]);
    if (found[i] == expected[i]) continue;
    if (!(error <= bounds[i]))
      note(c, "%s[%zu] of %zu is %.9g and must be %.9g ± %.3g (off by %.3g)", name, i, count,
           (double)found[i], expected[i], bounds[i], error);
    worst = isnan(error) ? INFINITY : fmax(worst, error / bounds[i]);
  }
  return worst;
}

static double compare_gradients(check *c, cl_mem buffer, const float *before, const char *what) {
  const siam_store *store = &c->network->store;
  double worst = 0;
  for (size_t p = 0; p < store->count; p++) {
    const siam_parameter *parameter = &store->parameters[p];
    if (parameter->kind == SIAM_PARAMETER_STATE) continue;
    float *found = siam_reference_array(parameter->count, sizeof *found);
    double *expected = siam_reference_array(parameter->count, sizeof *expected);
    siam_reference_ok(siam_buffer_read(device_of(c), buffer, parameter->offset, parameter->count, found));
    for (size_t i = 0; i < parameter->count; i++)
      expected[i] = c->reference->gradients[p][i] + (before != NULL ? before[parameter->offset + i] : 0);
    char name[SIAM_PARAMETER_NAME_SIZE + 64];
    snprintf(name, sizeof name, "%s of %s", what, parameter->name);
    worst =
        fmax(worst, compare(c, name, found, expected, c->reference->gradient_errors[p], parameter->count));
    free(found);
    free(expected);
  }
  return worst;
}

static void compare_states(check *c) {
  const siam_store *store = &c->network->store;
  for (size_t p = 0; p < store->count; p++) {
    const siam_parameter *parameter = &store->parameters[p];
    float *found = siam_reference_array(parameter->count, sizeof *found);
    siam_reference_ok(
        siam_buffer_read(device_of(c), store->weights, parameter->offset, parameter->count, found));
    // Bounds of 0: whatever is not a running statistic in training stays as it was.
    compare(c, parameter->name, found, c->reference->parameters[p], c->reference->state_errors[p],
            parameter->count);
    free(found);
  }
}

static void compare_all(check *c) {
  siam_check_result *result = &c->result;
  siam_reference_network *reference = c->reference;
  float *y = download(c, c->y), *dx = download(c, c->dx);
  result->output = compare(c, "y", y, reference->values[c->network->count],
                           reference->value_errors[c->network->count], c->y.count);
  if (c->options->way_back == SIAM_NO_WAY_BACK) goto done;
  if (c->options->way_back == SIAM_BACK_TO_INPUT)
    result->input_gradient =
        compare(c, "dx", dx, reference->slopes[0], reference->slope_errors[0], c->dx.count);
  result->parameter_gradients = fmax(compare_gradients(c, c->added, c->before, "added gradient"),
                                     compare_gradients(c, c->fresh, NULL, "gradient"));
  compare_states(c);
done:
  free(y);
  free(dx);
}

siam_check_result siam_network_check(siam_network *network, const siam_check_options *options) {
  int images = options->images > 0 ? options->images : 1;
  check c = {.network = network, .options = options};
  size_t inputs = (size_t)images * siam_shape_count(network->input);
  size_t outputs = (size_t)images * siam_shape_count(siam_network_output(network));
  siam_reference_ok(siam_tape_create(device_of(&c), &c.tape));
  if (!options->keep_parameters) siam_check_fill_parameters(network, options->seed + 1);
  c.reference = siam_reference_network_create(network, images, options->training);
  c.reference->forward_only = options->way_back == SIAM_NO_WAY_BACK;
  c.x = new_range(&c, inputs);
  c.y = new_range(&c, outputs);
  c.dy = new_range(&c, outputs);
  c.dx = new_range(&c, inputs);
  write_input(&c);
  write_clock(&c);
  run_on_device(&c);
  siam_reference_network_forward(c.reference);
  siam_reference_network_backward(c.reference);
  // 2: the largest magnitude of the spread values that the gradients start from.
  siam_reference_network_bound(c.reference, 2);
  compare_all(&c);
  if (!options->no_differences && options->way_back != SIAM_NO_WAY_BACK && c.result.failure[0] == '\0')
    siam_reference_network_prove(c.reference);
  siam_run_destroy(c.run);
  siam_reference_network_destroy(c.reference);
  siam_buffer_release(device_of(&c), c.added);
  siam_buffer_release(device_of(&c), c.fresh);
  siam_buffer_release(device_of(&c), c.clock);
  siam_tape_destroy(c.tape);
  const siam_view ranges[] = {c.x, c.y, c.dy, c.dx};
  for (int i = 0; i < 4; i++) siam_buffer_release(device_of(&c), ranges[i].buffer);
  free(c.before);
  return c.result;
}
