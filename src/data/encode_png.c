/// The only file of the library that compiles stb_image_write, for its PNG encoder alone.
#include "data/encode_png.h"

#include "base/memory.h"

#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#define STBIW_MALLOC(size) siam_allocate((size), 1)
#define STBIW_REALLOC(block, size) siam_reallocate((block), (size), 1)
#define STBIW_FREE(block) siam_free(block)
// Unused functions are reported at the end of the file, so that this one cannot be popped.
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image_write.h>

static void receive(void *context, void *bytes, int count) {
  siam_text_add_bytes(context, bytes, (size_t)count);
}

siam_status siam_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels,
                            siam_text *png) {
  int stride = (int)(width * channels);
  if (stbi_write_png_to_func(receive, png, (int)width, (int)height, (int)channels, pixels, stride) == 0)
    return siam_fail(SIAM_ERROR_MEMORY, "out of memory while packing a picture of %u x %u", width, height);
  return siam_text_status(png);
}
