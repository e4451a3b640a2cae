#include "base/hash.h"

#include <criterion/criterion.h>

static void fill(uint8_t *bytes, int count) {
  for (int i = 0; i < count; i++) bytes[i] = (uint8_t)(i * 131 + 7);
}

Test(hash, equals_the_reference_at_every_kind_of_length) {
  // xxhash 3 for Python: xxh64(bytes((i * 131 + 7) % 256 for i in range(n))).
  static const struct {
    int length;
    uint64_t hash;
  } known[] = {{0, 0xef46db3751d8e999},  {1, 0xa96c7f0ce858bbb7},   {3, 0xbed43740ee6332bb},
               {4, 0xfa212ae44b3bb23d},  {7, 0x2744460dd675d2c0},   {8, 0x994b676b71ce94dd},
               {11, 0x97f078da7a1a590c}, {12, 0xb92f588ce720786e},  {31, 0x6711d55e306b5d8f},
               {32, 0x07f7b8e3bc5d6e25}, {33, 0x09f85eeb4e1cbe9f},  {63, 0xb7c9968c066cb6a5},
               {64, 0x50d4159a0411632e}, {100, 0x9ddada11d3dc2d8f}, {200, 0x3b8cc7eaa63f107e}};
  uint8_t bytes[200];
  fill(bytes, 200);
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    cr_assert_eq(siam_hash_bytes(bytes, (size_t)known[i].length), known[i].hash, "length %d",
                 known[i].length);
  cr_assert_eq(siam_hash_bytes("abc", 3), 0x44bc2cf5ad770999);
}

Test(hash, a_seed_changes_it_as_in_the_reference) {
  uint8_t bytes[200];
  fill(bytes, 200);
  siam_hash hash;
  siam_hash_begin(&hash, 0x9E3779B97F4A7C15u);
  siam_hash_add(&hash, bytes, 200);
  cr_assert_eq(siam_hash_end(&hash), 0xcd5273f408a4cfbc);
}

Test(hash, does_not_depend_on_how_the_bytes_are_cut) {
  uint8_t bytes[150];
  fill(bytes, 150);
  uint64_t whole = siam_hash_bytes(bytes, 150);
  for (size_t first = 0; first <= 150; first++) {
    for (size_t second = first; second <= 150; second += 7) {
      siam_hash hash;
      siam_hash_begin(&hash, 0);
      siam_hash_add(&hash, bytes, first);
      siam_hash_add(&hash, bytes + first, second - first);
      siam_hash_add(&hash, bytes + second, 150 - second);
      cr_assert_eq(siam_hash_end(&hash), whole, "cut at %zu and %zu", first, second);
    }
  }
}
