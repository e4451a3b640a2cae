/// BMP, the headers of OS/2 1.x to version 5, uncompressed: 1, 4, 8, 16, 24, 32 bits, palettes and bit fields
/// (Microsoft, "Bitmap Header Types").
#include "base/memory.h"
#include "data/formats.h"

#include <string.h>

enum { FILE_HEADER = 14, CORE_HEADER = 12, INFO_HEADER = 40 };
enum { RGB = 0, RLE8 = 1, RLE4 = 2, BIT_FIELDS = 3, ALPHA_BIT_FIELDS = 6 };

typedef struct bmp {
  uint32_t width, height;
  bool from_top, has_alpha;
  unsigned depth;
  size_t offset, row_bytes;
  uint32_t mask[4]; ///< Red, green, blue, alpha.
  unsigned palette_count;
  uint8_t palette[256][3];
} bmp;

static siam_status broken(const siam_picture_file *file, const char *reason) {
  return siam_picture_broken(file, "BMP", reason);
}

static uint32_t read_16(const uint8_t *b) {
  return (uint32_t)b[0] | (uint32_t)b[1] << 8;
}

static uint32_t read_32(const uint8_t *b) {
  return read_16(b) | read_16(b + 2) << 16;
}

static bool has_palette(const bmp *picture) {
  return picture->depth <= 8;
}

static siam_status check_compression(const siam_picture_file *file, const bmp *picture,
                                     uint32_t compression) {
  bool fields = compression == BIT_FIELDS || compression == ALPHA_BIT_FIELDS;
  if (compression == RGB || (fields && (picture->depth == 16 || picture->depth == 32))) return SIAM_OK;
  const char *kind = compression == RLE8 || compression == RLE4 ? "run-length compression"
                     : fields                                   ? "bit fields at this depth"
                                                                : "an unusual compression";
  return siam_fail(SIAM_ERROR_UNSUPPORTED, "%s: a BMP with %s, which is not read; convert it to PNG",
                   file->name, kind);
}

/// Where the masks lie depends on the header's age: behind 40 bytes, or inside what is longer.
static siam_status read_masks(const siam_picture_file *file, bmp *picture, uint32_t header,
                              uint32_t compression) {
  static const uint32_t masks_16[3] = {0x7c00, 0x03e0, 0x001f}, masks_32[3] = {0xff0000, 0xff00, 0xff};
  memcpy(picture->mask, picture->depth == 16 ? masks_16 : masks_32, sizeof masks_16);
  if (compression == RGB) return SIAM_OK;
  bool alpha = header >= 56 || compression == ALPHA_BIT_FIELDS;
  unsigned count = alpha ? 4 : 3;
  size_t at = FILE_HEADER + INFO_HEADER;
  if (file->count < at + 4 * (size_t)count) return broken(file, "it ends in its header");
  for (unsigned i = 0; i < count; i++) picture->mask[i] = read_32(file->bytes + at + 4 * (size_t)i);
  for (unsigned i = 0; i < 4; i++) {
    // A mask is a run of ones: adding its lowest bit leaves none of it.
    uint32_t mask = picture->mask[i], lowest = mask & (~mask + 1);
    if (((mask + lowest) & mask) != 0) return broken(file, "a mask of its bit fields has gaps");
  }
  picture->has_alpha = picture->mask[3] != 0;
  return SIAM_OK;
}

static siam_status read_palette(const siam_picture_file *file, bmp *picture, size_t at, uint32_t used,
                                size_t entry) {
  if (!has_palette(picture)) return SIAM_OK;
  uint32_t most = 1u << picture->depth;
  uint32_t count = used == 0 || used > most ? most : used;
  size_t room = picture->offset > at ? (picture->offset - at) / entry : 0;
  if (count > room) count = (uint32_t)room;
  picture->palette_count = count;
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t *colour = file->bytes + at + i * entry;
    for (int c = 0; c < 3; c++) picture->palette[i][c] = colour[2 - c];
  }
  return SIAM_OK;
}

static siam_status read_header(const siam_picture_file *file, bmp *picture) {
  const uint8_t *b = file->bytes;
  if (file->count < FILE_HEADER + CORE_HEADER) return broken(file, "it ends in its header");
  uint32_t header = read_32(b + FILE_HEADER), compression = RGB, used = 0;
  bool core = header == CORE_HEADER;
  if (!core && (header < INFO_HEADER || header > 124))
    return broken(file, "its header has an unknown length");
  if (file->count < FILE_HEADER + (size_t)header) return broken(file, "it ends in its header");
  picture->offset = read_32(b + 10);
  if (core) {
    picture->width = read_16(b + 18);
    picture->height = read_16(b + 20);
    picture->depth = read_16(b + 24);
  } else {
    int64_t width = (int32_t)read_32(b + 18), height = (int32_t)read_32(b + 22);
    picture->from_top = height < 0;
    picture->width = width < 0 ? 0 : (uint32_t)width;
    picture->height = (uint32_t)(height < 0 ? -height : height);
    picture->depth = read_16(b + 28);
    compression = read_32(b + 30);
    used = read_32(b + 46);
  }
  unsigned d = picture->depth;
  if (d != 1 && d != 4 && d != 8 && d != 16 && d != 24 && d != 32)
    return broken(file, "its depth is none of 1, 4, 8, 16, 24 and 32 bits");
  SIAM_RETURN_IF_FAILED(check_compression(file, picture, compression));
  SIAM_RETURN_IF_FAILED(siam_picture_check_size(file, picture->width, picture->height));
  SIAM_RETURN_IF_FAILED(read_masks(file, picture, header, compression));
  picture->row_bytes = ((size_t)picture->width * d + 31) / 32 * 4;
  size_t last_row = ((size_t)picture->width * d + 7) / 8;
  size_t pixels = picture->row_bytes * (picture->height - 1) + last_row;
  if (picture->offset < FILE_HEADER + (size_t)header) return broken(file, "its pixels begin in its header");
  if (picture->offset > file->count || file->count - picture->offset < pixels)
    return broken(file, "it ends before its last pixel");
  return read_palette(file, picture, FILE_HEADER + (size_t)header, used, core ? 3 : 4);
}

/// The bits of `mask`, spread to 0 … 255.
static uint8_t field(uint32_t pixel, uint32_t mask) {
  if (mask == 0) return 0;
  uint64_t lowest = mask & (~mask + 1);
  uint64_t most = mask / lowest, value = (pixel & mask) / lowest;
  return (uint8_t)((value * 255 + most / 2) / most);
}

/// False for a colour outside the palette.
static bool read_pixel(const bmp *picture, const uint8_t *row, uint32_t x, uint8_t *out) {
  unsigned d = picture->depth;
  if (d == 24) {
    for (int c = 0; c < 3; c++) out[c] = row[3 * (size_t)x + 2 - c];
    return true;
  }
  if (!has_palette(picture)) {
    uint32_t pixel = d == 16 ? read_16(row + 2 * (size_t)x) : read_32(row + 4 * (size_t)x);
    for (int c = 0; c < (picture->has_alpha ? 4 : 3); c++) out[c] = field(pixel, picture->mask[c]);
    return true;
  }
  size_t bit = (size_t)x * d;
  unsigned index = row[bit / 8] >> (8 - d - bit % 8) & ((1u << d) - 1);
  if (index >= picture->palette_count) return false;
  memcpy(out, picture->palette[index], 3);
  return true;
}

/// Many programs write a mask for alpha and leave it 0 everywhere; they mean an opaque picture.
static void mend_empty_alpha(siam_stored_picture *stored) {
  uint8_t *samples = stored->samples;
  size_t count = (size_t)stored->width * stored->height;
  for (size_t i = 0; i < count; i++)
    if (samples[4 * i + 3] != 0) return;
  for (size_t i = 0; i < count; i++) samples[4 * i + 3] = 255;
}

siam_status siam_decode_bmp(const siam_picture_file *file, siam_stored_picture *stored) {
  bmp picture = {0};
  SIAM_RETURN_IF_FAILED(read_header(file, &picture));
  stored->width = picture.width;
  stored->height = picture.height;
  stored->channels = picture.has_alpha ? 4 : 3;
  uint8_t *out = siam_samples_allocate(file, (size_t)picture.width * picture.height, stored->channels);
  if (out == NULL) return SIAM_ERROR_MEMORY;
  stored->samples = out;
  for (uint32_t y = 0; y < picture.height; y++) {
    uint32_t line = picture.from_top ? y : picture.height - 1 - y;
    const uint8_t *row = file->bytes + picture.offset + line * picture.row_bytes;
    for (uint32_t x = 0; x < picture.width; x++, out += stored->channels)
      if (!read_pixel(&picture, row, x, out))
        return broken(file, "a pixel names a colour outside its palette");
  }
  if (picture.has_alpha) mend_empty_alpha(stored);
  return SIAM_OK;
}
