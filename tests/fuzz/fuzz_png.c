/// PNG again, with a mutator that knows its chunks: pixels are changed before they are compressed, and
/// lengths and checksums are made right, so that changes come through to what lies behind the checks.
#include "data/picture.h"
#include "target.h"

#include <stdbool.h>
#include <string.h>
#include <zlib.h>

enum { SIGNATURE = 8, FRAME = 12, MOST_PIXELS = 1 << 15, MOST_CHUNKS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  static const siam_picture_options limits = {.max_pixels = 1 << 16};
  siam_picture picture;
  siam_status status = siam_picture_decode("input.png", bytes, count, &limits, &picture);
  FUZZ_REQUIRE((status == SIAM_OK) == (picture.pixels != NULL));
  if (status == SIAM_OK) FUZZ_REQUIRE((uint64_t)picture.width * picture.height <= limits.max_pixels);
  siam_picture_clear(&picture);
  return 0;
}

static uint32_t read_32(const uint8_t *b) {
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void write_32(uint8_t *b, uint32_t value) {
  for (int i = 0; i < 4; i++) b[i] = (uint8_t)(value >> (24 - 8 * i));
}

/// Places of whole chunks; gives how many there are.
static size_t find_chunks(const uint8_t *bytes, size_t count, size_t *places) {
  size_t chunks = 0;
  for (size_t at = SIGNATURE; chunks < MOST_CHUNKS && count >= FRAME && at <= count - FRAME;) {
    size_t length = read_32(bytes + at);
    if (length > count - FRAME - at) break;
    places[chunks++] = at;
    at += FRAME + length;
  }
  return chunks;
}

/// New content of an IDAT chunk: the pixels changed and compressed again. 0 where the chunk is no whole
/// stream.
static size_t change_pixels(const uint8_t *content, size_t length, uint8_t *made, size_t capacity) {
  static uint8_t pixels[MOST_PIXELS];
  uLongf count = MOST_PIXELS / 2, compressed = capacity;
  if (uncompress(pixels, &count, content, length) != Z_OK || count == 0) return 0;
  count = LLVMFuzzerMutate(pixels, count, sizeof pixels);
  return compress2(made, &compressed, pixels, count, Z_BEST_SPEED) == Z_OK ? compressed : 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t capacity, unsigned seed) {
  static uint8_t made[1 << 16];
  size_t places[MOST_CHUNKS], chunks = count > SIGNATURE ? find_chunks(bytes, count, places) : 0;
  if (chunks == 0 || seed % 8 == 0) return LLVMFuzzerMutate(bytes, count, capacity);
  uint8_t *chunk = bytes + places[seed / 8 % chunks];
  size_t length = read_32(chunk), after = (size_t)(bytes + count - chunk) - FRAME - length;
  size_t changed =
      memcmp(chunk + 4, "IDAT", 4) == 0 ? change_pixels(chunk + 8, length, made, sizeof made) : 0;
  if (changed == 0) {
    if (length > sizeof made / 2) return LLVMFuzzerMutate(bytes, count, capacity);
    memcpy(made, chunk + 8, length);
    changed = LLVMFuzzerMutate(made, length, sizeof made / 2);
  }
  if (count - length + changed > capacity) return count;
  memmove(chunk + 8 + changed + 4, chunk + 8 + length + 4, after);
  memcpy(chunk + 8, made, changed);
  write_32(chunk, (uint32_t)changed);
  write_32(chunk + 8 + changed, (uint32_t)crc32(0, chunk + 4, (uInt)changed + 4));
  return count - length + changed;
}
