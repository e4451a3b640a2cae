/// A network: layers in a row, the parameters their slots refer to, and passes over a tape.
#ifndef SIAM_MODEL_NETWORK_H
#define SIAM_MODEL_NETWORK_H

#include "model/store.h"

#include <siamese/network.h>

struct siam_network {
  siam_shape input;
  siam_layer *layers;
  size_t count, capacity;
  siam_store store;
  siam_slot guests[SIAM_SLOTS_MAX]; ///< Slots of what trains the network.
  int guest_count;
  bool placed;                  ///< Parameters lie in the store's buffers and no slot has changed since.
  uint64_t seed;                ///< Of the last placing.
  struct siam_session *session; ///< Of the public passes (session.h); NULL before the first.
  char *description;            ///< Given out last; NULL before.
};

/// Adds a layer behind the others. `name`: NULL for the type's name and its number ("conv2"). `options`: of
/// type->options, NAN for the standard value; NULL: all standard. Each of its slots gets a parameter of its
/// own, "name.role".
siam_status siam_network_add_layer(siam_network *network, const siam_layer_type *type, const char *name,
                                   const double *options);

/// The same with other inputs than the output of the last layer: `other` is SIAM_SOURCE_NONE except for types
/// that join two.
siam_status siam_network_add_layer_from(siam_network *network, const siam_layer_type *type, const char *name,
                                        const double *options, siam_source from, siam_source other);

/// The layer of that name, or SIAM_SOURCE_INPUT for "input" where no layer is called so.
siam_status siam_network_find_source(const siam_network *network, const char *name, siam_source *source);

/// Name of a source, as siam_network_find_source() reads it.
const char *siam_network_source_name(const siam_network *network, siam_source source);

/// How many inputs of layers the output of `source` is.
size_t siam_network_count_users(const siam_network *network, siam_source source);

/// Takes the last layer away again, with the parameters it brought.
void siam_network_drop_layer(siam_network *network);

/// Gives each of `count` slots of something that is no layer, such as a loss, a parameter "owner.role" beside
/// those of the layers: placed, updated and kept in checkpoints with them, but left out of model files. They
/// must be SIAM_PARAMETER_OFFSET, and there can be SIAM_SLOTS_MAX. Place the network afterwards.
siam_status siam_network_add_guests(siam_network *network, const char *owner, const siam_slot *slots,
                                    int count);

/// The slot "layer.role".
siam_status siam_network_slot(const siam_network *network, const char *name, siam_slot **slot);

/// Shape of the output; that of the input where there are no layers.
siam_shape siam_network_output(const siam_network *network);

/// The largest Euclidean distance that two outputs can have, from the last layer: 2 after l2_normalize,
/// √n after a sigmoid, 2·√n after tanh, else infinity.
double siam_network_reach(const siam_network *network);

/// Whether every output has length 1: the last layer is l2_normalize.
bool siam_network_has_unit_length(const siam_network *network);

/// How far gradients may be asked for: the less, the more layers can do in one pass over memory.
typedef enum siam_way_back {
  SIAM_BACK_TO_INPUT,   ///< All, down to the input of the network.
  SIAM_BACK_TO_WEIGHTS, ///< Those of the parameters.
  SIAM_NO_WAY_BACK
} siam_way_back;

/// How a network goes over a batch.
typedef struct siam_run_options {
  int images;      ///< N.
  bool training;   ///< Batch statistics and dropout.
  cl_mem clock;    ///< Needed when training with dropout; see siam_clock_word.
  unsigned branch; ///< Separates the random draws of passes within one step.
  siam_way_back way_back;
  bool weights_stay; ///< For as long as the tape is used: see siam_tape_keep_weights().
} siam_run_options;

/// Largest batch: kernels count the numbers of a tensor in an int.
size_t siam_network_most_images(const siam_network *network);

/// Copies the layers to `layers`, room for network->count of them, as they run: each takes over what it can
/// of those behind it that nobody else reads. Returns how many are left; their sources are numbers of these.
size_t siam_network_absorb(const siam_network *network, const siam_run_options *options, siam_layer *layers);

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

/// The same down to the input of the network, whose gradient it writes to `dx`; after a forward pass with
/// SIAM_BACK_TO_INPUT only.
siam_status siam_run_backward_to_input(siam_run *run, siam_view dy, cl_mem gradients, siam_view dx);

void siam_run_destroy(siam_run *run);

#endif
