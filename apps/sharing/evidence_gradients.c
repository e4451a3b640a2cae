// The gradient of a shared weight is the sum of the gradients of its uses.
#include "sharing/evidence.h"
#include "sharing/matches.h"

#include <stdio.h>

/// A system, its twin without sharing, and the same two in float64.
typedef struct twins {
  const sharing_system *system;
  siam_network *network, *apart;
  exact_network *exact, *exact_apart;
} twins;

/// Copies a use's values from the shared matrix to its own.
static void copy_to_own(const exact_layer *layer, exact_network *shared, exact_network *apart) {
  const exact_parameter *from = exact_weight_of(shared, layer), *to = exact_weight_of(apart, layer);
  for (int i = 0; i < to->rows; i++)
    for (int o = 0; o < to->columns; o++)
      to->values[exact_at(layer, to, i, o)] = from->values[exact_at(layer, from, i, o)];
}

static siam_status write_own(sharing_lesson *lesson, const twins *t, const exact_parameter *parameter) {
  float *values = sharing_floats(lesson, parameter->count);
  for (size_t i = 0; i < parameter->count; i++) values[i] = (float)parameter->values[i];
  return siam_network_write(t->apart, parameter->name, values);
}

/// Unties every use that borrows, and gives it the values that it borrowed.
static siam_status part(sharing_lesson *lesson, twins *t) {
  SHARING_TRY(sharing_build_system(lesson, t->system, &t->apart));
  t->exact = exact_create(lesson, t->system, true);
  t->exact_apart = exact_create(lesson, t->system, false);
  SHARING_TRY(sharing_take_values(lesson, t->network, t->exact));
  char slot[64];
  for (int l = 0; l < t->system->layer_count; l++) {
    const exact_layer *layer = &t->system->layers[l];
    snprintf(slot, sizeof slot, "%s.weight", layer->name);
    if (layer->weight != NULL) SHARING_TRY(siam_network_untie(t->apart, slot));
    if (layer->kind != EXACT_TANH) copy_to_own(layer, t->exact, t->exact_apart);
    snprintf(slot, sizeof slot, "%s.bias", layer->name);
    const exact_parameter *bias = exact_find(t->exact, slot), *own = exact_find(t->exact_apart, slot);
    for (size_t i = 0; bias != NULL && i < bias->count; i++) own->values[i] = bias->values[i];
  }
  SHARING_TRY(siam_network_place(t->apart, lesson->device, lesson->seed));
  for (int p = 0; p < t->exact_apart->parameter_count; p++)
    SHARING_TRY(write_own(lesson, t, &t->exact_apart->parameters[p]));
  return SIAM_OK;
}

/// The device's gradient of one parameter against float64.
static siam_status compare(sharing_lesson *lesson, siam_network *network, const exact_parameter *parameter,
                           const char *suffix, sharing_matches *matches, sharing_match *claim) {
  float *found = NULL;
  char what[96];
  snprintf(what, sizeof what, "%s%s", parameter->name, suffix);
  SHARING_TRY(sharing_read(lesson, network, parameter->name, true, &found, NULL));
  sharing_matches_add(matches, what, "float64",
                      sharing_compare(found, parameter->gradient, parameter->bounds, parameter->count),
                      claim);
  return SIAM_OK;
}

/// A layer that uses `shared`, be it its own or not.
static bool uses(twins *t, const exact_layer *layer, const exact_parameter *shared) {
  return layer->kind != EXACT_TANH && exact_weight_of(t->exact, layer) == shared;
}

/// Adds the gradient and the bounds of one use alone, as the device has it, to `sum` and `bounds`, in the
/// layout of the shared matrix.
static siam_status add_use(sharing_lesson *lesson, twins *t, const exact_layer *layer,
                           const exact_parameter *shared, double *sum, double *bounds) {
  const exact_parameter *own = exact_weight_of(t->exact_apart, layer);
  float *gradient = NULL;
  SHARING_TRY(sharing_read(lesson, t->apart, own->name, true, &gradient, NULL));
  for (int i = 0; i < own->rows; i++)
    for (int o = 0; o < own->columns; o++) {
      const size_t from = exact_at(layer, own, i, o), to = exact_at(layer, shared, i, o);
      sum[to] += gradient[from];
      bounds[to] += own->bounds[from];
    }
  return SIAM_OK;
}

/// The shared gradient of the device against the sum of what its uses have alone: both are off by their
/// bounds at most.
static siam_status compare_sum(sharing_lesson *lesson, twins *t, const exact_parameter *shared,
                               sharing_matches *matches, sharing_match *claim) {
  double *sum = sharing_doubles(lesson, shared->count), *bounds = sharing_doubles(lesson, shared->count);
  float *found = NULL;
  for (size_t i = 0; i < shared->count; i++) bounds[i] = shared->bounds[i];
  for (int l = 0; l < t->system->layer_count; l++)
    if (uses(t, &t->system->layers[l], shared))
      SHARING_TRY(add_use(lesson, t, &t->system->layers[l], shared, sum, bounds));
  SHARING_TRY(sharing_read(lesson, t->network, shared->name, true, &found, NULL));
  char what[96];
  snprintf(what, sizeof what, "%s, all uses", shared->name);
  sharing_matches_add(matches, what, "sum of the uses alone",
                      sharing_compare(found, sum, bounds, shared->count), claim);
  return SIAM_OK;
}

/// Both networks back once, on the device and in float64.
static siam_status pass_all(sharing_lesson *lesson, twins *t) {
  SHARING_TRY(siam_network_clear_gradients(t->network));
  SHARING_TRY(siam_network_clear_gradients(t->apart));
  SHARING_TRY(sharing_pass(lesson, t->network, t->system, 0, t->system->images));
  SHARING_TRY(sharing_pass(lesson, t->apart, t->system, 0, t->system->images));
  exact_run(t->exact);
  exact_run(t->exact_apart);
  return SIAM_OK;
}

/// The parameter that a layer borrows; NULL where each has its own.
static exact_parameter *shared_of(twins *t) {
  for (int l = 0; l < t->system->layer_count; l++)
    if (t->system->layers[l].weight != NULL) return exact_find(t->exact, t->system->layers[l].weight);
  return NULL;
}

/// The uses of `shared`, each alone, and their sum.
static siam_status compare_uses(sharing_lesson *lesson, twins *t, const exact_parameter *shared,
                                sharing_matches *matches, sharing_match *alone, sharing_match *sum) {
  for (int l = 0; l < t->system->layer_count; l++) {
    const exact_layer *layer = &t->system->layers[l];
    if (uses(t, layer, shared))
      SHARING_TRY(
          compare(lesson, t->apart, exact_weight_of(t->exact_apart, layer), " alone", matches, alone));
  }
  return compare_sum(lesson, t, shared, matches, sum);
}

siam_status sharing_prove_gradients(sharing_lesson *lesson, siam_network *network,
                                    const sharing_system *system) {
  twins t = {.system = system, .network = network};
  SHARING_TRY(part(lesson, &t));
  SHARING_TRY(pass_all(lesson, &t));
  const exact_parameter *shared = shared_of(&t);
  sharing_matches matches = sharing_matches_begin(lesson);
  sharing_match alone = {0}, all = {0}, differences = {0};
  if (shared != NULL) SHARING_TRY(compare_uses(lesson, &t, shared, &matches, &alone, &all));
  for (int p = 0; p < t.exact->parameter_count; p++)
    SHARING_TRY(compare(lesson, network, &t.exact->parameters[p], "", &matches, &all));
  sharing_matches_add_differences(&matches, t.exact, &differences);
  sharing_matches_end(&matches);
  if (shared != NULL) {
    sharing_claim_match(lesson, alone, "gradients of uses", "each use alone, in a twin without sharing");
    sharing_claim_match(lesson, all, "gradients sum", "together, the sum of the uses alone and float64's");
  } else {
    sharing_claim_match(lesson, all, "gradients", "float64's");
  }
  sharing_claim_match(lesson, differences, "differences", "float64's are (L(w+h) − L(w−h)) / 2h");
  return SIAM_OK;
}
