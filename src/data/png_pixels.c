/// PNG: from the inflated data to samples. Sections 9 (filters), 8 (interlacing), 13.12 (sample depth).
#include "base/memory.h"
#include "data/png.h"

#include <stdlib.h>
#include <string.h>

/// One of the passes of an interlaced picture; a picture that is not interlaced has one pass.
typedef struct png_pass {
  uint32_t first_x, first_y, step_x, step_y;
} png_pass;

static const png_pass whole = {0, 0, 1, 1};
static const png_pass adam7[7] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                  {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};

static uint32_t steps(uint32_t size, uint32_t first, uint32_t step) {
  return size > first ? (size - first + step - 1) / step : 0;
}

static unsigned stored_samples(const siam_png *png) {
  switch (png->colour) {
  case SIAM_PNG_RGB:
    return 3;
  case SIAM_PNG_GREY_ALPHA:
    return 2;
  case SIAM_PNG_RGB_ALPHA:
    return 4;
  default:
    return 1;
  }
}

static size_t row_bytes(const siam_png *png, uint32_t width) {
  return (size_t)(((uint64_t)width * stored_samples(png) * png->depth + 7) / 8);
}

/// Bytes of a pass with one filter byte a row; an empty pass has no rows.
static size_t pass_bytes(const siam_png *png, const png_pass *pass) {
  uint32_t width = steps(png->width, pass->first_x, pass->step_x);
  uint32_t height = steps(png->height, pass->first_y, pass->step_y);
  return width == 0 ? 0 : (row_bytes(png, width) + 1) * height;
}

static uint8_t paeth(int left, int above, int corner) {
  int guess = left + above - corner;
  int to_left = abs(guess - left), to_above = abs(guess - above), to_corner = abs(guess - corner);
  if (to_left <= to_above && to_left <= to_corner) return (uint8_t)left;
  return (uint8_t)(to_above <= to_corner ? above : corner);
}

/// Undoes the filter of a row in place; `above` is the row before, or zeros; `step` the bytes of a pixel.
static bool unfilter(unsigned filter, uint8_t *row, const uint8_t *above, size_t count, size_t step) {
  switch (filter) {
  case 0:
    return true;
  case 1:
    for (size_t i = step; i < count; i++) row[i] = (uint8_t)(row[i] + row[i - step]);
    return true;
  case 2:
    for (size_t i = 0; i < count; i++) row[i] = (uint8_t)(row[i] + above[i]);
    return true;
  case 3:
    for (size_t i = 0; i < step; i++) row[i] = (uint8_t)(row[i] + above[i] / 2);
    for (size_t i = step; i < count; i++) row[i] = (uint8_t)(row[i] + (row[i - step] + above[i]) / 2);
    return true;
  case 4:
    // Without a pixel to the left the predictor is the byte above.
    for (size_t i = 0; i < step; i++) row[i] = (uint8_t)(row[i] + above[i]);
    for (size_t i = step; i < count; i++)
      row[i] = (uint8_t)(row[i] + paeth(row[i - step], above[i], above[i - step]));
    return true;
  default:
    return false;
  }
}

/// Sample `index` of a row.
static unsigned sample(const uint8_t *row, unsigned depth, size_t index) {
  if (depth == 8) return row[index];
  if (depth == 16) return (unsigned)row[2 * index] << 8 | row[2 * index + 1];
  size_t bit = index * depth;
  return row[bit / 8] >> (8 - depth - bit % 8) & ((1u << depth) - 1);
}

static void put(siam_stored_picture *stored, size_t at, unsigned value) {
  if (stored->sixteen_bit)
    ((uint16_t *)stored->samples)[at] = (uint16_t)value;
  else
    ((uint8_t *)stored->samples)[at] = (uint8_t)value;
}

/// One pixel without a palette; small samples are spread to 0 … 255, the key is compared before that.
static void put_pixel(const siam_png *png, const uint8_t *row, uint32_t x, siam_stored_picture *stored,
                      size_t at) {
  unsigned count = stored_samples(png), scale = png->depth < 8 ? 255 / ((1u << png->depth) - 1) : 1;
  bool is_key = true;
  for (unsigned s = 0; s < count; s++) {
    unsigned value = sample(row, png->depth, (size_t)x * count + s);
    is_key = is_key && s < 3 && value == png->key[s];
    put(stored, at + s, value * scale);
  }
  if (png->transparent) put(stored, at + count, is_key ? 0 : png->depth == 16 ? UINT16_MAX : UINT8_MAX);
}

/// False for a colour outside the palette.
static bool put_palette_pixel(const siam_png *png, const uint8_t *row, uint32_t x,
                              siam_stored_picture *stored, size_t at) {
  unsigned index = sample(row, png->depth, x);
  if (index >= png->palette_count) return false;
  memcpy((uint8_t *)stored->samples + at, png->palette[index], stored->channels);
  return true;
}

/// A row of small grey samples, a byte of them at a time.
static void put_small_grey(const siam_png *png, const uint8_t *row, uint8_t *out) {
  const unsigned depth = png->depth, each = 8 / depth, most = (1u << depth) - 1, scale = 255 / most;
  for (uint32_t x = 0; x < png->width; row++)
    for (unsigned i = 0; i < each && x < png->width; i++, x++)
      *out++ = (uint8_t)((*row >> (8 - depth * (i + 1)) & most) * scale);
}

static bool put_row(const siam_png *png, const png_pass *pass, const uint8_t *row, uint32_t y,
                    siam_stored_picture *stored) {
  size_t line = (size_t)y * png->width;
  if (pass->step_x == 1 && png->depth == 8 && png->colour != SIAM_PNG_PALETTE && !png->transparent) {
    memcpy((uint8_t *)stored->samples + line * stored->channels, row, row_bytes(png, png->width));
    return true;
  }
  if (pass->step_x == 1 && png->depth < 8 && png->colour == SIAM_PNG_GREY && !png->transparent) {
    put_small_grey(png, row, (uint8_t *)stored->samples + line);
    return true;
  }
  uint32_t width = steps(png->width, pass->first_x, pass->step_x);
  for (uint32_t x = 0; x < width; x++) {
    size_t at = (line + pass->first_x + (size_t)x * pass->step_x) * stored->channels;
    if (png->colour != SIAM_PNG_PALETTE)
      put_pixel(png, row, x, stored, at);
    else if (!put_palette_pixel(png, row, x, stored, at))
      return false;
  }
  return true;
}

static siam_status put_pass(const siam_picture_file *file, const siam_png *png, const png_pass *pass,
                            uint8_t *data, const uint8_t *zeros, siam_stored_picture *stored) {
  uint32_t width = steps(png->width, pass->first_x, pass->step_x);
  uint32_t height = width == 0 ? 0 : steps(png->height, pass->first_y, pass->step_y);
  size_t bytes = row_bytes(png, width);
  size_t step = (stored_samples(png) * png->depth + 7) / 8;
  const uint8_t *above = zeros;
  for (uint32_t y = 0; y < height; y++) {
    uint8_t *row = data + y * (bytes + 1) + 1;
    if (!unfilter(row[-1], row, above, bytes, step))
      return siam_picture_broken(file, "PNG", "a row names an unknown filter");
    if (!put_row(png, pass, row, pass->first_y + y * pass->step_y, stored))
      return siam_picture_broken(file, "PNG", "a pixel names a colour outside its palette");
    above = row;
  }
  return SIAM_OK;
}

siam_status siam_png_pixels(const siam_picture_file *file, const siam_png *png, siam_stored_picture *stored) {
  // Some writers pad the compressed data; this much is let pass.
  enum { PADDING = 65536 };
  siam_status status = SIAM_OK;
  uint8_t *data = NULL, *zeros = NULL;
  const png_pass *passes = png->interlaced ? adam7 : &whole;
  size_t pass_count = png->interlaced ? 7 : 1, expected = 0, written = 0;
  const char *reason = NULL;
  for (size_t i = 0; i < pass_count; i++) expected += pass_bytes(png, &passes[i]);
  if (expected > SIAM_INFLATE_MOST - PADDING)
    return siam_fail(
        SIAM_ERROR_UNSUPPORTED,
        "%s: a PNG whose samples take %.1f GiB; those of at most 2 GiB are read: make it smaller", file->name,
        (double)expected / (1 << 30));
  SIAM_TRY_ALLOCATE(data, expected + PADDING);
  SIAM_TRY_ALLOCATE(zeros, row_bytes(png, png->width));
  if (!siam_inflate(png->data, png->data_count, data, expected + PADDING, &written, &reason)) {
    status = siam_picture_broken(file, "PNG", reason);
    goto cleanup;
  }
  if (written < expected) {
    status = siam_picture_broken(file, "PNG", "its data end before the picture does");
    goto cleanup;
  }
  stored->width = png->width;
  stored->height = png->height;
  stored->orientation = png->orientation;
  stored->sixteen_bit = png->depth == 16;
  stored->channels = (png->colour == SIAM_PNG_PALETTE ? 3 : stored_samples(png)) + (png->transparent ? 1 : 0);
  stored->samples = siam_samples_allocate(file, (size_t)png->width * png->height,
                                          (size_t)stored->channels * (stored->sixteen_bit ? 2 : 1));
  if (stored->samples == NULL) {
    status = SIAM_ERROR_MEMORY;
    goto cleanup;
  }
  uint8_t *next = data;
  for (size_t i = 0; i < pass_count; i++) {
    SIAM_TRY(put_pass(file, png, &passes[i], next, zeros, stored));
    next += pass_bytes(png, &passes[i]);
  }
cleanup:
  siam_free(data);
  siam_free(zeros);
  return status;
}
