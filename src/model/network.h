/// A network: layers in a row, the parameters their slots refer to, and passes over a tape.
#ifndef SIAM_MODEL_NETWORK_H
#define SIAM_MODEL_NETWORK_H

#include "model/store.h"

typedef struct siam_network {
  siam_shape input;
  siam_layer *layers;
  size_t count, capacity;
  siam_store store;
  bool placed; ///< Parameters lie in the store's buffers and no slot has changed since.
} siam_network;

siam_status siam_network_create(siam_shape input, siam_network **network);
void siam_network_destroy(siam_network *network);

/// Adds a layer behind the others. `name`: NULL for the type's name and its number ("conv2"). `options`: of
/// type->options, NAN for the standard value; NULL: all standard. Each of its slots gets a parameter of its
/// own, "name.role".
siam_status siam_network_add(siam_network *network, const siam_layer_type *type, const char *name,
                             const double *options);

/// Lets the slot "layer.role" refer to the parameter of the slot `to`, plainly or transposed. Shapes, kinds
/// and the transposing of anything but a matrix are checked. A slot that others refer to is refused: they
/// would be left behind. From the next siam_network_place() on, both slots mean the same place.
siam_status siam_network_tie(siam_network *network, const char *slot, const char *to, bool transposed);

/// Gives a slot a parameter of its own again, "layer.role", with first values.
siam_status siam_network_untie(siam_network *network, const char *slot);

/// The slot "layer.role"; its layer's number in `layer_number` (may be NULL).
siam_status siam_network_slot(const siam_network *network, const char *name, siam_slot **slot);

/// Gives the parameters their places on `device`: see siam_store_place(). Nothing happens where nothing
/// changed.
siam_status siam_network_place(siam_network *network, siam_device *device, uint64_t seed);

/// Shape of the output; that of the input where there are no layers.
siam_shape siam_network_output(const siam_network *network);

/// The largest Euclidean distance that two outputs can have, from the last layer: 2 after l2_normalize,
/// √n after a sigmoid, 2·√n after tanh, else infinity.
double siam_network_reach(const siam_network *network);

/// How a network goes over a batch.
typedef struct siam_run_options {
  int images;      ///< N.
  bool training;   ///< Batch statistics and dropout.
  cl_mem clock;    ///< Needed when training with dropout; see siam_clock_word.
  unsigned branch; ///< Separates the random draws of passes within one step.
} siam_run_options;

/// One pass of a network over a batch on a tape: what backward needs to know of forward.
typedef struct siam_run {
  siam_network *network;
  siam_layer *layers; ///< As run: with the work of the next ones absorbed.
  siam_pass *passes;
  size_t count;
  siam_tape *tape;
} siam_run;

/// Adds the forward pass to a tape: reads x [N,H,W,C] and writes y, the output of the last layer. The network
/// must be placed and outlive the run and the tape. Release with siam_run_destroy().
siam_status siam_run_forward(siam_network *network, siam_tape *tape, const siam_run_options *options,
                             siam_view x, siam_view y, siam_run **run);

/// Adds the backward pass: reads the gradient dy of the output and ADDS to `gradients`, a buffer shaped like
/// the store's. Fill it with zeros once per step, not per pass.
siam_status siam_run_backward(siam_run *run, siam_view dy, cl_mem gradients);

void siam_run_destroy(siam_run *run);

#endif
