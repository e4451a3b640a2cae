/// resample.h: brings a picture to the network's size. Integer arithmetic only, so that the same picture
/// gives the same bytes on every machine; the version lies in the model file.
#ifndef SIAM_DATA_RESAMPLE_H
#define SIAM_DATA_RESAMPLE_H

#include "data/picture.h"

#include <siamese/dataset.h>

/// What the network expects.
typedef struct siam_picture_shape {
  uint32_t height, width, channels; ///< Channels: 1 (Rec. 601 luma of a coloured picture) or 3.
  siam_resize_mode mode;
  uint32_t resampler; ///< Version; 0: SIAM_RESAMPLER_VERSION.
} siam_picture_shape;

/// Bytes of one picture of a shape.
size_t siam_picture_shape_bytes(const siam_picture_shape *shape);

/// SIAM_ERROR_ARGUMENT for a shape that no picture can have: sides go from 1 to 16,384, channels are 1 or 3.
siam_status siam_picture_shape_check(const siam_picture_shape *shape);

/// Writes [height, width, channels] bytes to `output`. Triangle filter, widened by the scale where the
/// picture shrinks, so that every source pixel counts; bilinear where it grows. Fails on memory or an
/// impossible shape.
siam_status siam_picture_resize(const siam_picture *picture, const siam_picture_shape *shape,
                                uint8_t *output);

/// The same picture with so many channels, 1 or 3, and brought to the largest size of its aspect, by
/// rounding, whose longer side is at most `longest`; smaller ones keep their size. Release with
/// siam_picture_clear().
siam_status siam_picture_shrink(const siam_picture *picture, uint32_t longest, uint32_t channels,
                                siam_picture *shrunk);

/// Rec. 601 luma of `count` pixels [count, 3], to [count].
void siam_pixels_to_grey(const uint8_t *coloured, size_t count, uint8_t *grey);

/// A rectangle, in pixels.
typedef struct siam_rectangle {
  uint32_t x, y, width, height;
} siam_rectangle;

/// Which part of a picture of so many pixels goes to which part of the network's input.
void siam_picture_shape_place(const siam_picture_shape *shape, uint32_t width, uint32_t height,
                              siam_rectangle *from, siam_rectangle *to);

/// Lets decoders give a picture in the smaller size that its shape and resampler allow.
void siam_picture_shape_limit(const siam_picture_shape *shape, siam_picture_options *options);

/// The three in one: limit, siam_picture_load() and siam_picture_resize(). `options` may be NULL.
siam_status siam_picture_load_resized(const char *path, const siam_picture_options *options,
                                      const siam_picture_shape *shape, uint8_t *output);

#endif
