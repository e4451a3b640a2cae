#include "data/formats.h"

#include <string.h>

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, ENTRY_SIZE = 12 };

typedef struct tiff_reader {
  const uint8_t *bytes;
  size_t count;
  bool big_endian;
} tiff_reader;

static bool read_16(const tiff_reader *tiff, size_t at, unsigned *value) {
  if (at > tiff->count || tiff->count - at < 2) return false;
  const uint8_t *b = tiff->bytes + at;
  *value = tiff->big_endian ? (unsigned)b[0] << 8 | b[1] : (unsigned)b[1] << 8 | b[0];
  return true;
}

static bool read_32(const tiff_reader *tiff, size_t at, uint32_t *value) {
  unsigned first = 0, second = 0;
  if (!read_16(tiff, at, &first) || !read_16(tiff, at + 2, &second)) return false;
  *value = tiff->big_endian ? first << 16 | second : second << 16 | first;
  return true;
}

unsigned siam_exif_orientation(const uint8_t *bytes, size_t count) {
  if (count >= 6 && memcmp(bytes, "Exif\0\0", 6) == 0) {
    bytes += 6;
    count -= 6;
  }
  if (count < 8) return 1;
  tiff_reader tiff = {bytes, count, bytes[0] == 'M'};
  unsigned magic = 0, entries = 0;
  uint32_t directory = 0;
  bool order_known = (bytes[0] == 'I' && bytes[1] == 'I') || (bytes[0] == 'M' && bytes[1] == 'M');
  if (!order_known || !read_16(&tiff, 2, &magic) || magic != 42) return 1;
  if (!read_32(&tiff, 4, &directory) || !read_16(&tiff, directory, &entries)) return 1;
  for (unsigned i = 0; i < entries; i++) {
    size_t entry = (size_t)directory + 2 + (size_t)i * ENTRY_SIZE;
    unsigned tag = 0, type = 0, value = 0;
    uint32_t length = 0;
    if (!read_16(&tiff, entry, &tag)) return 1;
    if (tag != TAG_ORIENTATION) continue;
    if (!read_16(&tiff, entry + 2, &type) || !read_32(&tiff, entry + 4, &length)) return 1;
    if (!read_16(&tiff, entry + 8, &value)) return 1;
    return type == TYPE_SHORT && length == 1 && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
