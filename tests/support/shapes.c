#include "shapes.h"

#include "base/random.h"
#include "pictures.h"

#include <stdio.h>

enum { SIDE = 16, CELL = 4 };

/// A checker of CELL × CELL cells, dark or light by the class, with noise and a small shift by the picture.
static void draw_shape(uint64_t seed, uint32_t class_number, uint32_t picture, uint8_t *pixels) {
  siam_draw pattern = siam_random(seed, SIAM_STREAM_SAMPLE, class_number, 0);
  siam_draw shift = siam_random(seed, SIAM_STREAM_SAMPLE, class_number, 1000 + picture);
  uint32_t dx = siam_below(shift.word[0], 3), dy = siam_below(shift.word[1], 3);
  for (uint32_t i = 0; i < SIDE * SIDE; i++) {
    uint32_t cell = ((i / SIDE + dy) / CELL % CELL) * CELL + (i % SIDE + dx) / CELL % CELL;
    siam_draw noise = siam_random(seed, SIAM_STREAM_AUGMENT, class_number * 1000 + picture, i);
    uint32_t base = pattern.word[0] >> cell & 1 ? 200 : 20;
    pixels[i] = (uint8_t)(base + siam_below(noise.word[0], 50));
  }
}

void siam_test_write_shapes(const char *folder, uint32_t classes, uint32_t pictures, uint64_t seed) {
  for (uint32_t c = 0; c < classes; c++)
    for (uint32_t p = 0; p < pictures; p++) {
      uint8_t pixels[SIDE * SIDE];
      char path[1024];
      draw_shape(seed, c, p, pixels);
      snprintf(path, sizeof path, "%s/group%u/class%02u/%02u.pgm", folder, c % 2, c, p);
      siam_test_write_pnm(path, SIDE, SIDE, 1, pixels);
    }
}
