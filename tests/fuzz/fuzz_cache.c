/// Entries of the cache folder: the first byte says whether magic, lengths and checksum are made right; the
/// rest is the file. What is taken ends the file and follows the key, and made right it is taken.
#include "base/cache.h"
#include "base/hash.h"
#include "target.h"

#include <string.h>

static const char key[] = "device\ndriver\nsource";
enum { KEY = sizeof key - 1, HEADER = 32, LIMIT = 4096 };

/// The beginning of an entry, as cache.c has it, for the `count` bytes that lie behind it.
static void repair(uint8_t *file, size_t count) {
  uint64_t words[] = {KEY, count - KEY, siam_hash_bytes(file + HEADER, count)};
  memcpy(file, "SIAMKEPT", 8);
  memcpy(file + 8, words, sizeof words);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  uint8_t file[HEADER + LIMIT];
  size_t length = 0;
  if (count < 1 || count > sizeof file) return 0;
  memcpy(file, bytes + 1, --count);
  const bool right = bytes[0] % 2 == 1 && count >= HEADER + KEY;
  if (right) repair(file, count - HEADER);
  const bool has_key = count >= HEADER + KEY && memcmp(file + HEADER, key, KEY) == 0;
  const bool taken = siam_cache_is_sound(file, count, key, &length);
  FUZZ_REQUIRE(!taken || (has_key && length == count - HEADER - KEY));
  FUZZ_REQUIRE(taken || !right || !has_key);
  return 0;
}
