/// model/ turns layers into networks: parameters and their one buffer, encoder descriptions, passes over a
/// tape, model files. It knows nothing of folders of images or of training loops.
///
/// store.h: the parameters of a network. All trainable weights lie in ONE device buffer and all their
/// gradients in a SECOND of the same shape; a parameter is a named range of both.
#ifndef SIAM_MODEL_STORE_H
#define SIAM_MODEL_STORE_H

#include "layers/layer.h"

#include <stdint.h>

enum { SIAM_PARAMETER_NAME_SIZE = 2 * SIAM_NAME_SIZE };

typedef struct siam_parameter {
  char name[SIAM_PARAMETER_NAME_SIZE];
  siam_parameter_kind kind;
  siam_initialiser initialiser;
  int rank, dims[SIAM_DIMS_MAX];
  size_t count;   ///< Floats.
  size_t offset;  ///< First float in the buffers; valid after siam_store_place().
  unsigned users; ///< How many slots refer to it; without any it leaves at the next siam_store_place().
  bool placed;    ///< Has a place and a value in the buffers.
  /// Begins as a copy of parameter number `original`, or of its transpose, at the next placing.
  bool copies, copies_transposed;
  unsigned original;
  bool guest; ///< Of what trains the network, such as a loss: no part of a model file.
} siam_parameter;

/// Sections of the buffers, in floats: [0, decayed) weights, [decayed, trained) biases, scales and shifts, of
/// which [guests, trained) are those of guests, [trained, total) running statistics, which have no gradient.
typedef struct siam_store {
  siam_parameter *parameters;
  size_t count, capacity;
  size_t decayed, guests, trained, total;
  bool values_follow; ///< A reader writes all values itself: the next placing draws no first values.
  siam_device *device;
  cl_mem weights, gradients; ///< Of `total` and `trained` floats; NULL before siam_store_place().
} siam_store;

/// Adds a parameter for a slot; writes its number. A name that is taken is refused.
siam_status siam_store_add(siam_store *store, const char *name, const siam_slot *slot, unsigned *number);

/// Lets parameter `number` begin with the values that `original` has at the next siam_store_place(), or with
/// its transpose. Where that one has none yet, both get first values of their own.
void siam_store_copy(siam_store *store, unsigned number, unsigned original, bool transposed);

/// Writes the number of the parameter of that name; unknown names are refused with the names there are.
siam_status siam_store_find(const siam_store *store, const char *name, unsigned *number);

/// Gives every used parameter its place and drops the others: `renumbered[old]` becomes the new number (a
/// caller's array of store->count, from before the call). Parameters that had values keep them; new ones get
/// their first values from the seed and their own name, so that neither order nor sharing changes them.
siam_status siam_store_place(siam_store *store, siam_device *device, uint64_t seed, unsigned *renumbered);

/// The ranges of a parameter in both buffers. Running statistics have no gradient: "nothing".
siam_view siam_store_weight(const siam_store *store, unsigned number);
siam_view siam_store_gradient(const siam_store *store, cl_mem gradients, unsigned number);

void siam_store_clear(siam_store *store);

#endif
