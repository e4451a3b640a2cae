/// slot.h: what a parameter is and what a slot is: the words in which layers and losses say what they want to
/// have trained. They own no weights; a network finds each slot a parameter, a named range of its one weight
/// buffer.
#ifndef SIAM_COMPUTE_SLOT_H
#define SIAM_COMPUTE_SLOT_H

#include <stdbool.h>
#include <stddef.h>

/// What a parameter is to the optimiser; also its section of the weight buffer, in this order.
typedef enum siam_parameter_kind {
  SIAM_PARAMETER_WEIGHT, ///< Trained, with weight decay.
  SIAM_PARAMETER_OFFSET, ///< Trained, never decayed: biases, scales and shifts of normalisations.
  SIAM_PARAMETER_STATE   ///< Not trained by gradients: running statistics.
} siam_parameter_kind;

/// First values of a parameter.
typedef struct siam_initialiser {
  enum { SIAM_INITIALISE_CONSTANT, SIAM_INITIALISE_NORMAL } kind;
  float value; ///< The constant, or the standard deviation.
} siam_initialiser;

enum { SIAM_SLOTS_MAX = 6, SIAM_DIMS_MAX = 4 };

/// A place where a layer or a loss uses a parameter. It says what it needs; the network says which parameter.
typedef struct siam_slot {
  const char *role; ///< "weight", "bias", …; the parameter's default name is "layer.role".
  siam_parameter_kind kind;
  siam_initialiser initialiser;
  int rank, dims[SIAM_DIMS_MAX]; ///< As the layer uses it, so after transposing where the slot transposes.
  unsigned parameter;            ///< Number in the network's parameter store.
  bool transposed;               ///< The parameter's dims are these, reversed (rank 2 only).
} siam_slot;

#endif
