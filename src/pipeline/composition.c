#include "pipeline/composition.h"

#include "base/random.h"
#include "pipeline/affine.h"

#include <string.h>

/// Draws of pictures come behind those of classes.
#define OF_PICTURES (UINT64_C(1) << 32)

/// Where the two pictures go: how much of the source a pixel steps over, in 1/65536, and how far off the
/// middle they lie, in 1/65536 of a side, the one to the left or above, the other to the right or below.
typedef struct layout {
  int32_t across, down, off_x, off_y;
} layout;

static const layout layouts[] = {
    {72818, 72818, 0, 0},      // One over the other, both at 9/10.
    {102801, 74274, 13107, 0}, // Side by side: 16/25 wide, 15/17 high, 1/5 off the middle.
    {74274, 102801, 0, 13107}, // One above the other.
};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

/// The row behind the last of those that have the class of row `first`.
static uint32_t find_end(const uint32_t *classes, uint32_t rows, uint32_t first) {
  uint32_t end = first + 1;
  while (end < rows && classes[end] == classes[first]) end++;
  return end;
}

/// The first row of a class other than that of row `own`, any of them as likely as its share of the rows;
/// `own` where there is none.
static uint32_t choose_other(const uint32_t *classes, uint32_t rows, uint32_t own, uint32_t word) {
  uint32_t other = siam_below(word, rows);
  for (uint32_t tried = 0; tried < rows && classes[other] == classes[own]; tried++)
    other = (other + 1) % rows;
  if (classes[other] == classes[own]) return own;
  while (other > 0 && classes[other - 1] == classes[other]) other--;
  return other;
}

void siam_composition_draw(const siam_composition_options *options, uint32_t step, bool square,
                           const uint32_t *classes, uint32_t rows, siam_composition *plan) {
  for (uint32_t first = 0, end; first < rows; first = end) {
    end = find_end(classes, rows, first);
    const siam_draw draw = siam_random(options->seed, SIAM_STREAM_COMPOSE, step, first);
    const uint32_t other = choose_other(classes, rows, first, draw.word[1]);
    const bool happens = siam_below(draw.word[0], 100) < options->percent && other != first;
    const uint32_t count = find_end(classes, rows, other) - other;
    for (uint32_t i = first; i < end; i++)
      plan[i] = happens ? (siam_composition){.number = first + 1,
                                             .other = other + (i - first) % count,
                                             .layout = siam_below(draw.word[2], LAYOUTS),
                                             .turns = square ? siam_below(draw.word[3], 4) : 0}
                        : (siam_composition){0};
  }
}

/// −range … range, from half of a word.
static int32_t around(uint32_t half, int32_t range) {
  return (int32_t)((int64_t)(half & 0xffff) * (2 * range + 1) >> 16) - range;
}

/// The place of one of the two, moved by up to 1/25 of a side, turned by up to 1/10 and scaled by up to 1/12.
static siam_affine jitter(const layout *at, int32_t side, uint32_t first, uint32_t second) {
  enum { MOVED = SIAM_AFFINE_ONE / 25, TURNED = SIAM_AFFINE_ONE / 10, SCALED = SIAM_AFFINE_ONE / 12 };
  const int32_t turn = around(second, TURNED), scale = SIAM_AFFINE_ONE + around(second >> 16, SCALED);
  const int64_t xx = (int64_t)at->across * scale / SIAM_AFFINE_ONE, xy = xx * turn / SIAM_AFFINE_ONE;
  const int64_t yy = (int64_t)at->down * scale / SIAM_AFFINE_ONE, yx = -yy * turn / SIAM_AFFINE_ONE;
  const int64_t x = -side * at->off_x + around(first, MOVED),
                y = -side * at->off_y + around(first >> 16, MOVED);
  return (siam_affine){.xx = (int32_t)xx,
                       .xy = (int32_t)xy,
                       .yx = (int32_t)yx,
                       .yy = (int32_t)yy,
                       .shift_x = (int32_t)((xx * x + xy * y) / SIAM_AFFINE_ONE),
                       .shift_y = (int32_t)((yx * x + yy * y) / SIAM_AFFINE_ONE)};
}

/// A square picture turned by a quarter, so many times.
static void turn(const siam_picture_shape *shape, uint32_t turns, const uint8_t *bytes, uint8_t *output) {
  const uint32_t last = shape->width - 1;
  for (uint32_t y = 0; y < shape->height; y++)
    for (uint32_t x = 0; x < shape->width; x++) {
      const uint32_t from_x = turns == 0 ? x : turns == 1 ? y : turns == 2 ? last - x : last - y;
      const uint32_t from_y = turns == 0 ? y : turns == 1 ? last - x : turns == 2 ? last - y : x;
      memcpy(output + ((size_t)y * shape->width + x) * shape->channels,
             bytes + ((size_t)from_y * shape->width + from_x) * shape->channels, shape->channels);
    }
}

/// Both pictures at their places, the values farther from the ground.
static void put_together(const siam_composition_options *options, const siam_picture_shape *shape,
                         const siam_composition *row, siam_draw draw, const uint8_t *own,
                         const uint8_t *other, uint8_t *scratch, uint8_t *output) {
  const layout *at = &layouts[row->layout];
  const size_t size = siam_picture_shape_bytes(shape);
  const siam_affine first = jitter(at, -1, draw.word[0], draw.word[1]);
  const siam_affine second = jitter(at, 1, draw.word[2], draw.word[3]);
  uint8_t *turned = scratch, *placed = scratch + size;
  siam_affine_apply(&first, shape, own, output);
  turn(shape, row->turns, other, turned);
  siam_affine_apply(&second, shape, turned, placed);
  for (size_t i = 0; i < size; i++)
    if (options->light_ink ? placed[i] > output[i] : placed[i] < output[i]) output[i] = placed[i];
}

void siam_composition_make(const siam_composition_options *options, uint32_t step,
                           const siam_picture_shape *shape, const siam_composition *plan, uint32_t rows,
                           const uint8_t *bytes, uint8_t *scratch, uint8_t *output) {
  const size_t size = siam_picture_shape_bytes(shape);
  for (uint32_t i = 0; i < rows; i++) {
    if (plan[i].number == 0) {
      memcpy(output + i * size, bytes + i * size, size);
      continue;
    }
    put_together(options, shape, &plan[i],
                 siam_random(options->seed, SIAM_STREAM_COMPOSE, step, OF_PICTURES + i), bytes + i * size,
                 bytes + plan[i].other * size, scratch, output + i * size);
  }
}
