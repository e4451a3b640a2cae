/// data/ turns files into arrays of numbers: it finds pictures, decodes them, brings them to one size, and
/// says which of them a step uses. It knows nothing of OpenCL, layers or losses.
///
/// picture.h: one picture from a file or from memory. PNG, BMP, PGM, PPM, JPEG and WebP, told apart by their
/// content. A file that ends early or whose checksum is wrong is broken: it is refused, never filled up.
#ifndef SIAM_DATA_PICTURE_H
#define SIAM_DATA_PICTURE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum siam_picture_format {
  SIAM_PICTURE_UNKNOWN = 0,
  SIAM_PICTURE_PNG,
  SIAM_PICTURE_JPEG,
  SIAM_PICTURE_WEBP,
  SIAM_PICTURE_BMP,
  SIAM_PICTURE_PNM
} siam_picture_format;

/// The shade that shows through transparent pixels and fills the rest of a letter-boxed picture.
enum { SIAM_PICTURE_BACKGROUND = 255 };

/// An upright picture of 8-bit samples, rows from the top, channels interleaved. Free with
/// siam_picture_clear(). Zero value: no picture.
typedef struct siam_picture {
  uint32_t width, height;
  uint32_t channels; ///< 1 (grey) or 3 (red, green, blue).
  uint8_t *pixels;   ///< [height, width, channels]
  siam_picture_format format;
  bool had_alpha;       ///< Stored with transparency (a channel or a colour); laid over white.
  bool was_rotated;     ///< Stored other than upright; turned or mirrored as its EXIF orientation says.
  bool was_grey;        ///< Stored without colour.
  bool was_sixteen_bit; ///< Stored with 16 bits a sample; rounded to 8.
  /// The process whose memory the pixels lie in, and to whom it goes back; NULL: they are the picture's own.
  struct siam_decoder *decoder;
  struct siam_decoders *decoders;
} siam_picture;

/// Room for pixels that somebody else owns, filled from its beginning.
typedef struct siam_pixel_room {
  uint8_t *bytes;
  size_t size, used;
} siam_pixel_room;

/// Zero means the default.
typedef struct siam_picture_options {
  uint64_t max_pixels;    ///< Width × height; 0: 64 Mi (67,108,864).
  uint32_t max_dimension; ///< Width and height; 0: 16,384.
  uint64_t max_bytes;     ///< Length of the file; 0: 256 MiB.
  /// A JPEG file is decoded to 1/2, 1/4 or 1/8 of its size where both sides, upright, stay at least this;
  /// other formats offer nothing of the kind. 0: at its full size.
  uint32_t enough_width, enough_height;
  /// Called once per picture when its size is known and within the limits, before its pixels are allocated,
  /// so that a program with many threads can wait until memory is free. False gives the picture up with
  /// SIAM_INTERRUPTED. NULL: not called.
  bool (*admit)(void *context, uint64_t pixels);
  void *admit_context;
  struct siam_decoders *decoders; ///< Decode in their processes (siamese/decode.h); NULL: here.
  siam_pixel_room *room;          ///< Where pixels go; NULL: to memory of their own.
} siam_picture_options;

/// Decodes a file. `options` may be NULL. Every error names the file, the reason and what to do:
/// SIAM_ERROR_FILE (cannot be read), SIAM_ERROR_FORMAT (broken, or over a limit), SIAM_ERROR_UNSUPPORTED (a
/// kind of picture that is not read, by its name).
siam_status siam_picture_load(const char *path, const siam_picture_options *options, siam_picture *picture);

/// Reads a picture's file, no longer than the options allow, without looking inside. Free `*bytes` with
/// siam_free().
siam_status siam_picture_read_file(const char *path, const siam_picture_options *options, uint8_t **bytes,
                                   size_t *count);

/// Decodes `count` bytes; `name` stands for the file in messages.
siam_status siam_picture_decode(const char *name, const uint8_t *bytes, size_t count,
                                const siam_picture_options *options, siam_picture *picture);

/// The same in this process, whatever the options say of decoders.
siam_status siam_picture_decode_here(const char *name, const uint8_t *bytes, size_t count,
                                     const siam_picture_options *options, siam_picture *picture);

/// The options with what zero stands for.
siam_picture_options siam_picture_options_fill(const siam_picture_options *options);

void siam_picture_clear(siam_picture *picture);

/// True for a path that ends, in any case, in an extension of a picture that is read, or of one of the kinds
/// that are refused by name (so that they are named, not passed over).
bool siam_picture_has_extension(const char *path);

#endif
