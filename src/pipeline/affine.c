#include "pipeline/affine.h"

/// A place along a side as the pixel before it and the share of the next, in 1/256; beyond the edge, the
/// edge.
typedef struct place {
  uint32_t first, next, share;
} place;

static place find_place(int64_t twice, uint32_t side) {
  // `twice` is in 1/65536 of half a pixel from the first pixel's middle.
  int64_t last = (int64_t)(side - 1) * 2 * SIAM_AFFINE_ONE;
  int64_t at = twice < 0 ? 0 : twice > last ? last : twice;
  uint32_t first = (uint32_t)(at / (2 * SIAM_AFFINE_ONE));
  return (place){first, first + 1 < side ? first + 1 : first,
                 (uint32_t)(at % (2 * SIAM_AFFINE_ONE) / (SIAM_AFFINE_ONE / 128))};
}

void siam_affine_apply(const siam_affine *map, const siam_picture_shape *shape, const uint8_t *bytes,
                       uint8_t *output) {
  const int64_t width = shape->width, height = shape->height;
  const int64_t middle_x = (width - 1) * SIAM_AFFINE_ONE + 2 * width * map->shift_x;
  const int64_t middle_y = (height - 1) * SIAM_AFFINE_ONE + 2 * height * map->shift_y;
  const size_t step = shape->channels, line = shape->width * step;
  for (int64_t y = 0; y < height; y++)
    for (int64_t x = 0; x < width; x++) {
      int64_t u = 2 * x + 1 - width, v = 2 * y + 1 - height;
      place column = find_place(map->xx * u + map->xy * v + middle_x, shape->width);
      place row = find_place(map->yx * u + map->yy * v + middle_y, shape->height);
      for (size_t c = 0; c < step; c++) {
        const uint8_t *above = bytes + row.first * line + c, *below = bytes + row.next * line + c;
        uint32_t upper =
            above[column.first * step] * (256 - column.share) + above[column.next * step] * column.share;
        uint32_t lower =
            below[column.first * step] * (256 - column.share) + below[column.next * step] * column.share;
        output[(size_t)(y * width + x) * step + c] =
            (uint8_t)((upper * (256 - row.share) + lower * row.share + 32768) >> 16);
      }
    }
}
