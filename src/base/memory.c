#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *siam_allocate(size_t count, size_t size) {
  void *block = calloc(count > 0 ? count : 1, size > 0 ? size : 1);
  if (block == NULL) siam_fail(SIAM_ERROR_MEMORY, "out of memory: %zu elements of %zu bytes", count, size);
  return block;
}

void *siam_reallocate(void *block, size_t count, size_t size) {
  if (size > 0 && count > SIZE_MAX / size) {
    siam_fail(SIAM_ERROR_MEMORY, "out of memory: %zu elements of %zu bytes", count, size);
    return NULL;
  }
  size_t bytes = count * size;
  void *grown = realloc(block, bytes > 0 ? bytes : 1);
  if (grown == NULL) siam_fail(SIAM_ERROR_MEMORY, "out of memory: %zu elements of %zu bytes", count, size);
  return grown;
}

char *siam_copy_text(const char *text) {
  size_t bytes = strlen(text) + 1;
  char *copy = siam_allocate(bytes, 1);
  if (copy != NULL) memcpy(copy, text, bytes);
  return copy;
}

void siam_free(void *block) {
  free(block);
}

siam_status siam_grow(void **array, size_t count, size_t *capacity, size_t size) {
  if (count < *capacity) return SIAM_OK;
  size_t wanted = *capacity > 0 ? *capacity * 2 : 8;
  void *grown = siam_reallocate(*array, wanted, size);
  if (grown == NULL) return SIAM_ERROR_MEMORY;
  *array = grown;
  *capacity = wanted;
  return SIAM_OK;
}
