#include "base/random.h"
#include "data/resample.h"
#include "pictures.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static siam_picture noise(uint32_t width, uint32_t height, uint32_t channels) {
  size_t count = (size_t)width * height * channels;
  siam_picture picture = {.width = width, .height = height, .channels = channels, .pixels = malloc(count)};
  for (size_t i = 0; i < count; i++)
    picture.pixels[i] = (uint8_t)siam_random(5, SIAM_STREAM_SAMPLE, width, i).word[0];
  return picture;
}

static uint8_t *resized(const siam_picture *picture, siam_picture_shape shape) {
  uint8_t *output = malloc(siam_picture_shape_bytes(&shape));
  cr_assert_eq(siam_picture_resize(picture, &shape, output), SIAM_OK, "%s", siam_last_error());
  return output;
}

// The specification, in float64: a triangle of the coarser grid's pixel around each output's centre.

/// Weights of the n source pixels for output `o` of m.
static void weigh(double *weights, int n, int m, int o) {
  double scale = (double)n / m, width = scale > 1 ? scale : 1, centre = (o + 0.5) * scale - 0.5, sum = 0;
  for (int i = 0; i < n; i++) {
    weights[i] = fmax(0, 1 - fabs(i - centre) / width);
    sum += weights[i];
  }
  for (int i = 0; i < n; i++) weights[i] /= sum;
}

/// Pixels [h, w, c] of a region to [oh, ow, c].
static double *reference(const siam_picture *picture, int x0, int y0, int w, int h, int ow, int oh) {
  int channels = (int)picture->channels;
  double *out = calloc((size_t)ow * oh * channels, sizeof *out);
  double *across = malloc((size_t)ow * w * sizeof *across), *down = malloc((size_t)h * sizeof *down);
  double *row = malloc((size_t)w * channels * sizeof *row);
  for (int x = 0; x < ow; x++) weigh(across + (size_t)x * w, w, ow, x);
  for (int y = 0; y < oh; y++) {
    weigh(down, h, oh, y);
    memset(row, 0, (size_t)w * channels * sizeof *row);
    for (int j = 0; j < h; j++)
      for (int i = 0; i < w * channels; i++)
        row[i] += down[j] * picture->pixels[((size_t)(y0 + j) * picture->width + x0) * channels + i];
    for (int x = 0; x < ow; x++)
      for (int i = 0; i < w; i++)
        for (int c = 0; c < channels; c++)
          out[((size_t)y * ow + x) * channels + c] += across[(size_t)x * w + i] * row[i * channels + c];
  }
  free(across);
  free(down);
  free(row);
  return out;
}

static int taps(int n, int m) {
  return n > m ? 2 * (n / m + 1) + 1 : 2;
}

/// Half a level of rounding at the end, half a unit of 2^-8 in between, and each weight of both passes off by
/// less than 2^-16 of at most 255.
static double bound(int n_x, int m_x, int n_y, int m_y) {
  return 0.5 + 0.5 / 256 + 255 * (taps(n_x, m_x) + taps(n_y, m_y)) / 65536.0;
}

static void compare(int w, int h, int ow, int oh, int channels) {
  siam_picture picture = noise((uint32_t)w, (uint32_t)h, (uint32_t)channels);
  uint8_t *output = resized(
      &picture, (siam_picture_shape){(uint32_t)oh, (uint32_t)ow, (uint32_t)channels, SIAM_RESIZE_STRETCH, 0});
  double *expected = reference(&picture, 0, 0, w, h, ow, oh);
  for (int i = 0; i < ow * oh * channels; i++)
    cr_assert_float_eq(output[i], expected[i], bound(w, ow, h, oh), "%d×%d to %d×%d, sample %d: %d, not %f",
                       w, h, ow, oh, i, output[i], expected[i]);
  free(picture.pixels);
  free(output);
  free(expected);
}

Test(resample, agrees_with_the_float64_reference_at_any_scale) {
  static const int sizes[][4] = {{105, 105, 28, 28},  {28, 28, 105, 105},  {7, 5, 3, 9},     {1, 1, 4, 4},
                                 {4, 4, 1, 1},        {640, 481, 105, 90}, {13, 17, 13, 17}, {2, 300, 31, 7},
                                 {100, 100, 99, 101}, {1000, 3, 1, 1}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (int channels = 1; channels <= 3; channels += 2)
      compare(sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3], channels);
}

Test(resample, the_same_size_changes_nothing) {
  siam_picture picture = noise(33, 21, 3);
  uint8_t *output = resized(&picture, (siam_picture_shape){21, 33, 3, SIAM_RESIZE_LETTERBOX, 0});
  cr_assert_arr_eq(output, picture.pixels, 33 * 21 * 3);
  free(picture.pixels);
  free(output);
}

Test(resample, a_flat_picture_stays_flat_at_every_shade) {
  for (int shade = 0; shade < 256; shade++) {
    uint8_t pixels[37 * 23];
    memset(pixels, shade, sizeof pixels);
    siam_picture picture = {.width = 37, .height = 23, .channels = 1, .pixels = pixels};
    uint8_t *output = resized(&picture, (siam_picture_shape){11, 50, 1, SIAM_RESIZE_STRETCH, 0});
    for (int i = 0; i < 11 * 50; i++) cr_assert_eq(output[i], shade);
    free(output);
  }
}

Test(resample, letterbox_keeps_the_whole_picture_and_fills_with_white) {
  siam_picture wide = noise(40, 10, 1);
  uint8_t *output = resized(&wide, (siam_picture_shape){20, 20, 1, SIAM_RESIZE_LETTERBOX, 0});
  // 40 × 10 becomes 20 × 5; 15 rows are left, 7 above and 8 below.
  double *expected = reference(&wide, 0, 0, 40, 10, 20, 5);
  for (int y = 0; y < 20; y++)
    for (int x = 0; x < 20; x++) {
      bool inside = y >= 7 && y < 12;
      double value = inside ? expected[(y - 7) * 20 + x] : 255;
      cr_assert_float_eq(output[y * 20 + x], value, inside ? bound(40, 20, 10, 5) : 1e-9);
    }
  free(wide.pixels);
  free(output);
  free(expected);
  siam_picture thin = noise(1, 3000, 1);
  output = resized(&thin, (siam_picture_shape){28, 28, 1, SIAM_RESIZE_LETTERBOX, 0});
  cr_assert_eq(output[13 * 28 + 12], 255);
  cr_assert_neq(output[13 * 28 + 13], 255);
  free(thin.pixels);
  free(output);
}

Test(resample, crop_keeps_the_middle) {
  siam_picture tall = noise(10, 41, 3);
  uint8_t *output = resized(&tall, (siam_picture_shape){8, 8, 3, SIAM_RESIZE_CROP, 0});
  // 10 × 10 from row (41 − 10) / 2 on.
  double *expected = reference(&tall, 0, 15, 10, 10, 8, 8);
  for (int i = 0; i < 8 * 8 * 3; i++) cr_assert_float_eq(output[i], expected[i], bound(10, 8, 10, 8));
  free(tall.pixels);
  free(output);
  free(expected);
}

Test(resample, colour_becomes_luma_and_grey_becomes_colour) {
  uint8_t colour[3] = {200, 100, 50}, grey[1] = {77}, output[3];
  siam_picture picture = {.width = 1, .height = 1, .channels = 3, .pixels = colour};
  siam_picture_shape shape = {1, 1, 1, SIAM_RESIZE_STRETCH, 0};
  cr_assert_eq(siam_picture_resize(&picture, &shape, output), SIAM_OK);
  cr_assert_float_eq(output[0], 0.299 * 200 + 0.587 * 100 + 0.114 * 50, 0.5 + 3 * 255 / 65536.0);
  picture = (siam_picture){.width = 1, .height = 1, .channels = 1, .pixels = grey};
  shape.channels = 3;
  cr_assert_eq(siam_picture_resize(&picture, &shape, output), SIAM_OK);
  cr_assert_arr_eq(output, ((uint8_t[]){77, 77, 77}), 3);
}

Test(resample, these_bytes_are_given) {
  // Raise SIAM_RESAMPLER_VERSION when these change: models carry it.
  static const siam_picture_shape shapes[] = {{105, 100, 1, SIAM_RESIZE_STRETCH, 0},
                                              {60, 400, 3, SIAM_RESIZE_LETTERBOX, 0}};
  static const uint32_t expected[] = {500676101, 721430734};
  siam_picture picture = noise(331, 217, 3);
  for (size_t i = 0; i < 2; i++) {
    uint8_t *output = resized(&picture, shapes[i]);
    uint32_t sum = 0;
    for (size_t k = 0; k < siam_picture_shape_bytes(&shapes[i]); k++) sum = sum * 31 + output[k];
    cr_assert_eq(sum, expected[i], "shape %zu: %u", i, sum);
    free(output);
  }
  cr_assert_eq(SIAM_RESAMPLER_VERSION, 2);
  free(picture.pixels);
}

Test(resample, shrinking_keeps_the_aspect_and_makes_nothing_larger) {
  static const struct {
    uint32_t width, height, longest, expected_width, expected_height;
  } sizes[] = {{300, 200, 96, 96, 64}, {200, 300, 96, 64, 96}, {50, 40, 96, 50, 40},
               {96, 1, 40, 40, 1},     {7, 500, 10, 1, 10},    {3, 3, 1, 1, 1}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    siam_picture picture = noise(sizes[i].width, sizes[i].height, 3), shrunk;
    cr_assert_eq(siam_picture_shrink(&picture, sizes[i].longest, 3, &shrunk), SIAM_OK);
    cr_expect(shrunk.width == sizes[i].expected_width && shrunk.height == sizes[i].expected_height, "%u x %u",
              shrunk.width, shrunk.height);
    if (sizes[i].longest >= sizes[i].width && sizes[i].longest >= sizes[i].height)
      cr_expect_arr_eq(shrunk.pixels, picture.pixels, (size_t)3 * picture.width * picture.height);
    siam_picture_clear(&shrunk);
    free(picture.pixels);
  }
}

Test(resample, impossible_shapes_are_refused) {
  siam_picture picture = noise(4, 4, 1);
  uint8_t output[16];
  static const siam_picture_shape shapes[] = {{0, 4, 1, SIAM_RESIZE_STRETCH, 0},
                                              {4, 0, 1, SIAM_RESIZE_STRETCH, 0},
                                              {4, 4, 2, SIAM_RESIZE_STRETCH, 0},
                                              {4, 4, 1, (siam_resize_mode)3, 0},
                                              {20000, 1, 1, SIAM_RESIZE_STRETCH, 0}};
  for (size_t i = 0; i < 5; i++)
    cr_assert_eq(siam_picture_resize(&picture, &shapes[i], output), SIAM_ERROR_ARGUMENT);
  free(picture.pixels);
  siam_resize_mode mode;
  cr_assert_eq(siam_resize_mode_parse("crop", &mode), SIAM_OK);
  cr_assert_eq(mode, SIAM_RESIZE_CROP);
  cr_assert_eq(siam_resize_mode_parse("Crop", &mode), SIAM_ERROR_ARGUMENT);
}
