/// Separable resampling, rows first. With n source and m output pixels along an axis, the centre of source
/// pixel i lies at (2i + 1)/2n of the axis and that of output pixel o at (2o + 1)/2m, so the distance between
/// them is |D| / 2nm with the integer D = (2i + 1)m − (2o + 1)n. The triangle reaches as far as one pixel of
/// the coarser grid, hence the weight max(n, m)·2 − |D| without any rounding; only its share of the sum is
/// rounded, to 16 bits.
#include "data/resample.h"

#include "base/memory.h"

#include <string.h>

enum { WEIGHT_BITS = 16, MIDDLE_BITS = 8, LARGEST_SIDE = 16384 };

/// The weights of one axis: output o is the sum of `count[o]` source pixels from `first[o]` on.
typedef struct axis {
  uint32_t output, taps; ///< Outputs; room for weights of each.
  uint32_t *first, *count, *weights;
} axis;

size_t siam_picture_shape_bytes(const siam_picture_shape *shape) {
  return (size_t)shape->height * shape->width * shape->channels;
}

const char *siam_resize_mode_name(siam_resize_mode mode) {
  switch (mode) {
  case SIAM_RESIZE_LETTERBOX:
    return "letterbox";
  case SIAM_RESIZE_CROP:
    return "crop";
  case SIAM_RESIZE_STRETCH:
    return "stretch";
  }
  return NULL;
}

siam_status siam_resize_mode_parse(const char *name, siam_resize_mode *mode) {
  for (siam_resize_mode each = SIAM_RESIZE_LETTERBOX; each <= SIAM_RESIZE_STRETCH; each++) {
    if (strcmp(name, siam_resize_mode_name(each)) != 0) continue;
    *mode = each;
    return SIAM_OK;
  }
  return siam_fail(SIAM_ERROR_ARGUMENT, "no resize mode \"%s\"; there are letterbox, crop and stretch", name);
}

static bool is_possible(const siam_picture_shape *shape) {
  return shape->height > 0 && shape->width > 0 && shape->height <= LARGEST_SIDE &&
         shape->width <= LARGEST_SIDE && (shape->channels == 1 || shape->channels == 3) &&
         siam_resize_mode_name(shape->mode) != NULL;
}

siam_status siam_picture_shape_check(const siam_picture_shape *shape) {
  if (is_possible(shape)) return SIAM_OK;
  return siam_fail(SIAM_ERROR_ARGUMENT,
                   "cannot resize pictures to %u × %u × %u: sides go from 1 to %d, channels are 1 or 3",
                   shape->height, shape->width, shape->channels, LARGEST_SIDE);
}

static void axis_clear(axis *along) {
  siam_free(along->first);
  siam_free(along->count);
  siam_free(along->weights);
}

/// Shares of 2^16 that add up to it exactly: each is the difference of two rounded running sums.
static void share_out(uint32_t *weights, uint32_t count) {
  uint64_t sum = 0, before = 0, given = 0;
  for (uint32_t i = 0; i < count; i++) sum += weights[i];
  for (uint32_t i = 0; i < count; i++) {
    before += weights[i];
    uint64_t due = ((before << WEIGHT_BITS) + sum / 2) / sum;
    weights[i] = (uint32_t)(due - given);
    given = due;
  }
}

static void weigh(axis *along, uint32_t n, uint32_t m, uint32_t o) {
  int64_t reach = 2 * (int64_t)(n > m ? n : m), centre = (2 * (int64_t)o + 1) * n;
  int64_t from = (centre - reach - m) / (2 * (int64_t)m);
  uint32_t *weights = along->weights + (size_t)o * along->taps, count = 0;
  for (int64_t i = from < 0 ? 0 : from; i < n && count < along->taps; i++) {
    int64_t d = (2 * i + 1) * m - centre, weight = reach - (d < 0 ? -d : d);
    if (weight <= 0 && count > 0) break;
    if (weight <= 0) continue;
    if (count == 0) along->first[o] = (uint32_t)i;
    weights[count++] = (uint32_t)weight;
  }
  along->count[o] = count;
  share_out(weights, count);
}

static siam_status axis_make(axis *along, uint32_t n, uint32_t m) {
  siam_status status = SIAM_OK;
  along->output = m;
  along->taps = n > m ? 2 * (n / m + 1) + 1 : 3;
  SIAM_TRY_ALLOCATE(along->first, m);
  SIAM_TRY_ALLOCATE(along->count, m);
  SIAM_TRY_ALLOCATE(along->weights, (size_t)m * along->taps);
  for (uint32_t o = 0; o < m; o++) weigh(along, n, m, o);
cleanup:
  return status;
}

/// round(size · numerator / denominator), at least 1.
static uint32_t scaled(uint32_t size, uint32_t numerator, uint32_t denominator) {
  uint64_t rounded = ((uint64_t)size * numerator + denominator / 2) / denominator;
  return rounded > 0 ? (uint32_t)rounded : 1;
}

void siam_picture_shape_place(const siam_picture_shape *shape, uint32_t width, uint32_t height,
                              siam_rectangle *from, siam_rectangle *to) {
  uint32_t w = width, h = height, out_w = shape->width, out_h = shape->height;
  *from = (siam_rectangle){0, 0, w, h};
  *to = (siam_rectangle){0, 0, out_w, out_h};
  bool wider = (uint64_t)w * out_h > (uint64_t)out_w * h;
  if (shape->mode == SIAM_RESIZE_LETTERBOX) {
    if (wider)
      to->height = scaled(h, out_w, w);
    else
      to->width = scaled(w, out_h, h);
    to->x = (out_w - to->width) / 2;
    to->y = (out_h - to->height) / 2;
  }
  if (shape->mode == SIAM_RESIZE_CROP) {
    if (wider)
      from->width = scaled(h, out_w, out_h);
    else
      from->height = scaled(w, out_h, out_w);
    from->x = (w - from->width) / 2;
    from->y = (h - from->height) / 2;
  }
}

// Luma by ITU-R BT.601 in 16 bits; the weights add up to 2^16, so that a grey pixel stays what it is.
void siam_pixels_to_grey(const uint8_t *coloured, size_t count, uint8_t *grey) {
  for (size_t i = 0; i < count; i++) {
    const uint8_t *p = coloured + 3 * i;
    grey[i] = (uint8_t)((19595u * p[0] + 38470u * p[1] + 7471u * p[2] + 32768u) >> 16);
  }
}

/// `count` pixels with the channels the output has.
static void convert_row(const uint8_t *source, uint32_t source_channels, uint32_t count, uint32_t channels,
                        uint8_t *row) {
  if (source_channels == channels) {
    memcpy(row, source, (size_t)count * channels);
    return;
  }
  if (channels == 1)
    siam_pixels_to_grey(source, count, row);
  else
    for (uint32_t i = 0; i < count; i++) memset(row + 3 * (size_t)i, source[i], 3);
}

/// One row to its output width, with 8 bits behind the point: [output, channels]
static void shrink_row(const axis *along, const uint8_t *row, uint32_t channels, uint16_t *out) {
  for (uint32_t o = 0; o < along->output; o++) {
    const uint32_t *weights = along->weights + (size_t)o * along->taps;
    const uint8_t *source = row + (size_t)along->first[o] * channels;
    uint32_t sums[3] = {0};
    for (uint32_t i = 0; i < along->count[o]; i++, source += channels)
      for (uint32_t c = 0; c < channels; c++) sums[c] += weights[i] * source[c];
    for (uint32_t c = 0; c < channels; c++)
      *out++ = (uint16_t)((sums[c] + (1u << (WEIGHT_BITS - MIDDLE_BITS - 1))) >> (WEIGHT_BITS - MIDDLE_BITS));
  }
}

/// One output row from the rows of `middle`. The sum is below 2^32: 255·2^8 · 2^16 and half a unit.
static void sum_rows(const axis *along, uint32_t o, const uint16_t *middle, size_t width, uint32_t *sums,
                     uint8_t *out) {
  const uint32_t *weights = along->weights + (size_t)o * along->taps;
  const uint16_t *row = middle + along->first[o] * width;
  for (size_t x = 0; x < width; x++) sums[x] = 1u << (WEIGHT_BITS + MIDDLE_BITS - 1);
  for (uint32_t i = 0; i < along->count[o]; i++, row += width)
    for (size_t x = 0; x < width; x++) sums[x] += weights[i] * row[x];
  for (size_t x = 0; x < width; x++) out[x] = (uint8_t)(sums[x] >> (WEIGHT_BITS + MIDDLE_BITS));
}

siam_status siam_picture_resize(const siam_picture *picture, const siam_picture_shape *shape,
                                uint8_t *output) {
  if (!is_possible(shape)) return siam_picture_shape_check(shape);
  siam_status status = SIAM_OK;
  axis across = {0}, down = {0};
  uint8_t *row = NULL;
  uint16_t *middle = NULL;
  uint32_t *sums = NULL;
  siam_rectangle from, to;
  siam_picture_shape_place(shape, picture->width, picture->height, &from, &to);
  uint32_t channels = shape->channels;
  size_t width = (size_t)to.width * channels;
  SIAM_TRY(axis_make(&across, from.width, to.width));
  SIAM_TRY(axis_make(&down, from.height, to.height));
  SIAM_TRY_ALLOCATE(row, (size_t)from.width * channels);
  SIAM_TRY_ALLOCATE(middle, from.height * width);
  SIAM_TRY_ALLOCATE(sums, width);
  for (uint32_t y = 0; y < from.height; y++) {
    size_t at = ((size_t)(from.y + y) * picture->width + from.x) * picture->channels;
    convert_row(picture->pixels + at, picture->channels, from.width, channels, row);
    shrink_row(&across, row, channels, middle + y * width);
  }
  memset(output, SIAM_PICTURE_BACKGROUND, siam_picture_shape_bytes(shape));
  for (uint32_t y = 0; y < to.height; y++) {
    size_t at = ((size_t)(to.y + y) * shape->width + to.x) * channels;
    sum_rows(&down, y, middle, width, sums, output + at);
  }
cleanup:
  axis_clear(&across);
  axis_clear(&down);
  siam_free(row);
  siam_free(middle);
  siam_free(sums);
  return status;
}

siam_status siam_picture_shrink(const siam_picture *picture, uint32_t longest, uint32_t channels,
                                siam_picture *shrunk) {
  siam_status status = SIAM_OK;
  const uint32_t side = picture->width > picture->height ? picture->width : picture->height;
  const uint64_t to = side < longest ? side : longest;
  siam_picture_shape shape = {.width = (uint32_t)((picture->width * to + side / 2) / side),
                              .height = (uint32_t)((picture->height * to + side / 2) / side),
                              .channels = channels,
                              .mode = SIAM_RESIZE_STRETCH};
  if (shape.width == 0) shape.width = 1;
  if (shape.height == 0) shape.height = 1;
  *shrunk = (siam_picture){.width = shape.width, .height = shape.height, .channels = channels};
  SIAM_TRY_ALLOCATE(shrunk->pixels, siam_picture_shape_bytes(&shape));
  SIAM_TRY(siam_picture_resize(picture, &shape, shrunk->pixels));
cleanup:
  if (status != SIAM_OK) siam_picture_clear(shrunk);
  return status;
}

void siam_picture_shape_limit(const siam_picture_shape *shape, siam_picture_options *options) {
  // Half of the way in size is left to the resampler, whose filter is the better one.
  enum { LEFT = 2, FIRST_SCALING_VERSION = 2 };
  const bool scales = shape->resampler == 0 || shape->resampler >= FIRST_SCALING_VERSION;
  options->enough_width = scales ? LEFT * shape->width : 0;
  options->enough_height = scales ? LEFT * shape->height : 0;
}

siam_status siam_picture_load_resized(const char *path, const siam_picture_options *options,
                                      const siam_picture_shape *shape, uint8_t *output) {
  siam_picture picture;
  siam_picture_options limits = options != NULL ? *options : (siam_picture_options){0};
  siam_picture_shape_limit(shape, &limits);
  SIAM_RETURN_IF_FAILED(siam_picture_load(path, &limits, &picture));
  siam_status status = siam_picture_resize(&picture, shape, output);
  siam_picture_clear(&picture);
  return status;
}
