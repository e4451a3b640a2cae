/// encode_jpeg.h: pictures as JPEG, in memory.
#ifndef SIAM_DATA_ENCODE_JPEG_H
#define SIAM_DATA_ENCODE_JPEG_H

#include "base/text.h"

#include <stdint.h>

/// Adds a JPEG file of `pixels` [height, width, 3] to `jpeg`; `quality` is libjpeg's, 1 to 100.
/// SIAM_ERROR_MEMORY when there is none left.
siam_status siam_jpeg_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int quality,
                             siam_text *jpeg);

#endif
