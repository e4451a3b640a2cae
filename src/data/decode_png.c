/// PNG (W3C, third edition): the chunks. Every CRC, the header's fields, unknown critical chunks and IEND are
/// checked before anything is inflated. What follows IEND is ignored; so are gamma and colour profiles.
#include "base/memory.h"
#include "data/png.h"

#include <stdio.h>
#include <string.h>

enum { SIGNATURE_SIZE = 8, CHUNK_OVERHEAD = 12 };

typedef struct png_chunk {
  uint32_t length;
  const uint8_t *type, *data;
} png_chunk;

static uint32_t read_32(const uint8_t *b) {
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/// CRC-32 of ISO 3309, four bits at a time.
static uint32_t add_bytes(uint32_t crc, const uint8_t *bytes, size_t count) {
  static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                     0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                     0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
  for (size_t i = 0; i < count; i++) {
    crc ^= bytes[i];
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  return crc;
}

/// Eight bytes at a time for long chunks ("slicing by 8", Kounavis and Berry 2005): part[k][b] is what byte b
/// with k bytes behind it adds. The tables take as long to make as a few thousand bytes take to check.
static uint32_t add_long(uint32_t crc, const uint8_t *bytes, size_t count) {
  uint32_t part[8][256];
  for (unsigned b = 0; b < 256; b++) part[0][b] = add_bytes(0, &(uint8_t){(uint8_t)b}, 1);
  for (int k = 1; k < 8; k++)
    for (unsigned b = 0; b < 256; b++) part[k][b] = part[k - 1][b] >> 8 ^ part[0][part[k - 1][b] & 255];
  size_t done = 0;
  for (; count - done >= 8; done += 8) {
    const uint8_t *b = bytes + done;
    crc = part[7][b[0] ^ (crc & 255)] ^ part[6][b[1] ^ (crc >> 8 & 255)] ^ part[5][b[2] ^ (crc >> 16 & 255)] ^
          part[4][b[3] ^ crc >> 24] ^ part[3][b[4]] ^ part[2][b[5]] ^ part[1][b[6]] ^ part[0][b[7]];
  }
  return add_bytes(crc, bytes + done, count - done);
}

static uint32_t checksum(const uint8_t *bytes, size_t count) {
  enum { LONG = 8192 };
  return ~(count < LONG ? add_bytes(UINT32_MAX, bytes, count) : add_long(UINT32_MAX, bytes, count));
}

static siam_status broken(const siam_picture_file *file, const char *reason) {
  return siam_picture_broken(file, "PNG", reason);
}

static siam_status broken_chunk(const siam_picture_file *file, const png_chunk *chunk, const char *reason) {
  char sentence[96];
  snprintf(sentence, sizeof sentence, "its chunk %.4s %s", (const char *)chunk->type, reason);
  return broken(file, sentence);
}

/// The chunk at `*at`, checked; `*at` moves behind it.
static siam_status next_chunk(const siam_picture_file *file, size_t *at, png_chunk *chunk) {
  if (file->count - *at < CHUNK_OVERHEAD) return broken(file, "it ends before the chunk IEND");
  chunk->length = read_32(file->bytes + *at);
  chunk->type = file->bytes + *at + 4;
  chunk->data = chunk->type + 4;
  for (int i = 0; i < 4; i++) {
    uint8_t letter = chunk->type[i] | 0x20;
    if (letter < 'a' || letter > 'z') return broken(file, "a chunk has no valid type");
  }
  if (chunk->length > file->count - *at - CHUNK_OVERHEAD)
    return broken_chunk(file, chunk, "goes on after the end of the file");
  if (checksum(chunk->type, (size_t)chunk->length + 4) != read_32(chunk->data + chunk->length))
    return broken_chunk(file, chunk, "has a wrong checksum");
  *at += (size_t)chunk->length + CHUNK_OVERHEAD;
  return SIAM_OK;
}

static bool is_type(const png_chunk *chunk, const char *type) {
  return memcmp(chunk->type, type, 4) == 0;
}

/// The depths that each colour type allows (11.2.1, table 9).
static bool depth_allowed(unsigned colour, unsigned depth) {
  bool small = depth == 1 || depth == 2 || depth == 4;
  switch (colour) {
  case SIAM_PNG_GREY:
    return small || depth == 8 || depth == 16;
  case SIAM_PNG_PALETTE:
    return small || depth == 8;
  case SIAM_PNG_RGB:
  case SIAM_PNG_GREY_ALPHA:
  case SIAM_PNG_RGB_ALPHA:
    return depth == 8 || depth == 16;
  default:
    return false;
  }
}

static siam_status read_header(const siam_picture_file *file, const png_chunk *chunk, siam_png *png) {
  if (is_type(chunk, "CgBI"))
    return siam_fail(SIAM_ERROR_UNSUPPORTED,
                     "%s: Apple's CgBI variant of PNG, which is not read; convert it to PNG", file->name);
  if (!is_type(chunk, "IHDR") || chunk->length != 13) return broken(file, "it does not begin with IHDR");
  const uint8_t *d = chunk->data;
  png->width = read_32(d);
  png->height = read_32(d + 4);
  png->depth = d[8];
  png->colour = d[9];
  png->interlaced = d[12] == 1;
  if (!depth_allowed(png->colour, png->depth)) return broken(file, "IHDR names no valid colour type");
  if (d[10] != 0 || d[11] != 0 || d[12] > 1) return broken(file, "IHDR names an unknown method");
  return siam_picture_check_size(file, png->width, png->height);
}

static siam_status read_palette(const siam_picture_file *file, const png_chunk *chunk, siam_png *png) {
  if (chunk->length == 0 || chunk->length % 3 != 0 || chunk->length > 3 * 256)
    return broken_chunk(file, chunk, "has an impossible length");
  png->palette_count = chunk->length / 3;
  for (unsigned i = 0; i < png->palette_count; i++) {
    memcpy(png->palette[i], chunk->data + (size_t)3 * i, 3);
    png->palette[i][3] = 255;
  }
  return SIAM_OK;
}

static siam_status read_transparency(const siam_picture_file *file, const png_chunk *chunk, siam_png *png) {
  if (png->colour == SIAM_PNG_GREY_ALPHA || png->colour == SIAM_PNG_RGB_ALPHA) return SIAM_OK;
  unsigned samples = png->colour == SIAM_PNG_RGB ? 3 : 1;
  bool palette = png->colour == SIAM_PNG_PALETTE;
  if (palette ? chunk->length > png->palette_count : chunk->length != 2 * samples)
    return broken_chunk(file, chunk, "has an impossible length");
  png->transparent = true;
  if (palette) {
    for (unsigned i = 0; i < chunk->length; i++) png->palette[i][3] = chunk->data[i];
    return SIAM_OK;
  }
  for (unsigned i = 0; i < samples; i++)
    png->key[i] = (uint16_t)(chunk->data[2 * i] << 8 | chunk->data[2 * i + 1]);
  return SIAM_OK;
}

/// Everything but IDAT's content, of which the length is added up.
static siam_status read_chunk(const siam_picture_file *file, const png_chunk *chunk, siam_png *png) {
  if (is_type(chunk, "IDAT")) {
    if (png->data == NULL) png->data = chunk->data;
    png->data_count += chunk->length;
    return SIAM_OK;
  }
  if (is_type(chunk, "PLTE")) return read_palette(file, chunk, png);
  if (is_type(chunk, "tRNS")) return read_transparency(file, chunk, png);
  if (is_type(chunk, "eXIf")) png->orientation = siam_exif_orientation(chunk->data, chunk->length);
  if (is_type(chunk, "acTL"))
    return siam_fail(SIAM_ERROR_UNSUPPORTED,
                     "%s: an animated PNG, which is not read; save one frame of it as a picture", file->name);
  bool critical = (chunk->type[0] & 0x20) == 0;
  return critical && !is_type(chunk, "IEND") ? broken_chunk(file, chunk, "is not known") : SIAM_OK;
}

static siam_status read_chunks(const siam_picture_file *file, siam_png *png) {
  size_t at = SIGNATURE_SIZE;
  png_chunk chunk = {0, (const uint8_t *)"IEND", NULL};
  SIAM_RETURN_IF_FAILED(next_chunk(file, &at, &chunk));
  SIAM_RETURN_IF_FAILED(read_header(file, &chunk, png));
  do {
    SIAM_RETURN_IF_FAILED(next_chunk(file, &at, &chunk));
    SIAM_RETURN_IF_FAILED(read_chunk(file, &chunk, png));
  } while (!is_type(&chunk, "IEND"));
  if (png->data == NULL) return broken(file, "it has no chunk IDAT");
  if (png->colour == SIAM_PNG_PALETTE && png->palette_count == 0) return broken(file, "it has no chunk PLTE");
  return SIAM_OK;
}

/// Puts all IDAT chunks, which were checked before, one behind the other.
static void join_data(const siam_picture_file *file, uint8_t *joined) {
  png_chunk chunk = {0};
  size_t at = SIGNATURE_SIZE;
  do {
    chunk.length = read_32(file->bytes + at);
    chunk.type = file->bytes + at + 4;
    if (is_type(&chunk, "IDAT")) {
      memcpy(joined, chunk.type + 4, chunk.length);
      joined += chunk.length;
    }
    at += (size_t)chunk.length + CHUNK_OVERHEAD;
  } while (!is_type(&chunk, "IEND"));
}

siam_status siam_decode_png(const siam_picture_file *file, siam_stored_picture *stored) {
  siam_status status = SIAM_OK;
  siam_png png = {0};
  uint8_t *joined = NULL;
  SIAM_TRY(read_chunks(file, &png));
  SIAM_TRY_ALLOCATE(joined, png.data_count);
  join_data(file, joined);
  png.data = joined;
  SIAM_TRY(siam_png_pixels(file, &png, stored));
cleanup:
  siam_free(joined);
  return status;
}
