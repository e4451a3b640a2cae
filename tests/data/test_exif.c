#include "data/formats.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t little[] = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0};
static const uint8_t big[] = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0};

/// Reads a copy that is exactly as long, so that a sanitizer sees any read behind its end.
static unsigned read(const uint8_t *bytes, size_t count) {
  uint8_t *copy = malloc(count > 0 ? count : 1);
  memcpy(copy, bytes, count);
  unsigned orientation = siam_exif_orientation(copy, count);
  free(copy);
  return orientation;
}

Test(exif, both_byte_orders_are_read_with_and_without_the_prefix) {
  cr_assert_eq(read(little, sizeof little), 6);
  cr_assert_eq(read(big, sizeof big), 6);
  uint8_t prefixed[6 + sizeof big] = "Exif\0";
  memcpy(prefixed + 6, big, sizeof big);
  cr_assert_eq(read(prefixed, sizeof prefixed), 6);
}

Test(exif, a_directory_cut_off_before_the_value_means_upright) {
  // The value's two bytes end at byte 20; what pads it to four is not needed.
  for (size_t count = 0; count < 20; count++) cr_assert_eq(read(little, count), 1, "%zu bytes", count);
  cr_assert_eq(read(little, 20), 6);
}

Test(exif, what_is_malformed_means_upright) {
  static const struct {
    size_t at;
    uint8_t value;
  } changes[] = {{0, 'X'}, {1, 'M'}, {2, 43}, {12, 4},  {14, 2},
                 {18, 0},  {18, 9},  {19, 1}, {4, 200}, {7, 0xff}};
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    uint8_t bytes[sizeof little];
    memcpy(bytes, little, sizeof bytes);
    bytes[changes[i].at] = changes[i].value;
    cr_assert_eq(read(bytes, sizeof bytes), 1, "change %zu", i);
  }
  // More entries announced than there are, and none of them an orientation.
  uint8_t bytes[sizeof little];
  memcpy(bytes, little, sizeof bytes);
  bytes[8] = bytes[9] = 0xff;
  bytes[10] = 0x13;
  cr_assert_eq(read(bytes, sizeof bytes), 1);
}
