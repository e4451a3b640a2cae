/// images.h: all pictures of a data set at the network's size, as bytes [count, height, width, channels].
///
/// Opening decodes every picture once, in worker threads, so that broken ones are known before the first
/// step. Where the bytes fit the limit they stay (resident); otherwise they are decoded again when asked for
/// (streaming). With a cache file both take from it what an earlier run decoded. All give the same bytes,
/// whatever the number of threads.
#ifndef SIAM_DATA_IMAGES_H
#define SIAM_DATA_IMAGES_H

#include "data/dataset.h"
#include "data/resample.h"

typedef struct siam_images siam_images;

/// What was found while decoding; a picture counts in several.
typedef struct siam_images_facts {
  uint32_t readable, broken, rotated, alpha, grey, sixteen_bit;
} siam_images_facts;

/// Zero means the default.
typedef struct siam_images_options {
  siam_picture_shape shape;     ///< Has no default.
  siam_picture_options picture; ///< Limits of one picture.
  uint64_t resident_bytes; ///< Keep the bytes where they are no more than this; 0: 2 GiB; 1: always stream.
  uint32_t threads;        ///< Decoding threads; 0: one per processor, at most 16.
  const char
      *cache; ///< A file of decoded pictures (picture_cache.h), written where it lacks some; NULL: none.
  siam_logger logger; ///< Each broken picture is named, in order, and their count at the end.
  /// Called on the opening thread every now and then; false stops with SIAM_INTERRUPTED. May be NULL.
  bool (*progress)(void *context, uint32_t done, uint32_t count);
  void *progress_context;
} siam_images_options;

/// Decodes every picture of `dataset`. Broken ones are named and removed from the data set
/// (siam_dataset_remove()), so that the numbers of the data set and of the bytes agree afterwards.
/// `dataset` must outlive the images and must not change while they live.
siam_status siam_images_open(siam_dataset *dataset, const siam_images_options *options, siam_images **images);
void siam_images_destroy(siam_images *images);

uint32_t siam_images_count(const siam_images *images);
const siam_picture_shape *siam_images_get_shape(const siam_images *images);
const siam_images_facts *siam_images_get_facts(const siam_images *images);

/// All bytes [count, height, width, channels], or NULL when streaming. Owned by `images`.
const uint8_t *siam_images_get_bytes(const siam_images *images);

/// Orders a batch; worker threads start on it at once. At most `SIAM_IMAGES_AHEAD` orders may be waiting.
/// `numbers` is copied. One thread orders and takes.
enum { SIAM_IMAGES_AHEAD = 8 };
siam_status siam_images_order(siam_images *images, const uint32_t *numbers, uint32_t count);

/// Waits for the oldest order and copies its bytes, in the order asked for, to `output`. A picture that can
/// no longer be read is an error that names it; the order is used up all the same.
siam_status siam_images_take(siam_images *images, uint8_t *output);

/// One batch at once: order, then take. No order may be waiting.
siam_status siam_images_read(siam_images *images, const uint32_t *numbers, uint32_t count, uint8_t *output);

#endif
