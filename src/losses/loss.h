/// losses/ holds one file per loss: formula and paper, and the kernels' launches. A loss reads embeddings and
/// labels and writes one number and the embeddings' gradients; it knows nothing of networks or pictures. What
/// it wants to have trained itself, such as a proxy for each class, it asks for by slots, as a layer does:
/// the parameters lie in the one weight buffer, and their gradients are added to the other.
///
/// loss.h: what a loss is, the table of them, and how people write one: "triplet hardest margin=0.2", its
/// name and its options, in the language of encoders (base/option.h).
#ifndef SIAM_LOSSES_LOSS_H
#define SIAM_LOSSES_LOSS_H

#include "base/option.h"
#include "compute/slot.h"
#include "device/tape.h"

/// Which pairs of a batch a loss looks at.
typedef enum siam_pairing {
  SIAM_PAIRING_DRAWN, ///< Rows i and i + N/2 are a drawn pair; `labels` [N/2]: 1 same, 0 different.
  SIAM_PAIRING_ALL    ///< Every two rows are a pair; `labels` [N]: numbers of classes.
} siam_pairing;

/// Words of the result every loss writes.
typedef enum siam_loss_word {
  SIAM_LOSS_VALUE,
  SIAM_LOSS_SAME_DISTANCE,      ///< Mean distance of same pairs; 0 where there are none.
  SIAM_LOSS_DIFFERENT_DISTANCE, ///< Mean distance of different pairs.
  SIAM_LOSS_SAME_COUNT,
  SIAM_LOSS_DIFFERENT_COUNT,
  SIAM_LOSS_ACTIVE_COUNT, ///< Terms that the mean is over: of different pairs, triplets or rows.
  SIAM_LOSS_SPREAD,       ///< √ of the embeddings' variance summed over dimensions: 0 is collapse.
  SIAM_LOSS_WORDS = 8
} siam_loss_word;

/// What a loss reads and writes on a tape.
typedef struct siam_loss_batch {
  siam_tape *tape;
  int rows, dimensions;            ///< N, D.
  siam_view embeddings, gradients; ///< [N,D] both; the gradients are assigned.
  cl_mem labels;                   ///< int32; see siam_pairing.
  siam_view result;                ///< SIAM_LOSS_WORDS floats.
  int classes;                     ///< All labels of a loss with slots lie below.
  siam_view parameter[SIAM_SLOTS_MAX], parameter_gradient[SIAM_SLOTS_MAX]; ///< Of the loss's slots.
  cl_mem clock; ///< For losses that draw: the step's number and seed (siam_clock_word in layers/layer.h).
} siam_loss_batch;

typedef struct siam_loss_type siam_loss_type;

/// A loss with its options.
typedef struct siam_loss {
  const siam_loss_type *type;
  siam_pairing pairing;
  double options[SIAM_OPTIONS_MAX]; ///< In the order of type->options.
} siam_loss;

/// What the matrix of all pairs of a batch holds.
typedef enum siam_matrix {
  SIAM_MATRIX_DISTANCES,    ///< Euclidean.
  SIAM_MATRIX_SIMILARITIES, ///< Dot products: cosines where embeddings have length 1.
  SIAM_MATRIX_PROXIES ///< Not of pairs: cosines of each class's proxy with each embedding (losses/proxy.h).
} siam_matrix;

/// In siam_loss_type.notes: as many as there are rows.
enum { SIAM_NOTES_PER_PAIR = -1 };

/// Name of the option that is no part of a loss's formula: how many times the learning rate its parameters
/// move with.
#define SIAM_LOSS_RATE "rate"

/// A row of the loss table.
struct siam_loss_type {
  const char *name, *summary;
  int positional; ///< So many leading options may be given bare, in order.
  siam_option options[SIAM_OPTIONS_MAX];
  bool drawn_pairs; ///< Takes drawn pairs too; the others need classes.
  bool unit_length; ///< Compares directions: the encoder must end in l2_normalize.
  /// The distance at which it leaves different pairs alone, which the embeddings must be able to reach. NULL:
  /// there is none.
  double (*reach)(const double *options);
  /// The parameters it wants to have trained, all SIAM_PARAMETER_OFFSET, for so many classes and embeddings
  /// of so many dimensions: writes their slots, at most SIAM_SLOTS_MAX, and returns how many. NULL: none.
  int (*slots)(const double *options, int classes, int dimensions, siam_slot *slots);
  siam_status (*add)(const siam_loss *loss, const siam_loss_batch *batch);
  siam_matrix matrix; ///< Where `add` is siam_pairwise_add or siam_proxy_add: what its kernels read …
  int notes;          ///< … and how many floats a row they hand on, or SIAM_NOTES_PER_PAIR.
  bool by_class;      ///< siam_proxy_add: terms and notes are of classes instead of pictures.
};

/// The table; ends with NULL.
extern const siam_loss_type *const siam_loss_types[];

/// Reads a name and options. `loss->pairing` is all pairs of a batch. An unknown name is SIAM_ERROR_ARGUMENT
/// and names those there are; a malformed option is SIAM_ERROR_FORMAT.
siam_status siam_loss_parse(const char *text, siam_loss *loss);

/// Sets one option by name. A loss without it refuses and says what it has.
siam_status siam_loss_set(siam_loss *loss, const char *option, double value);

/// Adds the loss as siam_loss_parse() reads it, with every option.
void siam_loss_describe(const siam_loss *loss, siam_text *text);

/// The distance at which it leaves different pairs alone; 0: there is none.
double siam_loss_reach(const siam_loss *loss);

/// Refuses a loss that embeddings with distances of at most `reach` (infinity: any) cannot fulfil, or that
/// needs them of length 1 where they are not.
siam_status siam_loss_check(const siam_loss *loss, double reach, bool unit_length);

/// The slots of the loss, and how many; `slots` has room for SIAM_SLOTS_MAX.
int siam_loss_slots(const siam_loss *loss, int classes, int dimensions, siam_slot *slots);

/// How many times the learning rate its parameters move with.
double siam_loss_rate(const siam_loss *loss);

/// Adds the options to kernel arguments that hold `count` already: whole numbers and words as int, others as
/// float. Returns how many there are now.
size_t siam_loss_add_options(const siam_loss *loss, siam_argument *arguments, size_t count);

/// Adds the loss and its gradients to the tape. The gradients of parameters are added to what is there.
siam_status siam_loss_add(const siam_loss *loss, const siam_loss_batch *batch);

#endif
