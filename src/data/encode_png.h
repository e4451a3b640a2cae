/// encode_png.h: pictures as PNG, in memory.
#ifndef SIAM_DATA_ENCODE_PNG_H
#define SIAM_DATA_ENCODE_PNG_H

#include "base/text.h"

#include <stdint.h>

/// Adds a PNG file of `pixels` [height, width, channels] (channels 1 or 3) to `png`. Running out of memory is
/// remembered there.
siam_status siam_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels,
                            siam_text *png);

#endif
