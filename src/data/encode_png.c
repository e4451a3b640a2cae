/// The only file of the library that compiles stb_image_write, for its PNG encoder alone.
#include "data/encode_png.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stddef.h>

/// A piece of memory that stb_image_write holds. It goes on with NULL where memory runs out, and crashes: so
/// it is left from there by longjmp(), and what it held is released from this list.
typedef struct block {
  struct block *next, *previous;
  max_align_t bytes[];
} block;

static _Thread_local struct {
  block *first;
  jmp_buf leave;
} packing;

static block *block_of(void *bytes) {
  return (block *)((char *)bytes - offsetof(block, bytes));
}

static void *resize(void *bytes, size_t size) {
  block *made = siam_reallocate(bytes != NULL ? block_of(bytes) : NULL, offsetof(block, bytes) + size, 1);
  if (made == NULL) longjmp(packing.leave, 1);
  if (bytes == NULL) *made = (block){.next = packing.first};
  if (made->next != NULL) made->next->previous = made;
  if (made->previous != NULL)
    made->previous->next = made;
  else
    packing.first = made;
  return made->bytes;
}

static void release(void *bytes) {
  if (bytes == NULL) return;
  block *gone = block_of(bytes);
  if (gone->next != NULL) gone->next->previous = gone->previous;
  if (gone->previous != NULL)
    gone->previous->next = gone->next;
  else
    packing.first = gone->next;
  siam_free(gone);
}

#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#define STBIW_MALLOC(size) resize(NULL, (size))
#define STBIW_REALLOC(bytes, size) resize((bytes), (size))
#define STBIW_FREE(bytes) release(bytes)
// Unused functions are reported at the end of the file, so that this one cannot be popped.
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image_write.h>

static void receive(void *context, void *bytes, int count) {
  siam_text_add_bytes(context, bytes, (size_t)count);
}

/// Apart from setjmp(), which may lose the variables of the function that calls it.
__attribute__((noinline)) static int pack(const uint8_t *pixels, int width, int height, int channels,
                                          siam_text *png) {
  return stbi_write_png_to_func(receive, png, width, height, channels, pixels, width * channels);
}

siam_status siam_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels,
                            siam_text *png) {
  if (setjmp(packing.leave) != 0) {
    while (packing.first != NULL) release(packing.first->bytes);
    return siam_fail(SIAM_ERROR_MEMORY, "out of memory while packing a picture of %u x %u", width, height);
  }
  if (pack(pixels, (int)width, (int)height, (int)channels, png) == 0)
    return siam_fail(SIAM_ERROR_MEMORY, "a picture of %u x %u cannot be packed", width, height);
  return siam_text_status(png);
}
