/// Entries of the cache folder: the first byte says whether magic, lengths and checksum are made right; the
/// rest is the file. What is taken is what was stored, or has the checksum of it.
#include "base/cache.h"
#include "base/hash.h"
#include "base/memory.h"
#include "target.h"

#include <dirent.h>
#include <string.h>

static const char key[] = "device\ndriver\nsource";
enum { KEY = sizeof key - 1, HEADER = 32, LIMIT = 4096 };

/// The name of the one entry in the folder, made by storing one.
static const char *entry_name(void) {
  static char name[512];
  if (name[0] != '\0') return name;
  char folder[256];
  snprintf(folder, sizeof folder, "%s/cache", fuzz_folder());
  setenv("SIAMESE_CACHE_DIR", folder, 1);
  FUZZ_REQUIRE(siam_cache_store("program", key, "content", 7) == SIAM_OK);
  DIR *open = opendir(folder);
  FUZZ_REQUIRE(open != NULL);
  for (const struct dirent *entry; (entry = readdir(open)) != NULL;)
    if (entry->d_name[0] != '.') snprintf(name, sizeof name, "cache/%s", entry->d_name);
  closedir(open);
  return name;
}

/// The beginning of an entry, as cache.c has it, for the `count` bytes that lie behind it.
static void repair(uint8_t *file, size_t count) {
  uint64_t words[] = {KEY, count - KEY, siam_hash_bytes(file + HEADER, count)};
  memcpy(file, "SIAMKEPT", 8);
  memcpy(file + 8, words, sizeof words);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  uint8_t file[HEADER + LIMIT] = {0}, *taken = NULL;
  size_t taken_count = 0;
  const char *name = entry_name();
  if (count < 1 || count > sizeof file) return 0;
  memcpy(file, bytes + 1, --count);
  if (bytes[0] % 2 == 1 && count >= HEADER + KEY) repair(file, count - HEADER);
  fuzz_file(name, file, count);
  FUZZ_REQUIRE(siam_cache_load("program", key, LIMIT, &taken, &taken_count) == SIAM_OK);
  if (taken != NULL) {
    FUZZ_REQUIRE(taken_count == count - HEADER - KEY);
    FUZZ_REQUIRE(memcmp(file + HEADER, key, KEY) == 0);
    FUZZ_REQUIRE(memcmp(file + HEADER + KEY, taken, taken_count) == 0);
  }
  siam_free(taken);
  return 0;
}
