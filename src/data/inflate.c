/// The only file that compiles stb_image, for its zlib reader alone. Debian's version (2.27) leaves a colour
/// outside the palette and a match at distance 0 to unset memory and lets a small PNG inflate without bound;
/// its reader of 16-bit PNM reads past the end, and that of BMP takes what is missing for zero. So the
/// picture formats are read by our own code, and inflating goes into a buffer of known size.
#include "base/memory.h"
#include "data/png.h"

#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_ASSERT(condition) ((void)0)
#define STBI_MALLOC(size) siam_allocate((size), 1)
#define STBI_REALLOC(block, size) siam_reallocate((block), (size), 1)
#define STBI_FREE(block) siam_free(block)
// Unused functions are reported at the end of the file, so that this one cannot be popped.
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

bool siam_inflate(const uint8_t *bytes, size_t count, uint8_t *output, size_t capacity, size_t *written,
                  const char **reason) {
  if (count > SIAM_INFLATE_MOST || capacity > SIAM_INFLATE_MOST) {
    *reason = "it holds more than 2 GiB";
    return false;
  }
  int got = stbi_zlib_decode_buffer((char *)output, (int)capacity, (const char *)bytes, (int)count);
  if (got < 0) {
    *reason = "its compressed data are damaged";
    return false;
  }
  *written = (size_t)got;
  return true;
}
