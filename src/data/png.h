/// png.h: a PNG taken apart, between the two halves of its decoder: decode_png.c (chunks) and png_pixels.c.
#ifndef SIAM_DATA_PNG_H
#define SIAM_DATA_PNG_H

#include "data/formats.h"

typedef enum siam_png_colour {
  SIAM_PNG_GREY = 0,
  SIAM_PNG_RGB = 2,
  SIAM_PNG_PALETTE = 3,
  SIAM_PNG_GREY_ALPHA = 4,
  SIAM_PNG_RGB_ALPHA = 6
} siam_png_colour;

typedef struct siam_png {
  uint32_t width, height;
  unsigned depth, colour; ///< Bits of a sample; a siam_png_colour.
  bool interlaced;
  unsigned palette_count;
  uint8_t palette[256][4]; ///< Red, green, blue, alpha.
  bool transparent;        ///< The palette has alphas, or `key` is the one transparent colour.
  uint16_t key[3];
  unsigned orientation;
  const uint8_t *data; ///< All of IDAT, in one piece.
  size_t data_count;
} siam_png;

/// Inflates, unfilters and expands to samples of 8 or 16 bits. Broken where the data do not fill the picture
/// or name a colour outside the palette.
siam_status siam_png_pixels(const siam_picture_file *file, const siam_png *png, siam_stored_picture *stored);

/// More bytes, at either end, siam_inflate() does not take.
#define SIAM_INFLATE_MOST ((size_t)INT32_MAX)

/// Inflates a zlib stream (RFC 1950) into at most `capacity` bytes and writes how many came; `*reason` says
/// why it could not.
bool siam_inflate(const uint8_t *bytes, size_t count, uint8_t *output, size_t capacity, size_t *written,
                  const char **reason);

#endif
