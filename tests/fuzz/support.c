#include "base/hash.h"
#include "target.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];

static void remove_folder(void) {
  char command[sizeof folder + 16];
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  if (system(command) != 0) fprintf(stderr, "%s was left behind\n", folder);
}

static void write_file(const char *path, const uint8_t *bytes, size_t count) {
  int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  bool written = file >= 0 && ftruncate(file, 0) == 0 && write(file, bytes, count) == (ssize_t)count;
  FUZZ_REQUIRE(written && close(file) == 0);
}

const char *fuzz_folder(void) {
  static const char *const pictures[] = {"a.png", "b.png", "c.png"};
  if (folder[0] != '\0') return folder;
  const char *temporary = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%s/siamese-fuzz-XXXXXX", temporary != NULL ? temporary : "/tmp");
  FUZZ_REQUIRE(mkdtemp(folder) != NULL);
  atexit(remove_folder);
  for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
    char path[sizeof folder + 16];
    snprintf(path, sizeof path, "%s/%s", folder, pictures[i]);
    write_file(path, NULL, 0);
  }
  return folder;
}

const char *fuzz_file(const char *name, const uint8_t *bytes, size_t count) {
  static char path[sizeof folder + 64];
  snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
  write_file(path, bytes, count);
  return path;
}

char *fuzz_text(const uint8_t *bytes, size_t count) {
  char *text = malloc(count + 1);
  FUZZ_REQUIRE(text != NULL);
  if (count > 0) memcpy(text, bytes, count);
  text[count] = '\0';
  return text;
}

void fuzz_check_pairs(const siam_dataset *dataset) {
  for (uint32_t i = 0; i < dataset->pair_count; i++) {
    const siam_pair *pair = &dataset->pairs[i];
    FUZZ_REQUIRE(pair->a < dataset->image_count && pair->b < dataset->image_count && pair->a != pair->b);
  }
}

/// Writes the checksum of the data over the one in the header, if there is one.
static void repair_checksum(uint8_t *header, size_t length, const uint8_t *data, size_t count) {
  static const char prefix[] = "xxh64:";
  uint8_t *place = memmem(header, length, prefix, sizeof prefix - 1);
  char text[32];
  snprintf(text, sizeof text, "%016" PRIx64, siam_hash_bytes(data, count));
  if (place != NULL && (size_t)(header + length - place) >= sizeof prefix - 1 + 16)
    memcpy(place + sizeof prefix - 1, text, 16);
}

size_t fuzz_mutate_safetensors(uint8_t *bytes, size_t count, size_t capacity, unsigned seed) {
  uint64_t length = 0;
  if (count >= 8) memcpy(&length, bytes, 8);
  // One in eight is changed as any bytes are, so that wrong lengths and checksums come up too.
  if (count < 8 || length > count - 8 || seed % 8 == 0) return LLVMFuzzerMutate(bytes, count, capacity);
  size_t data = count - 8 - (size_t)length;
  if (seed % 8 < 6) {
    uint8_t *rest = malloc(data + 1);
    if (rest == NULL) return count;
    memcpy(rest, bytes + 8 + length, data);
    length = LLVMFuzzerMutate(bytes + 8, (size_t)length, capacity - 8 - data);
    memcpy(bytes + 8 + length, rest, data);
    free(rest);
  } else {
    data = LLVMFuzzerMutate(bytes + 8 + length, data, capacity - 8 - (size_t)length);
  }
  memcpy(bytes, &length, 8);
  repair_checksum(bytes + 8, (size_t)length, bytes + 8 + length, data);
  return 8 + (size_t)length + data;
}
