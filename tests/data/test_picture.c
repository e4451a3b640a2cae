#include "base/file.h"
#include "base/memory.h"
#include "data/picture.h"
#include "pictures.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 11, HEIGHT = 7, BLOCKS_WIDTH = 24, BLOCKS_HEIGHT = 16 };

// The formulas of tests/data/fixtures/make.py.
static uint32_t sample(uint32_t x, uint32_t y, uint32_t channel, unsigned depth) {
  return (x * 40503 + y * 27011 + channel * 13337 + x * y * 7919) % 65536 >> (16 - depth);
}
static const uint8_t blocks[2][3][3] = {{{230, 30, 40}, {20, 200, 60}, {30, 50, 220}},
                                        {{240, 230, 20}, {10, 10, 10}, {250, 250, 250}}};
static uint8_t block(uint32_t x, uint32_t y, uint32_t channel) {
  return blocks[y / 8][x / 8][channel];
}
static uint8_t luma(uint32_t x, uint32_t y) {
  return (uint8_t)((block(x, y, 0) * 19595u + block(x, y, 1) * 38470u + block(x, y, 2) * 7471u + 32768u) >>
                   16);
}

static siam_picture load(const char *name) {
  siam_picture picture;
  siam_status status = siam_picture_load(siam_test_fixture(name), NULL, &picture);
  cr_assert_eq(status, SIAM_OK, "%s", siam_last_error());
  return picture;
}

static void expect(const siam_picture *picture, const char *name, uint32_t x, uint32_t y, uint32_t c,
                   double expected, double tolerance) {
  int got = picture->pixels[((size_t)y * picture->width + x) * picture->channels + c];
  cr_assert_float_eq(got, expected, tolerance + 1e-9, "%s (%u, %u) channel %u: %d, not %.3f", name, x, y, c,
                     got, expected);
}

/// A flat block of 8 × 8 is one coefficient: off by at most half a step of its quantiser, 1/16 of a level at
/// quality 100. Y, Cb and Cr are rounded before and the colour after, and blue takes 1.772 Cb.
static const double jpeg_tolerance = 0.5625 + 1.772 * 0.5625 + 0.5;

static void expect_blocks(const char *name, double tolerance) {
  siam_picture picture = load(name);
  cr_assert_eq(picture.width, BLOCKS_WIDTH, "%s", name);
  cr_assert_eq(picture.height, BLOCKS_HEIGHT, "%s", name);
  for (uint32_t y = 0; y < BLOCKS_HEIGHT; y++)
    for (uint32_t x = 0; x < BLOCKS_WIDTH; x++)
      for (uint32_t c = 0; c < picture.channels; c++)
        expect(&picture, name, x, y, c, picture.channels == 1 ? luma(x, y) : block(x, y, c), tolerance);
  siam_picture_clear(&picture);
}

// PNG

typedef struct png_case {
  unsigned colour, depth, channels;
} png_case;
static const png_case png_cases[] = {{0, 1, 1}, {0, 2, 1},  {0, 4, 1},  {0, 8, 1}, {0, 16, 1},
                                     {2, 8, 3}, {2, 16, 3}, {3, 1, 3},  {3, 2, 3}, {3, 4, 3},
                                     {3, 8, 3}, {4, 8, 1},  {4, 16, 1}, {6, 8, 3}, {6, 16, 3}};

static double over_white(double value, double alpha) {
  return value * alpha + 1 - alpha;
}

static double expected_png(const png_case *which, uint32_t x, uint32_t y, uint32_t c) {
  double most = (double)((1u << which->depth) - 1);
  if (which->colour == 3) return sample(sample(x, y, 0, which->depth), 3, c, 8);
  double value = sample(x, y, c, which->depth) / most;
  if (which->colour < 4) return 255 * value;
  return 255 * over_white(value, sample(x, y, which->channels, which->depth) / most);
}

Test(picture, every_colour_type_and_depth_of_png_is_read_plain_and_interlaced) {
  for (size_t i = 0; i < sizeof png_cases / sizeof *png_cases; i++)
    for (int interlaced = 0; interlaced < 2; interlaced++) {
      const png_case *which = &png_cases[i];
      char name[64];
      snprintf(name, sizeof name, "png_%u_%u%s.png", which->colour, which->depth,
               interlaced ? "_interlaced" : "");
      siam_picture picture = load(name);
      cr_assert_eq(picture.format, SIAM_PICTURE_PNG);
      cr_assert_eq(picture.width, WIDTH);
      cr_assert_eq(picture.height, HEIGHT);
      cr_assert_eq(picture.channels, which->channels);
      cr_assert_eq(picture.was_sixteen_bit, which->depth == 16);
      cr_assert_eq(picture.had_alpha, which->colour >= 4);
      cr_assert_eq(picture.was_grey, which->colour == 0 || which->colour == 4);
      // Rounded to nearest; 16 bits with alpha are rounded twice, the first time by 1/514 of a level.
      double tolerance = which->depth == 16 && which->colour >= 4 ? 0.5 + 1.0 / 514 : 0.5;
      for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
          for (uint32_t c = 0; c < picture.channels; c++)
            expect(&picture, name, x, y, c, expected_png(which, x, y, c), tolerance);
      siam_picture_clear(&picture);
    }
}

Test(picture, palette_transparency_shows_white) {
  siam_picture picture = load("png_palette_alpha.png");
  cr_assert(picture.had_alpha);
  for (uint32_t y = 0; y < HEIGHT; y++)
    for (uint32_t x = 0; x < WIDTH; x++)
      for (uint32_t c = 0; c < 3; c++) {
        uint32_t index = sample(x, y, 0, 4);
        double alpha = index < 10 ? index * 16 / 255.0 : 1;
        expect(&picture, "palette", x, y, c, 255 * over_white(sample(index, 3, c, 8) / 255.0, alpha), 0.5);
      }
  siam_picture_clear(&picture);
}

Test(picture, the_one_transparent_colour_of_a_png_becomes_white) {
  static const struct {
    const char *name;
    unsigned depth, channels;
  } cases[] = {{"png_grey_key.png", 4, 1}, {"png_colour_key_8.png", 8, 3}, {"png_colour_key_16.png", 16, 3}};
  for (size_t i = 0; i < 3; i++) {
    siam_picture picture = load(cases[i].name);
    cr_assert(picture.had_alpha);
    int white = 0;
    for (uint32_t y = 0; y < HEIGHT; y++)
      for (uint32_t x = 0; x < WIDTH; x++) {
        bool is_key = true;
        for (uint32_t c = 0; c < cases[i].channels; c++)
          is_key = is_key && sample(x, y, c, cases[i].depth) == sample(2, 1, c, cases[i].depth);
        white += is_key;
        double most = (double)((1u << cases[i].depth) - 1);
        for (uint32_t c = 0; c < cases[i].channels; c++)
          expect(&picture, cases[i].name, x, y, c,
                 is_key ? 255 : 255 * sample(x, y, c, cases[i].depth) / most, 0.5);
      }
    cr_assert_geq(white, 1);
    siam_picture_clear(&picture);
  }
}

Test(picture, a_png_with_padded_data_is_read) {
  siam_picture padded = load("png_padded.png"), plain = load("png_0_8.png");
  cr_assert_arr_eq(padded.pixels, plain.pixels, (size_t)WIDTH * HEIGHT);
  siam_picture_clear(&padded);
  siam_picture_clear(&plain);
}

// JPEG and WebP

Test(picture, jpeg_is_read_in_colour_grey_progressive_and_four_inks) {
  expect_blocks("jpeg_colour.jpg", jpeg_tolerance);
  expect_blocks("jpeg_progressive.jpg", jpeg_tolerance);
  // Luma is rounded before and the sample after; the quantiser as above.
  expect_blocks("jpeg_grey.jpg", 0.0625 + 0.5);
  // No black: light is 255 − ink, and inks are stored as samples of their own.
  expect_blocks("jpeg_cmyk_adobe.jpg", 0.0625 + 0.5);
  expect_blocks("jpeg_cmyk_plain.jpg", 0.0625 + 0.5);
  siam_picture grey = load("jpeg_grey.jpg"), inks = load("jpeg_cmyk_adobe.jpg");
  cr_assert(grey.was_grey);
  cr_assert_eq(grey.channels, 1);
  cr_assert_eq(inks.channels, 3);
  siam_picture_clear(&grey);
  siam_picture_clear(&inks);
}

Test(picture, webp_is_read_lossless_lossy_and_with_alpha) {
  siam_picture exact = load("webp_lossless.webp"), alpha = load("webp_lossless_alpha.webp");
  cr_assert_eq(exact.format, SIAM_PICTURE_WEBP);
  cr_assert_not(exact.had_alpha);
  cr_assert(alpha.had_alpha);
  for (uint32_t y = 0; y < HEIGHT; y++)
    for (uint32_t x = 0; x < WIDTH; x++)
      for (uint32_t c = 0; c < 3; c++) {
        expect(&exact, "lossless", x, y, c, sample(x, y, c, 8), 0);
        expect(&alpha, "alpha", x, y, c,
               255 * over_white(sample(x, y, c, 8) / 255.0, sample(x, y, 3, 8) / 255.0), 0.5);
      }
  siam_picture_clear(&exact);
  siam_picture_clear(&alpha);
  siam_picture lossy = load("webp_lossy.webp"), clear = load("webp_lossy_alpha.webp");
  static const uint8_t colour[3] = {200, 100, 50};
  // One flat colour; WebP keeps Y, U and V in a reduced range (219 and 224 of 255), each rounded.
  double tolerance = 0.5 * 255 / 219 + 2.017 * 0.5 + 0.5;
  for (uint32_t i = 0; i < BLOCKS_WIDTH; i++)
    for (uint32_t c = 0; c < 3; c++) {
      expect(&lossy, "lossy", i, i % BLOCKS_HEIGHT, c, colour[c], tolerance);
      expect(&clear, "clear", i, i % BLOCKS_HEIGHT, c, 255, 0);
    }
  siam_picture_clear(&lossy);
  siam_picture_clear(&clear);
}

// Orientation

Test(picture, all_eight_orientations_come_out_upright) {
  for (int orientation = 1; orientation <= 8; orientation++) {
    static const struct {
      const char *pattern;
      bool lossy;
    } kinds[] = {{"jpeg_orientation_%d_little.jpg", true},
                 {"jpeg_orientation_%d_big.jpg", true},
                 {"png_orientation_%d.png", false},
                 {"webp_orientation_%d.webp", false}};
    for (size_t i = 0; i < 4; i++) {
      char name[64];
      snprintf(name, sizeof name, kinds[i].pattern, orientation);
      expect_blocks(name, kinds[i].lossy ? jpeg_tolerance : 0);
      siam_picture picture = load(name);
      cr_assert_eq(picture.was_rotated, orientation > 1);
      siam_picture_clear(&picture);
    }
  }
}

// BMP and PNM

Test(picture, bmp_is_read_in_its_depths) {
  expect_blocks("bmp_colour.bmp", 0);
  expect_blocks("bmp_palette.bmp", 0);
  expect_blocks("bmp_alpha.bmp", 0);
  siam_picture grey = load("bmp_grey.bmp"), bit = load("bmp_bit.bmp");
  for (uint32_t i = 0; i < BLOCKS_WIDTH; i++)
    for (uint32_t c = 0; c < 3; c++) {
      uint32_t y = i % BLOCKS_HEIGHT;
      expect(&grey, "grey", i, y, c, luma(i, y), 0);
      expect(&bit, "bit", i, y, c, luma(i, y) > 99 ? 255 : 0, 0);
    }
  siam_picture_clear(&grey);
  siam_picture_clear(&bit);
}

/// The header of a BMP of 2 × `height` pixels with bit fields, 40 bytes and three masks.
static size_t bmp_header(uint8_t *bytes, int32_t height, unsigned depth, const uint32_t *masks) {
  memset(bytes, 0, 66);
  memcpy(bytes, "BM", 2);
  bytes[10] = 66;
  bytes[14] = 40;
  bytes[18] = 2;
  memcpy(bytes + 22, &height, 4);
  bytes[26] = 1;
  bytes[28] = (uint8_t)depth;
  bytes[30] = 3;
  memcpy(bytes + 54, masks, 12);
  return 66;
}

Test(picture, bmp_bit_fields_are_spread_to_full_range_and_rows_may_run_from_the_top) {
  uint8_t bytes[128];
  static const uint32_t masks[3] = {0xf800, 0x07e0, 0x001f};
  size_t at = bmp_header(bytes, -2, 16, masks);
  // Red, green; blue, half of each.
  static const uint16_t pixels[4] = {0xf800, 0x07e0, 0x001f, 16 << 11 | 32 << 5 | 16};
  memcpy(bytes + at, pixels, sizeof pixels);
  siam_picture picture;
  cr_assert_eq(siam_picture_decode("fields", bytes, at + 8, NULL, &picture), SIAM_OK, "%s",
               siam_last_error());
  static const uint8_t expected[12] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 132, 130, 132};
  cr_assert_arr_eq(picture.pixels, expected, 12);
  siam_picture_clear(&picture);
  static const uint32_t gaps[3] = {0xf100, 0x07e0, 0x001f};
  bmp_header(bytes, 2, 16, gaps);
  cr_assert_eq(siam_picture_decode("fields", bytes, at + 8, NULL, &picture), SIAM_ERROR_FORMAT);
  cr_assert_not_null(strstr(siam_last_error(), "gaps"));
}

static siam_status decode_text(const char *text, siam_picture *picture) {
  return siam_picture_decode("text", (const uint8_t *)text, strlen(text), NULL, picture);
}

Test(picture, pnm_is_read_raw_and_plain_with_comments_and_any_range) {
  expect_blocks("ppm_colour.ppm", 0);
  expect_blocks("pgm_grey.pgm", 0);
  siam_picture picture;
  cr_assert_eq(decode_text("P2 # a comment\n3 1 # another\n10\n0 5\t10", &picture), SIAM_OK);
  cr_assert_arr_eq(picture.pixels, ((uint8_t[]){0, 128, 255}), 3);
  cr_assert(picture.was_grey);
  siam_picture_clear(&picture);
  cr_assert_eq(decode_text("P3\n1 1\n65535\n0 32768 65535\n", &picture), SIAM_OK);
  cr_assert_arr_eq(picture.pixels, ((uint8_t[]){0, 128, 255}), 3);
  cr_assert(picture.was_sixteen_bit);
  siam_picture_clear(&picture);
  static const uint8_t raw[] = "P5 2 1 1000\n\x03\xe8\x01\xf4";
  cr_assert_eq(siam_picture_decode("raw", raw, sizeof raw - 1, NULL, &picture), SIAM_OK);
  cr_assert_arr_eq(picture.pixels, ((uint8_t[]){255, 128}), 2);
  siam_picture_clear(&picture);
}

Test(picture, what_follows_the_end_of_a_picture_is_ignored) {
  static const char *const names[] = {"png_2_8.png", "jpeg_colour.jpg", "webp_lossless.webp",
                                      "bmp_colour.bmp", "ppm_colour.ppm"};
  for (size_t i = 0; i < 5; i++) {
    uint8_t *bytes = NULL;
    size_t count = 0;
    cr_assert_eq(siam_file_read(siam_test_fixture(names[i]), 10000, &bytes, &count), SIAM_OK);
    uint8_t *longer = siam_allocate(count + 100, 1);
    memcpy(longer, bytes, count);
    memset(longer + count, 0xA5, 100);
    siam_picture plain, trailed;
    cr_assert_eq(siam_picture_decode(names[i], bytes, count, NULL, &plain), SIAM_OK);
    cr_assert_eq(siam_picture_decode(names[i], longer, count + 100, NULL, &trailed), SIAM_OK, "%s",
                 siam_last_error());
    cr_assert_arr_eq(trailed.pixels, plain.pixels, (size_t)plain.width * plain.height * plain.channels);
    siam_picture_clear(&plain);
    siam_picture_clear(&trailed);
    siam_free(bytes);
    siam_free(longer);
  }
}

Test(picture, extensions_are_known_in_any_case_and_hidden_names_have_none) {
  cr_assert(siam_picture_has_extension("a/b.c/x y.JPEG"));
  cr_assert(siam_picture_has_extension("x.tif"));
  cr_assert_not(siam_picture_has_extension("a.png/readme"));
  cr_assert_not(siam_picture_has_extension("labels.txt"));
  cr_assert_not(siam_picture_has_extension(".png"));
  cr_assert_not(siam_picture_has_extension("png"));
}
