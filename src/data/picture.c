#include "data/picture.h"

#include "base/memory.h"
#include "data/formats.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

siam_status siam_picture_check_size(const siam_picture_file *file, uint64_t width, uint64_t height) {
  const siam_picture_options *limits = &file->limits;
  if (width == 0 || height == 0)
    return siam_fail(SIAM_ERROR_FORMAT, "%s: broken picture (it has no pixels); replace or remove it",
                     file->name);
  if (width > limits->max_dimension || height > limits->max_dimension)
    return siam_fail(SIAM_ERROR_FORMAT,
                     "%s: %" PRIu64 " × %" PRIu64 " pixels, more than the limit of %" PRIu32
                     " a side; make it smaller or raise the limit by --max-side",
                     file->name, width, height, limits->max_dimension);
  if (width * height > limits->max_pixels)
    return siam_fail(SIAM_ERROR_FORMAT,
                     "%s: %" PRIu64 " × %" PRIu64 " pixels, more than the limit of %" PRIu64
                     " in all; make it smaller or raise the limit by --max-pixels",
                     file->name, width, height, limits->max_pixels);
  if (limits->admit == NULL || limits->admit(limits->admit_context, width * height)) return SIAM_OK;
  return siam_fail(SIAM_INTERRUPTED, "%s: not decoded now", file->name);
}

void *siam_samples_allocate(const siam_picture_file *file, size_t count, size_t size) {
  enum { ALIGNMENT = 64 };
  siam_pixel_room *room = file->limits.room;
  if (room == NULL) return siam_allocate(count, size);
  const size_t free_bytes = room->size - room->used;
  if (count > free_bytes / size) {
    siam_fail(SIAM_ERROR_MEMORY, "%s: no room for %zu elements of %zu bytes", file->name, count, size);
    return NULL;
  }
  uint8_t *samples = room->bytes + room->used;
  const size_t bytes = count * size, padded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  room->used += padded < free_bytes ? padded : free_bytes;
  return samples;
}

void siam_samples_free(const siam_picture_file *file, void *samples) {
  if (file->limits.room == NULL) siam_free(samples);
}

siam_status siam_picture_broken(const siam_picture_file *file, const char *format, const char *reason) {
  return siam_fail(SIAM_ERROR_FORMAT, "%s: broken %s (%s); replace or remove it", file->name, format, reason);
}

/// The first bytes of a kind of file, where they stand, and what to call it.
typedef struct signature {
  size_t at, count;
  const char *bytes;
  siam_picture_format format;
  const char *name; ///< Of a kind that is not read; NULL otherwise.
} signature;

#define BYTES(text) sizeof(text) - 1, text
static const signature signatures[] = {
    {0, BYTES("\x89PNG\r\n\x1a\n"), SIAM_PICTURE_PNG, NULL},
    {0, BYTES("\xff\xd8\xff"), SIAM_PICTURE_JPEG, NULL},
    {8, BYTES("WEBP"), SIAM_PICTURE_WEBP, NULL},
    {0, BYTES("BM"), SIAM_PICTURE_BMP, NULL},
    {0, BYTES("P2"), SIAM_PICTURE_PNM, NULL},
    {0, BYTES("P3"), SIAM_PICTURE_PNM, NULL},
    {0, BYTES("P5"), SIAM_PICTURE_PNM, NULL},
    {0, BYTES("P6"), SIAM_PICTURE_PNM, NULL},
    {0, BYTES("P1"), SIAM_PICTURE_UNKNOWN, "a PBM picture"},
    {0, BYTES("P4"), SIAM_PICTURE_UNKNOWN, "a PBM picture"},
    {0, BYTES("P7"), SIAM_PICTURE_UNKNOWN, "a PAM picture"},
    {0, BYTES("PF"), SIAM_PICTURE_UNKNOWN, "a PFM picture"},
    {0, BYTES("Pf"), SIAM_PICTURE_UNKNOWN, "a PFM picture"},
    {0, BYTES("GIF8"), SIAM_PICTURE_UNKNOWN, "a GIF picture"},
    {0, BYTES("II*\0"), SIAM_PICTURE_UNKNOWN, "a TIFF picture"},
    {0, BYTES("MM\0*"), SIAM_PICTURE_UNKNOWN, "a TIFF picture"},
    {0, BYTES("II+\0"), SIAM_PICTURE_UNKNOWN, "a BigTIFF picture"},
    {0, BYTES("MM\0+"), SIAM_PICTURE_UNKNOWN, "a BigTIFF picture"},
    {4, BYTES("ftypavif"), SIAM_PICTURE_UNKNOWN, "an AVIF picture"},
    {4, BYTES("ftypavis"), SIAM_PICTURE_UNKNOWN, "an AVIF picture"},
    {4, BYTES("ftyphe"), SIAM_PICTURE_UNKNOWN, "a HEIC picture"},
    {4, BYTES("ftypmif1"), SIAM_PICTURE_UNKNOWN, "a HEIF picture"},
    {4, BYTES("ftypmsf1"), SIAM_PICTURE_UNKNOWN, "a HEIF picture"},
    {4, BYTES("ftyp"), SIAM_PICTURE_UNKNOWN, "a film"},
    {0, BYTES("\0\0\0\x0cJXL "), SIAM_PICTURE_UNKNOWN, "a JPEG XL picture"},
    {0, BYTES("\xff\x0a"), SIAM_PICTURE_UNKNOWN, "a JPEG XL picture"},
    {0, BYTES("\0\0\0\x0cjP  "), SIAM_PICTURE_UNKNOWN, "a JPEG 2000 picture"},
    {0, BYTES("\xff\x4f\xff\x51"), SIAM_PICTURE_UNKNOWN, "a JPEG 2000 picture"},
    {0, BYTES("8BPS"), SIAM_PICTURE_UNKNOWN, "a Photoshop document (PSD)"},
    {0, BYTES("qoif"), SIAM_PICTURE_UNKNOWN, "a QOI picture"},
    {0, BYTES("\x76\x2f\x31\x01"), SIAM_PICTURE_UNKNOWN, "an OpenEXR picture"},
    {0, BYTES("#?RADIANCE"), SIAM_PICTURE_UNKNOWN, "a Radiance HDR picture"},
    {0, BYTES("DDS "), SIAM_PICTURE_UNKNOWN, "a DDS texture"},
    {0, BYTES("\0\0\1\0"), SIAM_PICTURE_UNKNOWN, "an icon (ICO)"},
    {0, BYTES("%PDF"), SIAM_PICTURE_UNKNOWN, "a PDF document"},
    {0, BYTES("<svg"), SIAM_PICTURE_UNKNOWN, "an SVG drawing"},
    {0, BYTES("<?xml"), SIAM_PICTURE_UNKNOWN, "an XML or SVG file"},
    {0, BYTES("<!DOCTYPE"), SIAM_PICTURE_UNKNOWN, "a web page"},
    {0, BYTES("<html"), SIAM_PICTURE_UNKNOWN, "a web page"},
};

static const signature *find_signature(const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
    const signature *kind = &signatures[i];
    if (count >= kind->at + kind->count && memcmp(bytes + kind->at, kind->bytes, kind->count) == 0)
      return kind;
  }
  return NULL;
}

static siam_status refuse(const siam_picture_file *file, const signature *kind) {
  static const char pointer[] = "version https://git-lfs";
  if (kind != NULL)
    return siam_fail(SIAM_ERROR_UNSUPPORTED, "%s: %s, which is not read; convert it to PNG or JPEG",
                     file->name, kind->name);
  if (file->count == 0)
    return siam_fail(SIAM_ERROR_FORMAT, "%s: the file is empty; replace or remove it", file->name);
  if (file->count > sizeof pointer && memcmp(file->bytes, pointer, sizeof pointer - 1) == 0)
    return siam_fail(SIAM_ERROR_FORMAT, "%s: only the Git LFS pointer of a picture; run `git lfs pull`",
                     file->name);
  return siam_fail(SIAM_ERROR_UNSUPPORTED,
                   "%s: not a picture of a known kind; PNG, JPEG, WebP, BMP, PGM and PPM are read",
                   file->name);
}

static siam_status decode_stored(const siam_picture_file *file, siam_picture_format format,
                                 siam_stored_picture *stored) {
  switch (format) {
  case SIAM_PICTURE_PNG:
    return siam_decode_png(file, stored);
  case SIAM_PICTURE_JPEG:
    return siam_decode_jpeg(file, stored);
  case SIAM_PICTURE_WEBP:
    return siam_decode_webp(file, stored);
  case SIAM_PICTURE_BMP:
    return siam_decode_bmp(file, stored);
  default:
    return siam_decode_pnm(file, stored);
  }
}

/// value × alpha + white × (1 − alpha), all in 0 … most, rounded to nearest. The sum is at most most².
static inline uint32_t lay_over_white(uint32_t value, uint32_t alpha, uint32_t most) {
  return (value * alpha + most * (most - alpha) + most / 2) / most;
}

/// 16 to 8 bits, alpha away. Works in place: a sample is written no later than it is read. Inline, so that
/// the divisions are by constants.
static inline void flatten(siam_stored_picture *stored, bool sixteen_bit, uint32_t most) {
  uint8_t *bytes = stored->samples;
  const uint16_t *words = stored->samples;
  bool has_alpha = stored->channels % 2 == 0;
  uint32_t colours = stored->channels - has_alpha;
  size_t count = (size_t)stored->width * stored->height;
  for (size_t i = 0; i < count; i++) {
    uint32_t pixel[4];
    for (uint32_t c = 0; c < stored->channels; c++) {
      size_t at = i * stored->channels + c;
      pixel[c] = sixteen_bit ? words[at] : bytes[at];
    }
    for (uint32_t c = 0; c < colours; c++) {
      uint32_t value = has_alpha ? lay_over_white(pixel[c], pixel[colours], most) : pixel[c];
      bytes[i * colours + c] = (uint8_t)((value * UINT8_MAX + most / 2) / most);
    }
  }
  stored->channels = colours;
}

static void make_plain(siam_stored_picture *stored) {
  if (stored->sixteen_bit)
    flatten(stored, true, UINT16_MAX);
  else
    flatten(stored, false, UINT8_MAX);
  stored->sixteen_bit = false;
}

/// Writes the upright picture of one that is stored with an EXIF orientation of 2 … 8 (JEITA CP-3451, 4.6.4).
static void turn(const siam_stored_picture *stored, uint8_t *upright) {
  uint32_t w = stored->width, h = stored->height, channels = stored->channels;
  unsigned orientation = stored->orientation;
  bool swaps_axes = orientation >= 5;
  bool flips_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  bool flips_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  uint32_t width = swaps_axes ? h : w, height = swaps_axes ? w : h;
  const uint8_t *samples = stored->samples;
  for (uint32_t y = 0; y < height; y++)
    for (uint32_t x = 0; x < width; x++, upright += channels) {
      uint32_t from_x = swaps_axes ? y : x, from_y = swaps_axes ? x : y;
      if (flips_x) from_x = w - 1 - from_x;
      if (flips_y) from_y = h - 1 - from_y;
      memcpy(upright, samples + ((size_t)from_y * w + from_x) * channels, channels);
    }
}

static siam_status make_upright(const siam_picture_file *file, siam_stored_picture *stored) {
  if (stored->orientation <= 1) return SIAM_OK;
  uint8_t *upright = siam_samples_allocate(file, (size_t)stored->width * stored->height, stored->channels);
  if (upright == NULL) return SIAM_ERROR_MEMORY;
  turn(stored, upright);
  siam_samples_free(file, stored->samples);
  stored->samples = upright;
  if (stored->orientation >= 5) {
    uint32_t width = stored->width;
    stored->width = stored->height;
    stored->height = width;
  }
  return SIAM_OK;
}

siam_picture_options siam_picture_options_fill(const siam_picture_options *options) {
  siam_picture_options limits = options != NULL ? *options : (siam_picture_options){0};
  if (limits.max_pixels == 0) limits.max_pixels = UINT64_C(64) << 20;
  if (limits.max_dimension == 0) limits.max_dimension = 16384;
  if (limits.max_bytes == 0) limits.max_bytes = UINT64_C(256) << 20;
  return limits;
}

siam_status siam_picture_decode_here(const char *name, const uint8_t *bytes, size_t count,
                                     const siam_picture_options *options, siam_picture *picture) {
  siam_picture_file file = {name, bytes, count, siam_picture_options_fill(options)};
  siam_stored_picture stored = {0};
  siam_status status = SIAM_OK;
  *picture = (siam_picture){0};
  const signature *kind = find_signature(bytes, count);
  if (kind == NULL || kind->format == SIAM_PICTURE_UNKNOWN) return refuse(&file, kind);
  SIAM_TRY(decode_stored(&file, kind->format, &stored));
  *picture = (siam_picture){.format = kind->format,
                            .had_alpha = stored.channels % 2 == 0,
                            .was_rotated = stored.orientation > 1,
                            .was_grey = stored.channels <= 2,
                            .was_sixteen_bit = stored.sixteen_bit};
  if (picture->had_alpha || picture->was_sixteen_bit) make_plain(&stored);
  SIAM_TRY(make_upright(&file, &stored));
  picture->width = stored.width;
  picture->height = stored.height;
  picture->channels = stored.channels;
  picture->pixels = stored.samples;
  stored.samples = NULL;
cleanup:
  siam_samples_free(&file, stored.samples);
  if (status != SIAM_OK) *picture = (siam_picture){0};
  return status;
}

bool siam_picture_has_extension(const char *path) {
  static const char *const extensions[] = {
      "png", "jpg", "jpeg", "jpe",  "jfif", "webp", "bmp", "dib", "pgm", "ppm", "pnm", "pbm", "pam",
      "gif", "tif", "tiff", "heic", "heif", "avif", "jxl", "jp2", "psd", "qoi", "exr", "hdr", "tga"};
  const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
  const char *dot = strrchr(name, '.');
  if (dot == NULL || dot == name) return false;
  for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
    if (strcasecmp(dot + 1, extensions[i]) == 0) return true;
  return false;
}
