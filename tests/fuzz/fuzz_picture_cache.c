/// The file of --picture-cache: a first byte that says what is made right, then the file. What it gives back
/// it gives back twice alike and, written anew, again.
///
/// Bit 1: the header is that of a sound file, with the count as it is. Bit 2: a record whose path is 0, 1 or
/// 2 is of that picture, as it lies on the disk. Bit 4: checksums of pictures fit. Bit 8: that of the index
/// does. From 240 on the file lies on a disk and is written anew, else in memory.
#include "base/hash.h"
#include "data/picture_cache.h"
#include "target.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PICTURES = 3, PICTURE_BYTES = 6, HEADER = 88, COUNT_AT = 72, SUM_AT = 80, RECORD = 40 };
enum { RECORD_SUM = 24, RIGHT_HEADER = 1, RIGHT_PATHS = 2, RIGHT_PICTURES = 4, RIGHT_INDEX = 8, WRITE = 240 };

static const siam_picture_shape shape = {.height = 2, .width = 3, .channels = 1};
static siam_picture_options limits;
static siam_dataset *dataset;
static uint8_t sound_header[HEADER];

static siam_picture_cache *open_cache(const char *path) {
  siam_picture_cache *cache = NULL;
  FUZZ_REQUIRE(siam_picture_cache_open(path, dataset, &shape, &limits, &cache) == SIAM_OK);
  return cache;
}

/// Three empty pictures of the year 2001, and the header of their cache.
static void prepare(void) {
  const struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
  if (dataset != NULL) return;
  const char *folder = fuzz_folder(), *path = fuzz_file("sound", (const uint8_t *)"SIAMPICS", 8);
  FUZZ_REQUIRE(siam_dataset_collect(&folder, 1, NULL, &dataset) == SIAM_OK);
  FUZZ_REQUIRE(siam_dataset_count_images(dataset) == PICTURES);
  for (uint32_t i = 0; i < PICTURES; i++)
    FUZZ_REQUIRE(utimensat(AT_FDCWD, siam_dataset_get_image_path(dataset, i), old, 0) == 0);
  siam_picture_cache *cache = open_cache(path);
  FUZZ_REQUIRE(siam_picture_cache_begin(cache) == SIAM_OK && siam_picture_cache_end(cache) == SIAM_OK);
  siam_picture_cache_destroy(cache);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  FUZZ_REQUIRE(file >= 0 && read(file, sound_header, HEADER) == HEADER && close(file) == 0);
  FUZZ_REQUIRE(unlink(path) == 0);
}

static uint64_t number_at(const uint8_t *bytes) {
  uint64_t number = 0;
  memcpy(&number, bytes, 8);
  return number;
}

static void put_number(uint8_t *bytes, uint64_t number) {
  memcpy(bytes, &number, 8);
}

static void right_path(uint8_t *record) {
  const uint64_t which = number_at(record);
  if (which >= PICTURES) return;
  const char *path = siam_dataset_get_image_path(dataset, (uint32_t)which);
  put_number(record, siam_hash_bytes(path, strlen(path)));
  put_number(record + 8, 0);
  put_number(record + 16, UINT64_C(1000000000000000000));
}

/// Makes right what the first byte says.
static void repair(uint8_t *bytes, size_t length, unsigned right) {
  if (length < HEADER) return;
  if ((right & RIGHT_HEADER) != 0) memcpy(bytes, sound_header, COUNT_AT);
  const uint64_t count = number_at(bytes + COUNT_AT);
  if (count > (length - HEADER) / (RECORD + PICTURE_BYTES)) return;
  uint8_t *records = bytes + HEADER, *pictures = records + count * RECORD;
  for (uint64_t i = 0; i < count; i++) {
    if ((right & RIGHT_PATHS) != 0) right_path(records + i * RECORD);
    if ((right & RIGHT_PICTURES) != 0)
      put_number(records + i * RECORD + RECORD_SUM,
                 siam_hash_bytes(pictures + i * PICTURE_BYTES, PICTURE_BYTES));
  }
  if ((right & RIGHT_INDEX) == 0) return;
  put_number(bytes + SUM_AT, 0);
  put_number(bytes + SUM_AT, siam_hash_bytes(bytes, HEADER + (size_t)count * RECORD));
}

/// A cache on a file in memory with these bytes.
static siam_picture_cache *open_bytes(const uint8_t *bytes, size_t count) {
  static int memory = -1;
  siam_picture_cache *cache = NULL;
  if (memory < 0) memory = memfd_create("cache", MFD_CLOEXEC);
  FUZZ_REQUIRE(memory >= 0 && ftruncate(memory, 0) == 0 && pwrite(memory, bytes, count, 0) == (ssize_t)count);
  FUZZ_REQUIRE(siam_picture_cache_use("memory", dup(memory), dataset, &shape, &limits, &cache) == SIAM_OK);
  return cache;
}

static void find_all(siam_picture_cache *cache, uint8_t found[PICTURES][PICTURE_BYTES]) {
  uint8_t again[PICTURE_BYTES];
  unsigned facts = 0;
  for (uint32_t i = 0; i < PICTURES; i++)
    if (siam_picture_cache_find(cache, i, found[i], &facts) == SIAM_CACHED_WHOLE)
      FUZZ_REQUIRE(siam_picture_cache_read(cache, i, again) && memcmp(found[i], again, PICTURE_BYTES) == 0);
}

/// What a run does: takes what is there, and writes the rest.
static void use_file(const char *path) {
  uint8_t first[PICTURES][PICTURE_BYTES] = {{0}}, again[PICTURE_BYTES];
  unsigned facts = 0;
  siam_picture_cache *cache = open_cache(path);
  find_all(cache, first);
  FUZZ_REQUIRE(siam_picture_cache_begin(cache) == SIAM_OK);
  for (uint32_t i = 0; i < PICTURES; i++)
    FUZZ_REQUIRE(siam_picture_cache_keep(cache, i, first[i], i) == SIAM_OK);
  FUZZ_REQUIRE(siam_picture_cache_end(cache) == SIAM_OK);
  siam_picture_cache_destroy(cache);
  cache = open_cache(path);
  for (uint32_t i = 0; i < PICTURES; i++) {
    FUZZ_REQUIRE(siam_picture_cache_find(cache, i, again, &facts) == SIAM_CACHED_WHOLE && facts == i);
    FUZZ_REQUIRE(memcmp(first[i], again, PICTURE_BYTES) == 0);
  }
  siam_picture_cache_destroy(cache);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  uint8_t found[PICTURES][PICTURE_BYTES];
  if (count == 0) return 0;
  prepare();
  uint8_t *copy = malloc(count);
  FUZZ_REQUIRE(copy != NULL);
  memcpy(copy, bytes + 1, count - 1);
  repair(copy, count - 1, bytes[0]);
  if (bytes[0] >= WRITE) {
    // Another kind of file is refused, and not written over.
    if (count > 8) memcpy(copy, "SIAMPICS", 8);
    use_file(fuzz_file("cache", copy, count > 8 ? count - 1 : 0));
  } else {
    siam_picture_cache *cache = open_bytes(copy, count - 1);
    find_all(cache, found);
    siam_picture_cache_destroy(cache);
  }
  free(copy);
  return 0;
}
