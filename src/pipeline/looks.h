/// looks.h: every picture of a set as the comparing looks at it: an embedding for each of its views, or their
/// mean; and where the views look closer, the picture.
#ifndef SIAM_PIPELINE_LOOKS_H
#define SIAM_PIPELINE_LOOKS_H

#include "data/images.h"
#include "pipeline/closer_look.h"
#include "pipeline/telling.h"

/// Zero value: none. Free with siam_looks_clear().
typedef struct siam_looks {
  const siam_views *views;  ///< NULL: the whole alone.
  uint32_t count;           ///< Pictures.
  size_t dimensions;        ///< D
  float *values;            ///< [count, V, D], the whole first.
  bool *blank;              ///< [count] The whole shows nothing (siam_pixels_are_blank()).
  uint32_t batch;           ///< Views that were embedded at a time.
  siam_closer_look closer;  ///< Zero: pictures are not looked at closer.
  siam_picture_shape shape; ///< Of `pictures`.
  uint8_t *pictures;        ///< [count, H, W, 3], where the views look closer; else NULL.
} siam_looks;

/// Views that are embedded at a time where nothing else is asked for.
enum { SIAM_EMBEDDING_BATCH = 128 };

/// The shape that a model's pictures are to be read in: the network's input, or where it looks closer the
/// same in colour.
siam_status siam_looks_shape(const siam_model *model, siam_picture_shape *shape);

/// The network's input [count, H, W, C] of pictures that were read in such a shape.
void siam_looks_reduce(const siam_picture_shape *read, const siam_picture_shape *input, const uint8_t *bytes,
                       size_t count, uint8_t *output);

/// Embeds every picture in each of `views`, `batch` views at a time (0: the standard, or fewer on a device
/// with little memory; SIAM_BATCH_AUTO: as many as fit). Pictures come in the network's shape, or in colour
/// (siam_looks_shape()), which views that look closer need.
siam_status siam_looks_take(siam_model *model, const siam_views *views, siam_images *images, uint32_t batch,
                            siam_telling *telling, siam_looks *looks);
void siam_looks_clear(siam_looks *looks);

/// The views of a picture [V, D].
const float *siam_looks_of(const siam_looks *looks, uint32_t picture);

/// Compares picture `i` of one set with `j` of another, or the same: by views, and closer where they do.
/// Those beyond `limit` already are left at that, since a closer look brings none nearer.
siam_status siam_looks_compare(const siam_looks *a, uint32_t i, const siam_looks *b, uint32_t j, double limit,
                               siam_views_match *match);

/// The embeddings of the whole pictures alone, a new array [count, D] that the caller frees with siam_free().
siam_status siam_looks_copy_whole(const siam_looks *looks, float **embeddings);

#endif
