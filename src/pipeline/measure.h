/// measure.h: distances of pairs, from embeddings of a data set's pictures.
#ifndef SIAM_PIPELINE_MEASURE_H
#define SIAM_PIPELINE_MEASURE_H

#include "data/images.h"
#include "model/model.h"
#include "pipeline/verification.h"

/// A caller's progress function and what it is told; see siam_train_options.preparing.
typedef struct siam_telling {
  bool (*preparing)(void *context, const char *what, uint32_t done, uint32_t count);
  void *context;
  const char *what;
} siam_telling;

/// Passes progress on; `telling` is a siam_telling. True where there is nobody to tell.
bool siam_tell(void *telling, uint32_t done, uint32_t count);

/// Pictures that are embedded at a time where nothing else is asked for.
enum { SIAM_EMBEDDING_BATCH = 128 };

/// Embeds all pictures, `batch` at a time (0: the standard, or fewer on a device with little memory), to a
/// new array [count, D] that the caller frees with siam_free().
siam_status siam_embed_images(siam_model *model, siam_images *images, uint32_t batch, siam_telling *telling,
                              float **embeddings);

/// Pairs with their distances. Zero value: none.
typedef struct siam_pair_set {
  siam_measured_pairs measured;
  siam_pair *pictures;
  float *distances;
  uint8_t *same;
  uint32_t *unit_a, *unit_b;
} siam_pair_set;

/// Chooses pairs (siam_dataset_draw_pairs()) and measures them. Their units are classes; in a set without
/// classes, the groups of pictures that pairs connect.
siam_status siam_pair_set_measure(const siam_dataset *dataset, const siam_pairs_options *options,
                                  const float *embeddings, size_t dimensions, siam_pair_set *pairs);
void siam_pair_set_clear(siam_pair_set *pairs);

#endif
