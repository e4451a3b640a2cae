#include "model/store.h"

#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

// Parameters begin on a cache line, so that vector loads of their rows seldom cross two.
enum { ALIGNMENT = 16 };

siam_status siam_store_add(siam_store *store, const char *name, const siam_slot *slot, unsigned *number) {
  for (size_t i = 0; i < store->count; i++) {
    siam_parameter *known = &store->parameters[i];
    if (strcmp(known->name, name) != 0) continue;
    // A slot that was tied and is untied again finds its own parameter where nothing has dropped it yet.
    if (known->users > 0)
      return siam_fail(SIAM_ERROR_ARGUMENT, "there is already a parameter '%s'; give the layer another name",
                       name);
    known->users = 1;
    *number = (unsigned)i;
    return SIAM_OK;
  }
  if (strlen(name) >= SIAM_PARAMETER_NAME_SIZE)
    return siam_fail(SIAM_ERROR_ARGUMENT, "the parameter name '%s' is too long", name);
  SIAM_RETURN_IF_FAILED(SIAM_GROW(store->parameters, store->count, store->capacity));
  siam_parameter *added = &store->parameters[store->count];
  *added = (siam_parameter){
      .kind = slot->kind, .initialiser = slot->initialiser, .rank = slot->rank, .count = 1, .users = 1};
  snprintf(added->name, sizeof added->name, "%s", name);
  for (int d = 0; d < slot->rank; d++) {
    added->dims[d] = slot->dims[d];
    added->count *= (size_t)slot->dims[d];
  }
  *number = (unsigned)store->count++;
  return SIAM_OK;
}

void siam_store_copy(siam_store *store, unsigned number, unsigned original, bool transposed) {
  siam_parameter *copy = &store->parameters[number];
  const siam_parameter *from = &store->parameters[original];
  if (!from->placed && !from->copies) return;
  // A copy that has no place yet is a copy of what it copies.
  copy->copies = true;
  copy->copies_transposed = transposed != (from->copies && from->copies_transposed);
  copy->original = from->copies ? from->original : original;
}

siam_status siam_store_find(const siam_store *store, const char *name, unsigned *number) {
  siam_text names = {0};
  for (size_t i = 0; i < store->count; i++) {
    if (strcmp(store->parameters[i].name, name) == 0) {
      *number = (unsigned)i;
      siam_text_clear(&names);
      return SIAM_OK;
    }
    siam_text_add(&names, "%s%s", i > 0 ? ", " : "", store->parameters[i].name);
  }
  siam_fail(SIAM_ERROR_ARGUMENT, "there is no parameter '%s'; there are: %s", name,
            names.bytes != NULL ? names.bytes : "none");
  siam_text_clear(&names);
  return SIAM_ERROR_ARGUMENT;
}

/// FNV-1a (Fowler, Noll, Vo): gives each name its own run of draws.
static uint32_t hash_name(const char *name) {
  uint32_t hash = 2166136261u;
  for (; *name != '\0'; name++) hash = (hash ^ (uint8_t)*name) * 16777619u;
  return hash;
}

static void first_values(const siam_parameter *parameter, uint64_t seed, float *values) {
  uint32_t run = hash_name(parameter->name);
  for (size_t i = 0; i < parameter->count; i++) {
    if (parameter->initialiser.kind == SIAM_INITIALISE_CONSTANT) {
      values[i] = parameter->initialiser.value;
    } else {
      siam_draw draw = siam_random(seed, SIAM_STREAM_INITIALISE, run, i);
      values[i] = parameter->initialiser.value * siam_normal(draw.word[0], draw.word[1]);
    }
  }
}

/// Copies the parameters that somebody refers to, in order, and writes how many; the others are dropped.
static size_t copy_used(const siam_store *store, siam_parameter *used, unsigned *renumbered) {
  size_t kept = 0;
  for (size_t i = 0; i < store->count; i++) {
    renumbered[i] = (unsigned)kept;
    if (store->parameters[i].users > 0) used[kept++] = store->parameters[i];
  }
  return kept;
}

/// Gives each parameter of `kind`, of guests or of the network itself, the next offset; returns the end.
static size_t place_kind(siam_store *store, siam_parameter_kind kind, bool guest, size_t next) {
  for (size_t i = 0; i < store->count; i++) {
    siam_parameter *parameter = &store->parameters[i];
    if (parameter->kind != kind || parameter->guest != guest) continue;
    parameter->offset = next;
    next += (parameter->count + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
  return next;
}

/// Kernels count weights in an int.
static siam_status check_total(const siam_store *store) {
  if (store->total <= INT_MAX) return SIAM_OK;
  return siam_fail(SIAM_ERROR_ARGUMENT,
                   "the network has %zu weights, and %d are possible; use smaller pictures or fewer features",
                   store->total, INT_MAX);
}

/// The values of a parameter that begins as a copy: those of `from`, or its transpose.
static void copy_values(const siam_parameter *parameter, const float *from, float *values) {
  if (!parameter->copies_transposed) {
    memcpy(values, from, parameter->count * sizeof *values);
    return;
  }
  size_t rows = (size_t)parameter->dims[0], columns = (size_t)parameter->dims[1];
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) values[r * columns + c] = from[c * rows + r];
}

/// The values of `placed`: those that `store` has of old parameters, and first values of new ones.
static siam_status gather_values(const siam_store *store, const siam_store *placed,
                                 const unsigned *renumbered, uint64_t seed, float *values) {
  siam_status status = SIAM_OK;
  float *old = NULL;
  SIAM_TRY_ALLOCATE(old, store->total);
  if (store->weights != NULL) SIAM_TRY(siam_buffer_read(store->device, store->weights, 0, store->total, old));
  for (size_t i = 0; i < store->count; i++) {
    const siam_parameter *before = &store->parameters[i];
    if (before->users == 0) continue;
    const siam_parameter *after = &placed->parameters[renumbered[i]];
    if (before->copies)
      copy_values(before, old + store->parameters[before->original].offset, values + after->offset);
    else if (before->placed)
      memcpy(values + after->offset, old + before->offset, before->count * sizeof(float));
    else if (!store->values_follow)
      first_values(after, seed, values + after->offset);
  }
cleanup:
  siam_free(old);
  return status;
}

static void release_buffers(siam_store *store) {
  siam_buffer_release(store->device, store->weights);
  siam_buffer_release(store->device, store->gradients);
}

/// Everything is made beside the store and takes its place only when nothing can fail any more.
siam_status siam_store_place(siam_store *store, siam_device *device, uint64_t seed, unsigned *renumbered) {
  siam_status status = SIAM_OK;
  float *values = NULL;
  siam_store placed = {.device = device, .capacity = store->capacity};
  SIAM_TRY_ALLOCATE(placed.parameters, placed.capacity);
  placed.count = copy_used(store, placed.parameters, renumbered);
  placed.decayed = place_kind(&placed, SIAM_PARAMETER_WEIGHT, false, 0);
  placed.guests = place_kind(&placed, SIAM_PARAMETER_OFFSET, false, placed.decayed);
  placed.trained = place_kind(&placed, SIAM_PARAMETER_OFFSET, true, placed.guests);
  placed.total = place_kind(&placed, SIAM_PARAMETER_STATE, false, placed.trained);
  SIAM_TRY(check_total(&placed));
  SIAM_TRY_ALLOCATE(values, placed.total);
  SIAM_TRY(gather_values(store, &placed, renumbered, seed, values));
  SIAM_TRY(siam_buffer_create(device, placed.total > 0 ? placed.total : 1, &placed.weights));
  SIAM_TRY(siam_buffer_create(device, placed.trained > 0 ? placed.trained : 1, &placed.gradients));
  SIAM_TRY(siam_buffer_write(device, placed.weights, 0, placed.total, values));
  for (size_t i = 0; i < placed.count; i++) {
    placed.parameters[i].placed = true;
    placed.parameters[i].copies = false;
  }
  siam_store_clear(store);
  *store = placed;
  placed = (siam_store){0};
cleanup:
  siam_store_clear(&placed);
  siam_free(values);
  return status;
}

siam_view siam_store_weight(const siam_store *store, unsigned number) {
  const siam_parameter *parameter = &store->parameters[number];
  return siam_view_of_buffer(store->weights, parameter->offset, parameter->count);
}

siam_view siam_store_gradient(const siam_store *store, cl_mem gradients, unsigned number) {
  const siam_parameter *parameter = &store->parameters[number];
  if (parameter->kind == SIAM_PARAMETER_STATE) return (siam_view){0};
  return siam_view_of_buffer(gradients, parameter->offset, parameter->count);
}

void siam_store_clear(siam_store *store) {
  release_buffers(store);
  siam_free(store->parameters);
  *store = (siam_store){0};
}
