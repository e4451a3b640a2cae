#include "model/network.h"

#include "base/memory.h"
#include "model/session.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

siam_status siam_network_create(int height, int width, int channels, siam_network **network) {
  if (height < 1 || width < 1 || channels < 1)
    return siam_fail(SIAM_ERROR_ARGUMENT, "an input of %d×%d×%d is empty", height, width, channels);
  if ((int64_t)height * width > INT_MAX / channels)
    return siam_fail(SIAM_ERROR_ARGUMENT, "an input of %d×%d×%d is too large", height, width, channels);
  siam_network *made = siam_allocate(1, sizeof *made);
  if (made == NULL) return SIAM_ERROR_MEMORY;
  made->input = (siam_shape){height, width, channels};
  *network = made;
  return SIAM_OK;
}

void siam_network_destroy(siam_network *network) {
  if (network == NULL) return;
  siam_session_destroy(network->session);
  siam_store_clear(&network->store);
  siam_free(network->description);
  siam_free(network->layers);
  siam_free(network);
}

siam_shape siam_network_output(const siam_network *network) {
  return network->count > 0 ? network->layers[network->count - 1].out : network->input;
}

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

static siam_status take_name(const siam_network *network, siam_layer *layer, const char *name) {
  if (name == NULL) {
    unsigned number = 1;
    for (size_t i = 0; i < network->count; i++) number += network->layers[i].type == layer->type;
    snprintf(layer->name, sizeof layer->name, "%s%u", layer->type->name, number);
  } else if (strlen(name) >= sizeof layer->name || name[0] == '\0' ||
             name[strspn(name, NAME_LETTERS)] != '\0') {
    return siam_fail(SIAM_ERROR_ARGUMENT, "'%s' cannot name a layer: use letters, digits and '_'", name);
  } else {
    snprintf(layer->name, sizeof layer->name, "%s", name);
  }
  for (size_t i = 0; i < network->count; i++)
    if (strcmp(network->layers[i].name, layer->name) == 0)
      return siam_fail(SIAM_ERROR_ARGUMENT, "two layers are called '%s'; give one another name", layer->name);
  return SIAM_OK;
}

static void slot_name(const siam_layer *layer, const siam_slot *slot, char *name) {
  snprintf(name, SIAM_PARAMETER_NAME_SIZE, "%s.%s", layer->name, slot->role);
}

siam_status siam_network_find_source(const siam_network *network, const char *name, siam_source *source) {
  for (size_t i = 0; i < network->count; i++) {
    *source = (siam_source)i;
    if (strcmp(network->layers[i].name, name) == 0) return SIAM_OK;
  }
  *source = SIAM_SOURCE_INPUT;
  if (strcmp(name, "input") == 0) return SIAM_OK;
  return siam_fail(SIAM_ERROR_ARGUMENT,
                   "no layer before this one is called '%s'; name one there with name=%s, or say 'input'",
                   name, name);
}

const char *siam_network_source_name(const siam_network *network, siam_source source) {
  return source < 0 ? "input" : network->layers[source].name;
}

size_t siam_network_count_users(const siam_network *network, siam_source source) {
  size_t users = 0;
  for (size_t i = 0; i < network->count; i++)
    users += (network->layers[i].from == source) + (network->layers[i].other == source);
  return users;
}

static siam_shape shape_of(const siam_network *network, siam_source source) {
  return source < 0 ? network->input : network->layers[source].out;
}

/// Whether both inputs of a layer that joins them have one shape.
static siam_status check_joined(const siam_network *network, const siam_layer *layer) {
  const siam_shape a = layer->in, b = shape_of(network, layer->other);
  if (a.height == b.height && a.width == b.width && a.channels == b.channels) return SIAM_OK;
  return siam_fail(SIAM_ERROR_ARGUMENT,
                   "%s: '%s' gives %d×%d×%d and '%s' %d×%d×%d; bring one to the shape of the other, as with "
                   "'conv %d 1 from=%s'",
                   layer->name, siam_network_source_name(network, layer->from), a.height, a.width, a.channels,
                   siam_network_source_name(network, layer->other), b.height, b.width, b.channels, a.channels,
                   siam_network_source_name(network, layer->other));
}

siam_status siam_network_add_layer(siam_network *network, const siam_layer_type *type, const char *name,
                                   const double *options) {
  return siam_network_add_layer_from(network, type, name, options, (siam_source)network->count - 1,
                                     SIAM_SOURCE_NONE);
}

siam_status siam_network_add_layer_from(siam_network *network, const siam_layer_type *type, const char *name,
                                        const double *options, siam_source from, siam_source other) {
  siam_layer layer = {.type = type,
                      .in = shape_of(network, from),
                      .number = (siam_source)network->count,
                      .from = from,
                      .other = other};
  SIAM_RETURN_IF_FAILED(take_name(network, &layer, name));
  if (type->joins) SIAM_RETURN_IF_FAILED(check_joined(network, &layer));
  SIAM_RETURN_IF_FAILED(siam_options_take(type->options, layer.name, options, layer.options));
  SIAM_RETURN_IF_FAILED(type->shape(&layer));
  // Kernels count the elements of a tensor in an int.
  if (siam_shape_count(layer.out) > INT_MAX)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%s: an output of %d×%d×%d is too large", layer.name,
                     layer.out.height, layer.out.width, layer.out.channels);
  SIAM_RETURN_IF_FAILED(SIAM_GROW(network->layers, network->count, network->capacity));
  for (int s = 0; s < layer.slot_count; s++) {
    char parameter[SIAM_PARAMETER_NAME_SIZE];
    slot_name(&layer, &layer.slots[s], parameter);
    SIAM_RETURN_IF_FAILED(
        siam_store_add(&network->store, parameter, &layer.slots[s], &layer.slots[s].parameter));
  }
  network->layers[network->count++] = layer;
  network->placed = false;
  return SIAM_OK;
}

void siam_network_drop_layer(siam_network *network) {
  siam_store *store = &network->store;
  const siam_layer *layer = &network->layers[--network->count];
  for (int s = 0; s < layer->slot_count; s++) store->parameters[layer->slots[s].parameter].users--;
  // The layer's own parameters are the last ones: nothing was added since.
  store->count -= (size_t)layer->slot_count;
}

siam_status siam_network_add_guests(siam_network *network, const char *owner, const siam_slot *slots,
                                    int count) {
  for (int s = 0; s < count; s++) {
    char name[SIAM_PARAMETER_NAME_SIZE];
    siam_slot *guest = &network->guests[network->guest_count];
    snprintf(name, sizeof name, "%s.%s", owner, slots[s].role);
    *guest = slots[s];
    SIAM_RETURN_IF_FAILED(siam_store_add(&network->store, name, guest, &guest->parameter));
    network->store.parameters[guest->parameter].guest = true;
    network->guest_count++;
    network->placed = false;
  }
  return SIAM_OK;
}

siam_status siam_network_slot(const siam_network *network, const char *name, siam_slot **slot) {
  for (size_t i = 0; i < network->count; i++) {
    siam_layer *layer = &network->layers[i];
    for (int s = 0; s < layer->slot_count; s++) {
      char candidate[SIAM_PARAMETER_NAME_SIZE];
      slot_name(layer, &layer->slots[s], candidate);
      if (strcmp(candidate, name) != 0) continue;
      *slot = &layer->slots[s];
      return SIAM_OK;
    }
  }
  return siam_fail(SIAM_ERROR_ARGUMENT,
                   "no layer has a slot '%s'; a slot is named 'layer.role', as in "
                   "'conv1.weight'",
                   name);
}

/// Whether `slot`, reading the parameter plainly or transposed, finds the shape it needs.
static siam_status check_fit(const char *name, const siam_slot *slot, const siam_parameter *parameter,
                             bool transposed) {
  if (transposed && (slot->rank != 2 || parameter->rank != 2))
    return siam_fail(SIAM_ERROR_ARGUMENT, "'%s' cannot use '%s' transposed: only matrices have a transpose",
                     name, parameter->name);
  if (slot->kind != parameter->kind)
    return siam_fail(SIAM_ERROR_ARGUMENT, "'%s' cannot use '%s': one is a weight, the other is not", name,
                     parameter->name);
  // A layer's slots have different roles, so this keeps them apart, too: its kernels write both at once.
  if (strcmp(slot->role, strrchr(parameter->name, '.') + 1) != 0)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "'%s' cannot use '%s': a slot shares parameters of its own role only", name,
                     parameter->name);
  bool fits = slot->rank == parameter->rank;
  for (int d = 0; fits && d < slot->rank; d++)
    fits = slot->dims[d] == parameter->dims[transposed ? slot->rank - 1 - d : d];
  if (fits) return SIAM_OK;
  char wanted[64] = "", found[64] = "";
  for (int d = 0, at = 0; d < slot->rank; d++)
    at += snprintf(wanted + at, sizeof wanted - (size_t)at, "%s%d", d > 0 ? "," : "", slot->dims[d]);
  for (int d = 0, at = 0; d < parameter->rank; d++)
    at += snprintf(found + at, sizeof found - (size_t)at, "%s%d", d > 0 ? "," : "", parameter->dims[d]);
  return siam_fail(SIAM_ERROR_ARGUMENT, "'%s' needs [%s] and '%s' is [%s]%s", name, wanted, parameter->name,
                   found, transposed ? ", transposed" : "");
}

siam_status siam_network_tie(siam_network *network, const char *slot, const char *to, bool transposed) {
  siam_slot *user = NULL, *owner = NULL;
  SIAM_RETURN_IF_FAILED(siam_network_slot(network, slot, &user));
  SIAM_RETURN_IF_FAILED(siam_network_slot(network, to, &owner));
  if (user == owner) return siam_fail(SIAM_ERROR_ARGUMENT, "'%s' cannot be tied to itself", slot);
  if (user->parameter == owner->parameter)
    return siam_fail(SIAM_ERROR_ARGUMENT, "'%s' and '%s' already share one parameter", slot, to);
  siam_parameter *shared = &network->store.parameters[owner->parameter];
  const siam_parameter *left = &network->store.parameters[user->parameter];
  if (left->users > 1 && strcmp(left->name, slot) == 0)
    return siam_fail(SIAM_ERROR_ARGUMENT, "other slots refer to '%s'; tie those to '%s' first", slot, to);
  // Tying to a slot that is itself transposed means its view, so two transposes cancel.
  bool through = transposed != owner->transposed;
  SIAM_RETURN_IF_FAILED(check_fit(slot, user, shared, through));
  network->store.parameters[user->parameter].users--;
  shared->users++;
  user->parameter = owner->parameter;
  user->transposed = through;
  network->placed = false;
  return SIAM_OK;
}

siam_status siam_network_untie(siam_network *network, const char *slot) {
  siam_slot *user = NULL;
  SIAM_RETURN_IF_FAILED(siam_network_slot(network, slot, &user));
  siam_parameter *shared = &network->store.parameters[user->parameter];
  if (shared->users < 2) return siam_fail(SIAM_ERROR_ARGUMENT, "'%s' shares nothing", slot);
  if (strcmp(shared->name, slot) == 0)
    return siam_fail(SIAM_ERROR_ARGUMENT, "'%s' names the shared parameter; untie the slots that refer to it",
                     slot);
  unsigned number = 0;
  SIAM_RETURN_IF_FAILED(siam_store_add(&network->store, slot, user, &number));
  siam_store_copy(&network->store, number, user->parameter, user->transposed);
  network->store.parameters[user->parameter].users--;
  user->parameter = number;
  user->transposed = false;
  network->placed = false;
  return SIAM_OK;
}

siam_status siam_network_place(siam_network *network, siam_device *device, uint64_t seed) {
  if (network->placed && network->store.device == device) return SIAM_OK;
  siam_status status = SIAM_OK;
  unsigned *renumbered = NULL;
  // Its tapes know the buffers that are about to go.
  siam_session_destroy(network->session);
  network->session = NULL;
  SIAM_TRY_ALLOCATE(renumbered, network->store.count);
  SIAM_TRY(siam_store_place(&network->store, device, seed, renumbered));
  for (size_t i = 0; i < network->count; i++)
    for (int s = 0; s < network->layers[i].slot_count; s++)
      network->layers[i].slots[s].parameter = renumbered[network->layers[i].slots[s].parameter];
  for (int s = 0; s < network->guest_count; s++)
    network->guests[s].parameter = renumbered[network->guests[s].parameter];
  network->placed = true;
  network->seed = seed;
cleanup:
  siam_free(renumbered);
  return status;
}

bool siam_network_has_unit_length(const siam_network *network) {
  return network->count > 0 && strcmp(network->layers[network->count - 1].type->name, "l2_normalize") == 0;
}

double siam_network_reach(const siam_network *network) {
  if (network->count == 0) return INFINITY;
  if (siam_network_has_unit_length(network)) return 2;
  const siam_layer *last = &network->layers[network->count - 1];
  double side = sqrt((double)siam_shape_count(last->out));
  if (last->type->activation == SIAM_ACTIVATION_SIGMOID) return side;
  if (last->type->activation == SIAM_ACTIVATION_TANH) return 2 * side;
  return INFINITY;
}

size_t siam_network_most_images(const siam_network *network) {
  size_t most = siam_shape_count(network->input);
  for (size_t i = 0; i < network->count; i++) {
    const size_t count = siam_shape_count(network->layers[i].out);
    if (count > most) most = count;
  }
  return INT_MAX / most;
}
