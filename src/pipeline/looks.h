/// looks.h: every picture of a set as the comparing looks at it: an embedding for each of its views, or their
/// mean.
#ifndef SIAM_PIPELINE_LOOKS_H
#define SIAM_PIPELINE_LOOKS_H

#include "pipeline/telling.h"
#include "pipeline/views.h"

/// Zero value: none. Free with siam_looks_clear().
typedef struct siam_looks {
  const siam_views *views; ///< NULL: the whole alone.
  uint32_t count;          ///< Pictures.
  size_t dimensions;       ///< D
  float *values;           ///< [count, V, D], the whole first.
  bool *blank;             ///< [count] The whole shows nothing (siam_pixels_are_blank()).
  uint32_t batch;          ///< Views that were embedded at a time.
} siam_looks;

/// Views that are embedded at a time where nothing else is asked for.
enum { SIAM_EMBEDDING_BATCH = 128 };

/// Embeds every picture in each of `views`, `batch` views at a time (0: the standard, or fewer on a device
/// with little memory; SIAM_BATCH_AUTO: as many as fit).
siam_status siam_looks_take(siam_model *model, const siam_views *views, siam_images *images, uint32_t batch,
                            siam_telling *telling, siam_looks *looks);
void siam_looks_clear(siam_looks *looks);

/// The views of a picture [V, D].
const float *siam_looks_of(const siam_looks *looks, uint32_t picture);

/// The embeddings of the whole pictures alone, a new array [count, D] that the caller frees with siam_free().
siam_status siam_looks_copy_whole(const siam_looks *looks, float **embeddings);

#endif
