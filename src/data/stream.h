/// stream.h: batches of pictures decoded ahead of their use, in worker threads that live as long as the
/// stream.
#ifndef SIAM_DATA_STREAM_H
#define SIAM_DATA_STREAM_H

#include "data/dataset.h"
#include "data/intake.h"
#include "data/picture_cache.h"

typedef struct siam_stream_reader siam_stream_reader;

/// Where pictures come from; all of it must outlive the reader.
typedef struct siam_stream_source {
  const siam_dataset *dataset;
  siam_intake *intake;
  const siam_picture_shape *shape;
  const siam_picture_cache *cache; ///< Asked first; may be NULL.
} siam_stream_source;

/// At most `ahead` orders wait at a time.
siam_status siam_stream_create(const siam_stream_source *source, uint32_t threads, uint32_t ahead,
                               siam_stream_reader **reader);
void siam_stream_destroy(siam_stream_reader *reader);

/// Orders a batch; see siam_images_order().
siam_status siam_stream_order(siam_stream_reader *reader, const uint32_t *numbers, uint32_t count);

/// Waits for the oldest order and copies its bytes; see siam_images_take().
siam_status siam_stream_take(siam_stream_reader *reader, uint8_t *output);

#endif
