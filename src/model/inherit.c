#include "model/inherit.h"

#include "base/memory.h"
#include "model/session.h"

#include <string.h>

void siam_inheritance_clear(siam_inheritance *inheritance) {
  siam_text_clear(&inheritance->absent);
  siam_text_clear(&inheritance->unlike);
  siam_text_clear(&inheritance->unused);
  *inheritance = (siam_inheritance){0};
}

static void list(siam_text *text, const char *name) {
  siam_text_add(text, "%s%s", text->length > 0 ? ", " : "", name);
}

static void add_dims(siam_text *text, const siam_parameter *parameter) {
  for (int d = 0; d < parameter->rank; d++)
    siam_text_add(text, "%s%d", d > 0 ? "," : "[", parameter->dims[d]);
  siam_text_add(text, "]");
}

static bool is_alike(const siam_parameter *a, const siam_parameter *b) {
  return a->kind == b->kind && a->rank == b->rank &&
         memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) == 0;
}

/// The parameter that the slot `name` refers to plainly; NULL without one.
static const siam_parameter *find(const siam_network *network, const char *name) {
  siam_slot *slot = NULL;
  if (siam_network_slot(network, name, &slot) != SIAM_OK || slot->transposed) return NULL;
  return &network->store.parameters[slot->parameter];
}

/// Copies what fits from `theirs` to `ours`, the values of both stores.
static void copy_values(const siam_store *store, float *ours, const siam_network *from, const float *theirs,
                        siam_inheritance *inheritance) {
  inheritance->parameters = store->count;
  for (size_t i = 0; i < store->count; i++) {
    const siam_parameter *parameter = &store->parameters[i], *other = find(from, parameter->name);
    if (other == NULL) {
      list(&inheritance->absent, parameter->name);
    } else if (!is_alike(parameter, other)) {
      list(&inheritance->unlike, parameter->name);
      siam_text_add(&inheritance->unlike, " ");
      add_dims(&inheritance->unlike, other);
      siam_text_add(&inheritance->unlike, " there and ");
      add_dims(&inheritance->unlike, parameter);
      siam_text_add(&inheritance->unlike, " here");
    } else {
      memcpy(ours + parameter->offset, theirs + other->offset, parameter->count * sizeof *ours);
      inheritance->taken++;
      inheritance->weights += parameter->count;
    }
  }
}

static siam_status texts_status(const siam_inheritance *inheritance) {
  SIAM_RETURN_IF_FAILED(siam_text_status(&inheritance->absent));
  SIAM_RETURN_IF_FAILED(siam_text_status(&inheritance->unlike));
  return siam_text_status(&inheritance->unused);
}

siam_status siam_network_inherit(siam_network *network, const siam_network *from,
                                 siam_inheritance *inheritance) {
  siam_status status = SIAM_OK;
  siam_device *device = network->store.device;
  const siam_store *store = &network->store, *other = &from->store;
  float *ours = NULL, *theirs = NULL;
  SIAM_TRY_ALLOCATE(ours, store->total);
  SIAM_TRY_ALLOCATE(theirs, other->total);
  SIAM_TRY(siam_buffer_read(device, store->weights, 0, store->total, ours));
  SIAM_TRY(siam_buffer_read(device, other->weights, 0, other->total, theirs));
  copy_values(store, ours, from, theirs, inheritance);
  for (size_t i = 0; i < other->count; i++)
    if (find(network, other->parameters[i].name) == NULL)
      list(&inheritance->unused, other->parameters[i].name);
  SIAM_TRY(texts_status(inheritance));
  siam_session_forget(network->session);
  SIAM_TRY(siam_buffer_write(device, store->weights, 0, store->total, ours));
cleanup:
  siam_free(ours);
  siam_free(theirs);
  return status;
}
