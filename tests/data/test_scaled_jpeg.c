#include "base/hash.h"
#include "base/text.h"
#include "data/encode_jpeg.h"
#include "data/resample.h"
#include "pictures.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 200, HEIGHT = 141 };

static char *folder;
static const char *path;

/// Soft shapes: what a decoder of a smaller size and a filter should agree on.
static void begin(void) {
  static uint8_t pixels[WIDTH * HEIGHT * 3];
  siam_text jpeg = {0};
  folder = siam_scratch_create();
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++)
      for (int c = 0; c < 3; c++)
        pixels[(y * WIDTH + x) * 3 + c] = (uint8_t)(128 + 50 * sin(0.05 * x + c) + 50 * cos(0.04 * (x + y)));
  cr_assert_eq(siam_jpeg_encode(pixels, WIDTH, HEIGHT, 95, &jpeg), SIAM_OK);
  siam_test_write(siam_scratch_path(folder, "a.jpg"), jpeg.bytes, jpeg.length);
  siam_text_clear(&jpeg);
  path = strdup(siam_scratch_path(folder, "a.jpg"));
}
static void end(void) {
  free((char *)path);
  siam_scratch_remove(folder);
}
TestSuite(scaled_jpeg, .init = begin, .fini = end);

static siam_picture load(const char *file, uint32_t enough_width, uint32_t enough_height) {
  siam_picture picture;
  const siam_picture_options options = {.enough_width = enough_width, .enough_height = enough_height};
  cr_assert_eq(siam_picture_load(file, &options, &picture), SIAM_OK, "%s", siam_last_error());
  return picture;
}

static void expect_size(const char *file, uint32_t enough_width, uint32_t enough_height, uint32_t width,
                        uint32_t height) {
  siam_picture picture = load(file, enough_width, enough_height);
  cr_expect_eq(picture.width, width, "enough %u × %u: %u wide", enough_width, enough_height, picture.width);
  cr_expect_eq(picture.height, height, "enough %u × %u: %u high", enough_width, enough_height,
               picture.height);
  siam_picture_clear(&picture);
}

Test(scaled_jpeg, is_the_smallest_that_is_enough) {
  expect_size(path, 0, 0, 200, 141);
  expect_size(path, 0, 10, 200, 141);
  expect_size(path, 101, 10, 200, 141);
  expect_size(path, 100, 71, 100, 71);
  expect_size(path, 100, 72, 200, 141);
  expect_size(path, 50, 36, 50, 36);
  expect_size(path, 1, 1, 25, 18);
}

Test(scaled_jpeg, sides_are_those_of_the_upright_picture) {
  const char *turned = siam_test_fixture("jpeg_orientation_6_big.jpg");
  siam_picture whole = load(turned, 0, 0);
  const uint32_t width = (whole.width + 1) / 2, height = (whole.height + 1) / 2;
  cr_assert_neq(width, height);
  expect_size(turned, width, height, width, height);
  expect_size(turned, width + 1, 1, whole.width, whole.height);
  expect_size(turned, 1, height + 1, whole.width, whole.height);
  siam_picture_clear(&whole);
}

static void resized(uint32_t resampler, siam_resize_mode mode, uint8_t *bytes) {
  const siam_picture_shape shape = {20, 20, 3, mode, resampler};
  cr_assert_eq(siam_picture_load_resized(path, NULL, &shape, bytes), SIAM_OK, "%s", siam_last_error());
}

Test(scaled_jpeg, leaves_the_picture_what_it_is) {
  for (siam_resize_mode mode = SIAM_RESIZE_LETTERBOX; mode <= SIAM_RESIZE_STRETCH; mode++) {
    uint8_t whole[20 * 20 * 3], scaled[20 * 20 * 3];
    resized(1, mode, whole);
    resized(2, mode, scaled);
    double sum = 0;
    for (size_t i = 0; i < sizeof whole; i++) {
      const int difference = abs(whole[i] - scaled[i]);
      cr_assert_leq(difference, 6, "mode %d, sample %zu", (int)mode, i);
      sum += difference;
    }
    // Different, or nothing was scaled.
    cr_expect_gt(sum, 0);
    cr_expect_lt(sum / sizeof whole, 1.5);
  }
}

Test(scaled_jpeg, gives_these_bytes_everywhere) {
  // Raise SIAM_RESAMPLER_VERSION when these change: models carry it.
  uint8_t bytes[20 * 20 * 3];
  resized(0, SIAM_RESIZE_CROP, bytes);
  cr_expect_eq(siam_hash_bytes(bytes, sizeof bytes), UINT64_C(0x0644fbf31c2c5cfe), "%llx",
               (unsigned long long)siam_hash_bytes(bytes, sizeof bytes));
}
