#include "data/blank.h"

#include <criterion/criterion.h>
#include <string.h>

enum { SIDE = 32 };
static const siam_picture_shape grey = {
    .height = SIDE, .width = SIDE, .channels = 1, .mode = SIAM_RESIZE_STRETCH};
static const siam_picture_shape colour = {
    .height = SIDE, .width = SIDE, .channels = 3, .mode = SIAM_RESIZE_STRETCH};

Test(blank, one_shade_or_one_colour_is_blank) {
  uint8_t bytes[SIDE * SIDE * 3];
  for (int shade = 0; shade < 256; shade += 51) {
    memset(bytes, shade, sizeof bytes);
    cr_expect(siam_pixels_are_blank(bytes, &grey));
    cr_expect(siam_pixels_are_blank(bytes, &colour));
  }
  // Channels far from each other are still one colour.
  for (int i = 0; i < SIDE * SIDE * 3; i++) bytes[i] = (uint8_t)(i % 3 * 127);
  cr_expect(siam_pixels_are_blank(bytes, &colour));
  cr_expect_not(siam_pixels_are_blank(bytes, &grey));
}

Test(blank, grain_below_the_limit_is_blank_and_above_it_is_not) {
  uint8_t bytes[SIDE * SIDE];
  // Values of mean ± 2 deviate by 2, those of mean ± 3 by 3.
  for (int swing = 2; swing <= 3; swing++) {
    for (int i = 0; i < SIDE * SIDE; i++) bytes[i] = (uint8_t)(100 + (i % 2 == 0 ? swing : -swing));
    cr_expect_eq(siam_pixels_are_blank(bytes, &grey), swing < 3);
  }
}

Test(blank, a_small_mark_in_one_channel_is_something) {
  uint8_t bytes[SIDE * SIDE * 3];
  memset(bytes, 255, sizeof bytes);
  for (int y = 0; y < 2; y++)
    for (int x = 0; x < 2; x++) bytes[((y + 9) * SIDE + x + 9) * 3 + 2] = 0;
  cr_expect_not(siam_pixels_are_blank(bytes, &colour));
}

Test(blank, one_colour_is_told_from_a_single_other_pixel) {
  uint8_t bytes[SIDE * SIDE * 3];
  const siam_picture picture = {.width = SIDE, .height = SIDE, .channels = 3, .pixels = bytes};
  memset(bytes, 90, sizeof bytes);
  cr_expect(siam_picture_is_one_colour(&picture));
  bytes[3 * 77 + 1] = 90 + 6;
  cr_expect(siam_picture_is_one_colour(&picture));
  bytes[3 * 77 + 1] = 90 + 7;
  cr_expect_not(siam_picture_is_one_colour(&picture));
  // Channels far from each other are still one colour.
  for (int i = 0; i < SIDE * SIDE * 3; i++) bytes[i] = (uint8_t)(i % 3 * 127);
  cr_expect(siam_picture_is_one_colour(&picture));
}
