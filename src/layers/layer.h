/// layers/ holds one file per kind of layer, all of it: shape rule, slots, forward, backward, table row. A
/// layer knows its own arithmetic and nothing of networks, losses, optimisers or images.
///
/// layer.h: what a layer is. A layer owns no weights. It has slots, and a slot refers to a parameter, a named
/// range of the one weight buffer, plainly or transposed. Two slots that refer to one parameter share it;
/// nothing else is needed for sharing, because every backward pass adds (+=) to the gradient range of its
/// slot's parameter, while it assigns (=) the gradient of its input. So the gradients of all uses sum.
#ifndef SIAM_LAYERS_LAYER_H
#define SIAM_LAYERS_LAYER_H

#include "base/option.h"
#include "compute/activation.h"
#include "compute/slot.h"
#include "device/tape.h"

/// Height, width and channels of one image of a batch [N,H,W,C]; a vector of features is 1 × 1 × C.
typedef struct siam_shape {
  int height, width, channels;
} siam_shape;

static inline size_t siam_shape_count(siam_shape shape) {
  return (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
}

enum { SIAM_NAME_SIZE = 64, SIAM_SAVED_MAX = 4 };

/// Where the input of a layer comes from: the number of an earlier layer, or one of these.
typedef int siam_source;
enum { SIAM_SOURCE_INPUT = -1, SIAM_SOURCE_NONE = -2 };

typedef struct siam_layer_type siam_layer_type;

/// How a layer is going to run: what it may rely on when it takes over the work of those behind it.
typedef struct siam_fusion {
  siam_device *device; ///< NULL: not known.
  int images;          ///< As in siam_pass,
  bool training;       ///< and this, too.
  bool input_gradient; ///< Somebody may ask for the gradient of the layer's input.
  bool way_back;       ///< Somebody may ask for any gradient.
  bool weights_stay;   ///< The tape keeps weights (siam_tape_keep_weights()).
} siam_fusion;

typedef struct siam_layer {
  const siam_layer_type *type;
  char name[SIAM_NAME_SIZE];
  double options[SIAM_OPTIONS_MAX]; ///< In the order of type->options.
  siam_shape in, out;
  siam_source number;      ///< Of the layer; as it runs, of the last layer whose work it does.
  siam_source from, other; ///< Whose output its input is; the second input of a type that joins two.
  siam_slot slots[SIAM_SLOTS_MAX];
  int slot_count;
  siam_activation activation; ///< Taken over from the next layer (siam_layer_type.absorb).
  float slope;                ///< Of a leaky activation.
  int pool;                   ///< Side and stride of max pooling taken over from a later layer, or 0.
} siam_layer;

/// One layer on one tape: what its kernels read and write. `images` is the N of every [N,H,W,C] below.
typedef struct siam_pass {
  siam_tape *tape;
  int images;
  bool training;       ///< Batch statistics and dropout are on.
  unsigned number;     ///< Differs for every layer and branch of a step: separates random draws.
  cl_mem clock;        ///< The step's number and seed, for random draws; see siam_clock_word.
  siam_view x, y;      ///< Input and output of the layer.
  siam_view other;     ///< Second input of a type that joins two.
  siam_view dy, dx;    ///< Gradients of y and x. `dx` does not exist where nobody needs it. A layer may put
                       ///< another view there, such as dy itself. It is that of `other`, too.
  bool dy_is_balanced; ///< Each channel of dy sums to 0 but for rounding, as a batch normalisation behind
                       ///< sees to.
  bool dx_is_balanced; ///< The same of dx; written by backward.
  siam_view weight[SIAM_SLOTS_MAX];   ///< The slots' parameters.
  siam_view gradient[SIAM_SLOTS_MAX]; ///< Where to add their gradients.
  siam_view saved[SIAM_SAVED_MAX];    ///< A layer's notes from forward to backward.
} siam_pass;

/// Words of a clock buffer, as kernels read them (uint).
typedef enum siam_clock_word {
  SIAM_CLOCK_STEP, ///< Number of the step, from 1.
  SIAM_CLOCK_SEED_LOW,
  SIAM_CLOCK_SEED_HIGH,
  SIAM_CLOCK_RATE, ///< Learning rate, a float's bits.
  SIAM_CLOCK_WORDS = 16
} siam_clock_word;

/// A row of the layer table.
struct siam_layer_type {
  const char *name;
  const char *summary;                   ///< One line for people, used by the documentation.
  bool joins;                            ///< Has a second input, shaped like the first and named in its line.
  int positional;                        ///< So many leading options may be given as bare numbers, in order.
  siam_option options[SIAM_OPTIONS_MAX]; ///< Ends at the first without a name.
  /// From layer->in and the options: sets layer->out and declares the slots. Refuses what does not fit.
  siam_status (*shape)(siam_layer *layer);
  /// Both NULL: the output is the input, seen in another shape.
  siam_status (*forward)(const siam_layer *layer, siam_pass *pass);
  siam_status (*backward)(const siam_layer *layer, siam_pass *pass);
  /// May be NULL. True when this layer does the work of `next` in its own kernels from now on.
  /// It may become a layer of another type by it, one that is in no table.
  bool (*absorb)(siam_layer *layer, const siam_layer *next, const siam_fusion *how);
  /// Multiply-adds of the forward pass of one image by the direct algorithm; each of the two ways back, to
  /// the weights and to the input, takes as many. NULL: none worth counting.
  double (*multiply_adds)(const siam_layer *layer);
  siam_activation activation; ///< Of an activation layer: which one, so that others can absorb it.
};

/// The table; ends with NULL.
extern const siam_layer_type *const siam_layer_types[];

/// Looks a type up by name; NULL if there is none.
const siam_layer_type *siam_layer_type_find(const char *name);

/// Declares the next slot of `layer`.
void siam_layer_add_slot(siam_layer *layer, const char *role, siam_parameter_kind kind,
                         siam_initialiser initialiser, int rank, const int *dims);

/// Standard deviation √(2 / fan_in): He et al. 2015, "Delving Deep into Rectifiers".
siam_initialiser siam_initialise_he(size_t fan_in);
siam_initialiser siam_initialise_constant(float value);

/// Absorbs an activation layer; absorb() of layers whose kernels can end in an activation.
bool siam_layer_absorb_activation(siam_layer *layer, const siam_layer *next, const siam_fusion *how);

/// Absorbs a (leaky) ReLU, and a 2×2 max pooling behind it or behind the layer itself; absorb() of layers
/// whose kernels can end in both.
bool siam_layer_absorb_pooling(siam_layer *layer, const siam_layer *next, const siam_fusion *how);

/// The gradient before the absorbed activation: `pass->dy` itself without one, else a new tensor
/// dz = dy · f′(z), with f′ computed from the output y.
siam_status siam_layer_activation_gradient(const siam_layer *layer, const siam_pass *pass, siam_view *dz);

#endif
