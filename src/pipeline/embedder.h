/// embedder.h: pictures to embeddings, in batches of one size, without training.
#ifndef SIAM_PIPELINE_EMBEDDER_H
#define SIAM_PIPELINE_EMBEDDER_H

#include "data/images.h"
#include "model/model.h"
#include "pipeline/room.h"

typedef struct siam_embedder siam_embedder;

/// Writes the tape for batches of `batch` pictures. The model must outlive it and keep its weights: what
/// follows from them alone is computed here, once. A batch that the device has no room for is refused with
/// the largest that fits.
siam_status siam_embedder_create(siam_model *model, uint32_t batch, siam_embedder **embedder);
/// The same for batches of at most `most` pictures: as many as the device has room for.
siam_status siam_embedder_create_fitting(siam_model *model, uint32_t most, siam_embedder **embedder);
/// The same, of the batch that the plans say is the largest that fits.
siam_status siam_embedder_create_largest(siam_model *model, uint32_t most, siam_embedder **embedder);

/// Pictures of a batch.
uint32_t siam_embedder_batch(const siam_embedder *embedder);

/// Adds what an embedder takes on the device to `need`, without making it.
siam_status siam_embedder_need(siam_model *model, uint32_t batch, siam_need *need);
void siam_embedder_destroy(siam_embedder *embedder);

/// Embeds `count` ≤ batch pictures, bytes [count,H,W,C], to `embeddings` [count, D]; waits.
siam_status siam_embedder_run(siam_embedder *embedder, const uint8_t *bytes, uint32_t count,
                              float *embeddings);

/// The commands of a batch; owned by the embedder.
const siam_tape *siam_embedder_tape(const siam_embedder *embedder);

/// The shape in which a model wants its pictures.
siam_picture_shape siam_model_picture_shape(const siam_model *model);

/// Euclidean distance of two embeddings, summed in double: 0 for equal ones, the same in both directions.
double siam_distance(const float *a, const float *b, size_t dimensions);

/// Its square, without the root.
double siam_squared_distance(const float *a, const float *b, size_t dimensions);

#endif
