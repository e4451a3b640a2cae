/// losses/ holds one file per loss: formula and paper, and the kernels' launches. A loss reads embeddings and
/// labels and writes one number and the embeddings' gradients; it knows nothing of networks or pictures.
#ifndef SIAM_LOSSES_LOSS_H
#define SIAM_LOSSES_LOSS_H

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
  SIAM_LOSS_ACTIVE_COUNT, ///< Different pairs the mean is over: within the margin, or the chosen nearest.
  SIAM_LOSS_SPREAD,       ///< √ of the embeddings' variance summed over dimensions: 0 is collapse.
  SIAM_LOSS_WORDS = 8
} siam_loss_word;

typedef struct siam_loss_options {
  siam_pairing pairing;
  float margin; ///< Distance beyond which different pairs are left alone.
  int hardest;  ///< All pairs: of the different ones, each row looks at its so many nearest; 0: at all.
} siam_loss_options;

/// What a loss reads and writes on a tape.
typedef struct siam_loss_batch {
  siam_tape *tape;
  int rows, dimensions;            ///< N, D.
  siam_view embeddings, gradients; ///< [N,D] both; the gradients are assigned.
  cl_mem labels;                   ///< int32; see siam_pairing.
  siam_view result;                ///< SIAM_LOSS_WORDS floats.
} siam_loss_batch;

/// A row of the loss table.
typedef struct siam_loss_type {
  const char *name, *summary;
  float margin; ///< The standard margin, for embeddings of length 1.
  siam_status (*add)(const siam_loss_options *options, const siam_loss_batch *batch);
} siam_loss_type;

/// Ends with a row without a name.
extern const siam_loss_type siam_loss_types[];

/// Looks a loss up; an unknown name is SIAM_ERROR_ARGUMENT and names those there are.
siam_status siam_loss_find(const char *name, const siam_loss_type **type);

#endif
