/// What is not a whole, readable picture is refused with the file's name, the reason and a remedy.
#include "base/file.h"
#include "base/memory.h"
#include "data/picture.h"
#include "pictures.h"

#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

typedef struct contents {
  uint8_t *bytes;
  size_t count;
} contents;

static contents read_fixture(const char *name) {
  contents file = {0};
  cr_assert_eq(siam_file_read(siam_test_fixture(name), 1 << 20, &file.bytes, &file.count), SIAM_OK);
  return file;
}

/// Decodes a copy that is exactly as long, so that a sanitizer sees any read behind its end.
static siam_status decode_prefix(const contents *file, size_t count) {
  uint8_t *copy = siam_allocate(count, 1);
  memcpy(copy, file->bytes, count);
  siam_picture picture;
  siam_status status = siam_picture_decode("prefix", copy, count, NULL, &picture);
  cr_assert_eq(status == SIAM_OK, picture.pixels != NULL);
  siam_picture_clear(&picture);
  siam_free(copy);
  return status;
}

static const char *const sound[] = {"png_6_8.png",
                                    "png_3_4_interlaced.png",
                                    "png_2_16.png",
                                    "png_orientation_6.png",
                                    "jpeg_colour.jpg",
                                    "jpeg_progressive.jpg",
                                    "jpeg_grey.jpg",
                                    "jpeg_cmyk_adobe.jpg",
                                    "jpeg_orientation_5_big.jpg",
                                    "webp_lossless.webp",
                                    "webp_lossless_alpha.webp",
                                    "webp_lossy.webp",
                                    "webp_lossy_alpha.webp",
                                    "webp_orientation_7.webp",
                                    "bmp_colour.bmp",
                                    "bmp_palette.bmp",
                                    "bmp_alpha.bmp",
                                    "ppm_colour.ppm",
                                    "pgm_grey.pgm"};
enum { SOUND = sizeof sound / sizeof *sound };

Test(picture_damage, no_file_that_ends_early_is_taken_for_whole) {
  for (size_t i = 0; i < SOUND; i++) {
    contents file = read_fixture(sound[i]);
    // The file as it is must be read, or the refusals below would say nothing.
    cr_assert_eq(decode_prefix(&file, file.count), SIAM_OK, "%s: %s", sound[i], siam_last_error());
    for (size_t count = 0; count < file.count; count++) {
      cr_assert_neq(decode_prefix(&file, count), SIAM_OK, "%s: %zu of %zu bytes", sound[i], count,
                    file.count);
      cr_assert_not_null(strstr(siam_last_error(), "prefix: "), "%s", siam_last_error());
    }
    siam_free(file.bytes);
  }
}

Test(picture_damage, every_flipped_bit_of_a_png_is_noticed) {
  static const char *const names[] = {"png_6_8.png", "png_3_4_interlaced.png", "png_orientation_6.png"};
  for (size_t i = 0; i < 3; i++) {
    contents file = read_fixture(names[i]);
    for (size_t bit = 0; bit < 8 * file.count; bit++) {
      file.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
      cr_assert_neq(decode_prefix(&file, file.count), SIAM_OK, "%s: bit %zu", names[i], bit);
      file.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    siam_free(file.bytes);
  }
}

Test(picture_damage, a_jpeg_that_lacks_data_before_its_end_marker_is_broken) {
  static const char *const names[] = {"jpeg_colour.jpg", "jpeg_progressive.jpg", "jpeg_grey.jpg"};
  for (int i = 0; i < 3; i++) {
    contents file = read_fixture(names[i]);
    // Take bytes away in front of the last two, which are the marker.
    for (size_t gone = 4; gone < 12; gone += 2) {
      contents cut = {siam_allocate(file.count, 1), file.count - gone};
      memcpy(cut.bytes, file.bytes, cut.count - 2);
      memcpy(cut.bytes + cut.count - 2, "\xff\xd9", 2);
      cr_assert_eq(decode_prefix(&cut, cut.count), SIAM_ERROR_FORMAT, "%s without %zu", names[i], gone);
      cr_assert_not_null(strstr(siam_last_error(), "broken JPEG"), "%s", siam_last_error());
      siam_free(cut.bytes);
    }
    siam_free(file.bytes);
  }
}

/// CRC-32 as ISO 3309 defines it, bit by bit.
static uint32_t plain_checksum(const uint8_t *bytes, size_t count) {
  uint32_t crc = UINT32_MAX;
  for (size_t bit = 0; bit < 8 * count; bit++) {
    uint32_t low = (crc ^ bytes[bit / 8] >> bit % 8) & 1;
    crc = crc >> 1 ^ (low ? UINT32_C(0xedb88320) : 0);
  }
  return ~crc;
}

static void put_32(uint8_t *bytes, uint32_t value) {
  for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

Test(picture_damage, the_checksums_of_long_chunks_are_checked_too) {
  enum { HEAD = 33, LONGEST = 20003 };
  contents file = read_fixture("png_0_8.png");
  for (uint32_t length = 8100; length <= LONGEST; length = length < 8200 ? length + 1 : length + 3967) {
    contents longer = {siam_allocate(file.count + length + 12, 1), file.count + length + 12};
    uint8_t *chunk = longer.bytes + HEAD;
    memcpy(longer.bytes, file.bytes, HEAD);
    put_32(chunk, length);
    memcpy(chunk + 4, "loNg", 4);
    for (uint32_t i = 0; i < length; i++) chunk[8 + i] = (uint8_t)(i * 2654435761u >> 24);
    put_32(chunk + 8 + length, plain_checksum(chunk + 4, length + 4));
    memcpy(chunk + 12 + length, file.bytes + HEAD, file.count - HEAD);
    cr_assert_eq(decode_prefix(&longer, longer.count), SIAM_OK, "%u: %s", length, siam_last_error());
    chunk[8 + length / 2] ^= 4;
    cr_assert_eq(decode_prefix(&longer, longer.count), SIAM_ERROR_FORMAT);
    cr_assert_not_null(strstr(siam_last_error(), "loNg has a wrong checksum"));
    siam_free(longer.bytes);
  }
  siam_free(file.bytes);
}

Test(picture_damage, flipped_bits_of_other_formats_are_refused_or_read_without_harm) {
  for (size_t i = 0; i < SOUND; i++) {
    contents file = read_fixture(sound[i]);
    for (size_t bit = i % 3; bit < 8 * file.count; bit += 3) {
      file.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
      decode_prefix(&file, file.count);
      file.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    siam_free(file.bytes);
  }
}

static void expect_refusal(const char *name, siam_status expected, const char *reason) {
  siam_picture picture;
  siam_status status = siam_picture_load(siam_test_fixture(name), NULL, &picture);
  cr_assert_eq(status, expected, "%s: %s", name, siam_last_error());
  cr_assert_not_null(strstr(siam_last_error(), name), "%s", siam_last_error());
  cr_assert_not_null(strstr(siam_last_error(), reason), "%s", siam_last_error());
  cr_assert_null(picture.pixels);
}

Test(picture_damage, damage_is_named) {
  expect_refusal("bad_png_palette_index.png", SIAM_ERROR_FORMAT, "outside its palette");
  expect_refusal("bad_png_palette_end.png", SIAM_ERROR_FORMAT, "outside its palette");
  expect_refusal("bad_png_no_palette.png", SIAM_ERROR_FORMAT, "no chunk PLTE");
  expect_refusal("bad_png_short_data.png", SIAM_ERROR_FORMAT, "data end before the picture");
  expect_refusal("bad_png_critical.png", SIAM_ERROR_FORMAT, "ABCD is not known");
  expect_refusal("bad_png_bomb.png", SIAM_ERROR_FORMAT, "compressed data are damaged");
  expect_refusal("bad_jpeg_no_scan.jpg", SIAM_ERROR_FORMAT, "broken JPEG");
}

Test(picture_damage, other_kinds_are_refused_by_name) {
  expect_refusal("bad_gif.gif", SIAM_ERROR_UNSUPPORTED, "a GIF picture");
  expect_refusal("bad_tiff.tif", SIAM_ERROR_UNSUPPORTED, "a TIFF picture");
  expect_refusal("bad_ico.ico", SIAM_ERROR_UNSUPPORTED, "an icon");
  expect_refusal("bad_png_animated.png", SIAM_ERROR_UNSUPPORTED, "an animated PNG");
  expect_refusal("bad_png_cgbi.png", SIAM_ERROR_UNSUPPORTED, "CgBI");
  expect_refusal("bad_webp_animated.webp", SIAM_ERROR_UNSUPPORTED, "an animated WebP");
  expect_refusal("bad_jpeg_12_bit.jpg", SIAM_ERROR_UNSUPPORTED, "a kind of JPEG that is not read");
  expect_refusal("make.py", SIAM_ERROR_UNSUPPORTED, "PNG, JPEG, WebP, BMP, PGM and PPM are read");
  static const struct {
    const char *bytes;
    size_t count;
    const char *name;
  } heads[] = {{"\0\0\0\x20"
                "ftypheic....",
                16, "HEIC"},
               {"\0\0\0\x20"
                "ftypavif....",
                16, "AVIF"},
               {"8BPS\0\1......", 12, "Photoshop"},
               {"P4 1 1 \1", 8, "PBM"},
               {"\xff\x0a....", 6, "JPEG XL"},
               {"<svg>", 5, "SVG"},
               {"version https://git-lfs.github.com/spec/v1\noid", 46, "git lfs pull"},
               {"", 0, "empty"}};
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
    siam_picture picture;
    cr_assert_neq(siam_picture_decode("it", (const uint8_t *)heads[i].bytes, heads[i].count, NULL, &picture),
                  SIAM_OK);
    cr_assert_not_null(strstr(siam_last_error(), heads[i].name), "%s", siam_last_error());
  }
}

static bool count_admission(void *context, uint64_t pixels) {
  (void)pixels;
  ++*(int *)context;
  return true;
}

Test(picture_damage, giants_are_refused_from_their_header_alone) {
  static const struct {
    const char *name, *reason;
  } giants[] = {{"bad_png_huge.png", "2147483647 × 2147483647 pixels, more than the limit of 16384"},
                {"bad_png_many.png", "16000 × 16000 pixels, more than the limit of 67108864"},
                {"bad_jpeg_huge.jpg", "65000 × 65000 pixels"},
                {"bad_webp_many.webp", "16383 × 16383 pixels"}};
  for (size_t i = 0; i < 4; i++) {
    int admitted = 0;
    siam_picture_options options = {.admit = count_admission, .admit_context = &admitted};
    siam_picture picture;
    cr_assert_eq(siam_picture_load(siam_test_fixture(giants[i].name), &options, &picture), SIAM_ERROR_FORMAT);
    cr_assert_not_null(strstr(siam_last_error(), giants[i].reason), "%s", siam_last_error());
    cr_assert_eq(admitted, 0);
  }
  static const char pnm[] = "P5 4000000000 4000000000 255\n";
  siam_picture picture;
  cr_assert_eq(siam_picture_decode("pnm", (const uint8_t *)pnm, sizeof pnm - 1, NULL, &picture),
               SIAM_ERROR_FORMAT);
  cr_assert_not_null(strstr(siam_last_error(), "limit"));
}

Test(picture_damage, a_png_that_is_whole_and_beyond_what_can_be_inflated_is_called_large_and_not_broken) {
  enum { SIGNATURE = 8, HEADER = 13, SIDE = 17000 };
  // 8 bytes a pixel: 2.2 GiB.
  contents file = read_fixture("png_6_16.png");
  put_32(file.bytes + SIGNATURE + 8, SIDE);
  put_32(file.bytes + SIGNATURE + 12, SIDE);
  put_32(file.bytes + SIGNATURE + 8 + HEADER, plain_checksum(file.bytes + SIGNATURE + 4, HEADER + 4));
  const siam_picture_options limits = {.max_pixels = SIDE * SIDE, .max_dimension = SIDE};
  siam_picture picture;
  cr_expect_eq(siam_picture_decode("it.png", file.bytes, file.count, &limits, &picture),
               SIAM_ERROR_UNSUPPORTED);
  cr_expect_str_eq(
      siam_last_error(),
      "it.png: a PNG whose samples take 2.2 GiB; those of at most 2 GiB are read: make it smaller");
  siam_free(file.bytes);
}

Test(picture_damage, limits_can_be_set_and_are_named) {
  siam_picture picture;
  const char *path = siam_test_fixture("png_0_8.png");
  cr_assert_eq(siam_picture_load(path, &(siam_picture_options){.max_dimension = 11}, &picture), SIAM_OK);
  siam_picture_clear(&picture);
  cr_assert_neq(siam_picture_load(path, &(siam_picture_options){.max_dimension = 10}, &picture), SIAM_OK);
  cr_assert_not_null(strstr(siam_last_error(), "limit of 10 a side"));
  cr_assert_neq(siam_picture_load(path, &(siam_picture_options){.max_pixels = 76}, &picture), SIAM_OK);
  cr_assert_not_null(strstr(siam_last_error(), "limit of 76 in all"));
  cr_assert_neq(siam_picture_load(path, &(siam_picture_options){.max_bytes = 20}, &picture), SIAM_OK);
  cr_assert_not_null(strstr(siam_last_error(), "limit of 20"));
}

Test(picture_damage, a_missing_file_is_named) {
  siam_picture picture;
  cr_assert_eq(siam_picture_load("/no/such/picture.png", NULL, &picture), SIAM_ERROR_FILE);
  cr_assert_not_null(strstr(siam_last_error(), "/no/such/picture.png"));
}
