#include "sharing/evidence.h"

#include "sharing/matches.h"

#include <math.h>

siam_status sharing_build_system(sharing_lesson *lesson, const sharing_system *system,
                                 siam_network **network) {
  return sharing_build(lesson, system->layers[0].in, system->lines, network);
}

/// The slopes of the loss for the outputs of the device, as float32.
static float *slopes_of(sharing_lesson *lesson, const sharing_system *system, const float *y, int outputs) {
  const size_t count = (size_t)system->images * (size_t)outputs;
  double *exact_y = sharing_doubles(lesson, count);
  exact_outcome outcome = {.images = system->images,
                           .outputs = outputs,
                           .y = exact_y,
                           .errors = sharing_doubles(lesson, count),
                           .target = system->target,
                           .unit = EXACT_FLOAT64,
                           .slopes = sharing_doubles(lesson, count),
                           .slope_errors = sharing_doubles(lesson, count)};
  for (size_t i = 0; i < count; i++) exact_y[i] = y[i];
  system->loss->run(&outcome);
  float *slopes = sharing_floats(lesson, count);
  for (size_t i = 0; i < count; i++) slopes[i] = (float)outcome.slopes[i];
  return slopes;
}

siam_status sharing_pass(sharing_lesson *lesson, siam_network *network, const sharing_system *system,
                         int first, int end) {
  const siam_network_info info = siam_network_get_info(network);
  float *y = sharing_floats(lesson, (size_t)system->images * info.outputs);
  SHARING_TRY(siam_network_forward(network, true, system->x, system->images, y));
  const float *dy = slopes_of(lesson, system, y, (int)info.outputs);
  if (end - first < system->images)
    SHARING_TRY(
        siam_network_forward(network, true, system->x + (size_t)first * info.inputs, end - first, NULL));
  return siam_network_backward(network, dy + (size_t)first * info.outputs, NULL);
}

siam_status sharing_read(sharing_lesson *lesson, siam_network *network, const char *slot, bool gradient,
                         float **values, size_t *count) {
  siam_parameter_info info;
  SHARING_TRY(siam_network_get_slot(network, slot, &info, NULL));
  *values = sharing_floats(lesson, info.count);
  if (count != NULL) *count = info.count;
  return gradient ? siam_network_read_gradient(network, slot, *values)
                  : siam_network_read(network, slot, *values);
}

siam_status sharing_take_values(sharing_lesson *lesson, siam_network *network, exact_network *exact) {
  for (int p = 0; p < exact->parameter_count; p++) {
    float *values = NULL;
    SHARING_TRY(sharing_read(lesson, network, exact->parameters[p].name, false, &values, NULL));
    for (size_t i = 0; i < exact->parameters[p].count; i++) exact->parameters[p].values[i] = values[i];
  }
  return SIAM_OK;
}

siam_status sharing_prove_fill(sharing_lesson *lesson, int inputs, const char *const *lines, const char *slot,
                               const float *x, double expected) {
  siam_network *network = NULL;
  SHARING_TRY(sharing_build(lesson, inputs, lines, &network));
  float *values = NULL;
  size_t count = 0;
  SHARING_TRY(sharing_read(lesson, network, slot, false, &values, &count));
  for (size_t i = 0; i < count; i++) values[i] = 10;
  SHARING_TRY(siam_network_write(network, slot, values));
  const size_t outputs = siam_network_get_info(network).outputs;
  float *y = sharing_floats(lesson, outputs);
  SHARING_TRY(siam_network_forward(network, false, x, 1, y));
  size_t wrong = 0;
  for (size_t i = 1; i < outputs; i++)
    if (y[i] != (float)expected) wrong = i;
  if (y[0] != (float)expected) wrong = 0;
  sharing_claim(lesson, y[wrong] == (float)expected, "a fill",
                "%s filled with 10: the other use answers %.9g, "
                "arithmetic says %.9g",
                slot, (double)y[wrong], expected);
  return SIAM_OK;
}

/// Whether all slots that refer to `name` read the same new bits, w − ⅛·g. A product by ⅛ is exact, so one
/// rounding is left, on the host as on the device.
static siam_status check_step(sharing_lesson *lesson, siam_network *network, const char *slot,
                              const float *before, const float *gradient, bool *right) {
  float *after = NULL;
  size_t count = 0;
  SHARING_TRY(sharing_read(lesson, network, slot, false, &after, &count));
  for (size_t i = 0; i < count; i++) {
    const float expected = before[i] - 0.125F * gradient[i];
    *right = *right && sharing_same_bits(&after[i], &expected, 1);
  }
  return SIAM_OK;
}

/// The network with its new values against float64 with the same.
static siam_status check_after(sharing_lesson *lesson, siam_network *network, const sharing_system *system,
                               sharing_match *match) {
  exact_network *exact = exact_create(lesson, system, true);
  SHARING_TRY(sharing_take_values(lesson, network, exact));
  exact_forward(exact);
  const size_t count = (size_t)system->images * siam_network_get_info(network).outputs;
  float *y = sharing_floats(lesson, count);
  SHARING_TRY(siam_network_forward(network, false, system->x, system->images, y));
  *match = sharing_compare(y, exact->values[system->layer_count], exact->errors[system->layer_count], count);
  return SIAM_OK;
}

siam_status sharing_prove_update(sharing_lesson *lesson, siam_network *network,
                                 const sharing_system *system) {
  float *before[2 * EXACT_LAYERS], *gradients[2 * EXACT_LAYERS];
  char slots[2 * EXACT_LAYERS][48];
  const int count = sharing_slots(system, slots);
  SHARING_TRY(siam_network_clear_gradients(network));
  SHARING_TRY(sharing_pass(lesson, network, system, 0, system->images));
  for (int s = 0; s < count; s++) {
    SHARING_TRY(sharing_read(lesson, network, slots[s], false, &before[s], NULL));
    SHARING_TRY(sharing_read(lesson, network, slots[s], true, &gradients[s], NULL));
  }
  const siam_update_options step = {.optimizer = "sgd", .rate = 0.125, .momentum = -1, .weight_decay = -1};
  SHARING_TRY(siam_network_update(network, &step));
  bool right = true;
  for (int s = 0; s < count; s++)
    SHARING_TRY(check_step(lesson, network, slots[s], before[s], gradients[s], &right));
  sharing_claim(lesson, right, "one update", "after a step of SGD all %d slots read w − ⅛·g, bit for bit",
                count);
  sharing_match match;
  SHARING_TRY(check_after(lesson, network, system, &match));
  sharing_claim_match(lesson, match, "every use sees it", "outputs with the new values are float64's");
  return SIAM_OK;
}
