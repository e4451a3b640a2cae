/// Networks built by hand, layer by layer, of anything and not only of pictures; and weight sharing: any slot
/// of a layer may refer to any other's parameter, plainly or transposed.
///
/// A layer owns no weights. It has *slots*, named "layer.role", and a slot refers to a *parameter*: a named
/// range of the network's one weight buffer, and the same range of its one gradient buffer. Slots that refer
/// to one parameter share it: there is one place, the gradients of all uses add up in it, and an update
/// changes it once.
///
///     siam_network *network = NULL;
///     siam_network_create(1, 1, 10, &network);
///     siam_network_add(network, "linear 5 name=encode");
///     siam_network_add(network, "linear 10 name=decode");
///     siam_network_tie(network, "decode.weight", "encode.weight", true);
///     siam_network_place(network, device, 1);
///     siam_network_forward(network, true, x, images, NULL);
///     siam_network_loss(network, "mean_squared_error", x, &loss);
///     siam_network_clear_gradients(network);
///     siam_network_backward(network, NULL, NULL);
///     siam_network_update(network, &(siam_update_options){.optimizer = "sgd"});
///
/// Functions that fail change nothing unless they say so. Arrays of floats are the caller's, row-major; the
/// name of any slot stands for the parameter that it refers to.
#ifndef SIAMESE_NETWORK_H
#define SIAMESE_NETWORK_H

#include <siamese/device.h>
#include <stdbool.h>

/// Opaque. Use it, and its device, from one thread at a time.
typedef struct siam_network siam_network;

/// A network without layers, whose inputs are [height, width, channels]; a vector is 1 × 1 × features. The
/// caller releases it with siam_network_destroy(), before its device.
SIAM_API siam_status siam_network_create(int height, int width, int channels, siam_network **network);

/// NULL is allowed.
SIAM_API void siam_network_destroy(siam_network *network);

/// Adds a layer behind the others: one line of the language of docs/encoders.md, such as "linear 5
/// name=encode" or "linear 10 weight=encode.weight^T", which ties as siam_network_tie() does, to layers added
/// before.
SIAM_API siam_status siam_network_add(siam_network *network, const char *line);

/// Lets the slot "layer.role" refer to the parameter of the slot `to`, plainly or transposed. Tying to a slot
/// that is itself tied means what that one refers to, and two transposes cancel. Refused with
/// SIAM_ERROR_ARGUMENT: shapes that differ ([5,10] against [10,5] without `transposed`), roles that differ (a
/// weight with a bias), the transpose of anything but a matrix, a slot with itself, and a slot whose own
/// parameter others refer to (so there are no circles). The network must be placed again: then both slots
/// mean one place, and a parameter nobody refers to any more has left the buffer.
SIAM_API siam_status siam_network_tie(siam_network *network, const char *slot, const char *to,
                                      bool transposed);

/// Gives a slot a parameter of its own again, named after it: a copy of what it shared, as the slot saw it
/// (of a transposed one the transpose), so the network computes what it did until one of them is changed.
/// Where the shared one was never placed, it has first values from siam_network_place(). The slot after which
/// a shared parameter is named keeps it and is refused.
SIAM_API siam_status siam_network_untie(siam_network *network, const char *slot);

/// Makes an autoencoder: a new network of the encoder's layers, unplaced, and behind them their mirror image,
/// which leads back to its input. Each `conv` is mirrored by a `conv_transpose`, each `linear` by a `linear`,
/// with biases of their own and, `tied`, with the weights of the layer that they mirror; each pooling by an
/// `upsample`, `flatten` by `reshape`. Activations and batch normalisations between two of them stand between
/// their mirrors, too; dropout, and what comes before the first and behind the last of them, has no mirror.
/// An `l2_normalize` at the end is left out, since what it takes away cannot come back. The layer that
/// mirrors NAME is called mirror_NAME. Refused with SIAM_ERROR_ARGUMENT and the layer's name: types that have
/// no mirror, and pictures whose height and width leave different rests. The caller owns the network.
SIAM_API siam_status siam_network_mirror(const siam_network *encoder, bool tied, siam_network **autoencoder);

/// Gives every parameter its place in the buffers of `device`. Parameters that had values keep them; new ones
/// draw theirs from `seed` and their own name, so neither order nor sharing changes them. To be called before
/// the first use and after every change by the functions above; where nothing changed, nothing happens.
/// Gradients and the optimizer's memory begin at zero.
SIAM_API siam_status siam_network_place(siam_network *network, siam_device *device, uint64_t seed);

/// What a network takes and gives.
typedef struct siam_network_info {
  int height, width, channels; ///< Of an input.
  size_t inputs, outputs;      ///< Floats of an input and of an output.
  size_t layers;
  size_t parameters; ///< How many siam_network_get_parameter() knows.
  size_t weights;    ///< Trained numbers, each shared one counted once.
  bool placed;       ///< May be run: nothing changed since siam_network_place().
} siam_network_info;
SIAM_API siam_network_info siam_network_get_info(const siam_network *network);

/// The network as text, `input` line included: siamese-train takes it as an encoder. The text belongs to the
/// network and is valid until its next change or description.
SIAM_API siam_status siam_network_describe(siam_network *network, const char **text);

/// A parameter and its place.
typedef struct siam_parameter_info {
  const char *name;     ///< Of the slot that it was made for; the network's, until its next change.
  size_t offset, bytes; ///< Range of the weight buffer, in bytes, and of the gradient buffer too. An offset
                        ///< of 0 before siam_network_place().
  size_t count;         ///< Floats: the product of dims.
  int rank, dims[4];    ///< As it lies in the buffer, row-major.
  unsigned users;       ///< How many slots refer to it.
  bool trained;         ///< Has a gradient; running statistics have none.
} siam_parameter_info;

/// Parameter number `index` of siam_network_info.parameters, in the order of the layers.
SIAM_API siam_status siam_network_get_parameter(const siam_network *network, size_t index,
                                                siam_parameter_info *info);

/// The parameter that a slot refers to, and whether it does so transposed (`transposed` may be NULL).
SIAM_API siam_status siam_network_get_slot(const siam_network *network, const char *slot,
                                           siam_parameter_info *info, bool *transposed);

/// Copies the values of a slot's parameter to or from `values`, siam_parameter_info.count floats as they lie
/// in the buffer: of a slot that refers to it transposed, too. The network must be placed.
SIAM_API siam_status siam_network_read(siam_network *network, const char *slot, float *values);
SIAM_API siam_status siam_network_write(siam_network *network, const char *slot, const float *values);

/// Copies the gradient of a slot's parameter, in the layout of its values: the sum over all its uses, in all
/// backward passes since the last siam_network_clear_gradients().
SIAM_API siam_status siam_network_read_gradient(siam_network *network, const char *slot, float *values);

/// Sets the whole gradient buffer to zero.
SIAM_API siam_status siam_network_clear_gradients(siam_network *network);

/// Runs a batch: x [images, inputs] to y [images, outputs] (NULL where nobody needs it). With `training`,
/// batch normalisation uses the statistics of the batch and dropout drops, otherwise anew in every call. What
/// a batch size needs is set up at its first use and kept for the last few sizes.
SIAM_API siam_status siam_network_forward(siam_network *network, bool training, const float *x, int images,
                                          float *y);

/// Holds the y of the last siam_network_forward() against what it should be, on the device, where the
/// gradient of the loss stays for siam_network_backward(). Writes the loss to `value`; NULL where nobody
/// needs it, and then nothing is waited for. By the name of `loss`, with N = images:
/// - "mean_squared_error": target [N, outputs]; the mean of (y − target)² over all numbers;
/// - "cross_entropy": target [N], the number of each right class as a float; the mean over the images of
///   log Σ exp y − y[target], so that y are logits and softmax belongs to the loss.
/// SIAM_ERROR_ARGUMENT for another name, for a target that is no class, and without such a forward pass.
SIAM_API siam_status siam_network_loss(siam_network *network, const char *loss, const float *target,
                                       float *value);

/// The way back of the last siam_network_forward(): from dy, the gradient of its y (NULL: that which
/// siam_network_loss() has left), ADDS to the gradients of all parameters, and writes the gradient of its x
/// to `dx` (NULL where nobody needs it). Each forward pass can be gone back once, and not after its weights
/// were written or updated: else SIAM_ERROR_ARGUMENT.
SIAM_API siam_status siam_network_backward(siam_network *network, const float *dy, float *dx);

/// Zero means the default.
typedef struct siam_update_options {
  const char *optimizer; ///< "sgd", "adam" or "adamw"; NULL: adamw.
  double rate;           ///< Learning rate; 0: the optimizer's own.
  double momentum;       ///< SGD's momentum, Adam's beta 1; 0: the optimizer's own; below 0: none.
  double weight_decay;   ///< 0: the optimizer's own; below 0: none. Biases are never decayed.
  double clip;           ///< Largest norm of the whole gradient; 0: no limit.
} siam_update_options;

/// One step of an optimizer over the whole buffer with the gradients as they are, which stay. `options` may
/// be NULL. Its memory (momentum, the number of the step) begins anew with another optimizer and with each
/// placing.
SIAM_API siam_status siam_network_update(siam_network *network, const siam_update_options *options);

/// Writes the network as a model file (docs/model-file.md) in which a shared parameter is stored once; `path`
/// is the complete old or the complete new file at every moment.
SIAM_API siam_status siam_network_save(siam_network *network, const char *path);

/// Reads a model file: the network in it, placed on `device`, with everything shared that was. What else the
/// file holds, such as thresholds, is left out. The caller owns the network. Errors name the file.
SIAM_API siam_status siam_network_load(siam_device *device, const char *path, siam_network **network);

#endif
