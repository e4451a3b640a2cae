// The main program of a fuzz target without libFuzzer:
//
//   fuzz_TARGET [--changes N] FILE_OR_FOLDER...
//
// runs every file through the target, whole, and N copies of it with changes drawn from a fixed seed.
#include "target.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>

__attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t capacity,
                                                     unsigned seed);

enum { LARGEST_CHANGED = 1 << 16 };

static uint64_t state = 1;
static unsigned long changes, inputs;

/// xorshift64* (Vigna 2016).
static uint32_t draw(uint32_t limit) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return (uint32_t)((state * UINT64_C(2685821657736338717)) >> 32) % limit;
}

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t count, size_t capacity) {
  static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xff, '"', '\n', '-', '9', ' '};
  if (count == 0) return 0;
  size_t at = draw((uint32_t)count), length = 1 + draw(8);
  if (length > count - at) length = count - at;
  switch (draw(6)) {
  case 0:
    bytes[at] ^= (uint8_t)(1u << draw(8));
    return count;
  case 1:
    bytes[at] = odd[draw(sizeof odd)];
    return count;
  case 2: // Cut the end off.
    return at;
  case 3: // Take some out.
    memmove(bytes + at, bytes + at + length, count - at - length);
    return count - length;
  case 4: // Say some twice.
    if (length > capacity - count) return count;
    memmove(bytes + at + length, bytes + at, count - at);
    return count + length;
  default:
    memset(bytes + at, odd[draw(sizeof odd)], length);
    return count;
  }
}

/// The target gets a block of exactly the right size, so that a sanitizer sees every step outside.
static void run(const uint8_t *bytes, size_t count) {
  uint8_t *exact = malloc(count > 0 ? count : 1);
  FUZZ_REQUIRE(exact != NULL);
  memcpy(exact, bytes, count);
  LLVMFuzzerTestOneInput(exact, count);
  free(exact);
  inputs++;
}

static void run_changed(const uint8_t *bytes, size_t count) {
  static uint8_t changed[LARGEST_CHANGED];
  for (unsigned long i = 0; i < changes && count <= sizeof changed; i++) {
    memcpy(changed, bytes, count);
    size_t length = count;
    for (uint32_t rounds = 1 + draw(3); rounds > 0; rounds--)
      length = LLVMFuzzerCustomMutator != NULL
                   ? LLVMFuzzerCustomMutator(changed, length, sizeof changed, draw(UINT32_MAX))
                   : LLVMFuzzerMutate(changed, length, sizeof changed);
    run(changed, length);
  }
}

static bool run_file(const char *path) {
  FILE *file = fopen(path, "rb");
  uint8_t *bytes = NULL;
  size_t count = 0, capacity = 0;
  if (file == NULL) return false;
  do {
    capacity = 2 * capacity + 4096;
    bytes = realloc(bytes, capacity);
    FUZZ_REQUIRE(bytes != NULL);
    count += fread(bytes + count, 1, capacity - count, file);
  } while (count == capacity);
  fclose(file);
  run(bytes, count);
  run_changed(bytes, count);
  free(bytes);
  return true;
}

static bool run_path(const char *path) {
  DIR *folder = opendir(path);
  if (folder == NULL) return run_file(path);
  bool sound = true;
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    char name[4096];
    snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
    if (entry->d_name[0] != '.') sound = run_file(name) && sound;
  }
  closedir(folder);
  return sound;
}

int main(int count, char **arguments) {
  int first = 1;
  if (count > 2 && strcmp(arguments[1], "--changes") == 0) {
    changes = strtoul(arguments[2], NULL, 10);
    first = 3;
  }
  for (int i = first; i < count; i++)
    if (!run_path(arguments[i])) {
      fprintf(stderr, "%s: cannot be read\n", arguments[i]);
      return 2;
    }
  printf("%lu inputs\n", inputs);
  return inputs > 0 ? 0 : 2;
}
