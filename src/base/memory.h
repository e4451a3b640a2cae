/// The one door to host memory: sizes are checked for overflow and failures carry a sentence.
#ifndef SIAM_BASE_MEMORY_H
#define SIAM_BASE_MEMORY_H

#include "base/error.h"

#include <stddef.h>

/// `count` zeroed elements of `size` bytes; NULL with the error recorded when memory runs out or the product
/// overflows. A count of 0 gives a valid, freeable pointer. Release with siam_free().
void *siam_allocate(size_t count, size_t size);

/// Grows (or shrinks) `block` to `count` elements of `size` bytes; on failure NULL, and `block` stays valid.
/// New bytes are not cleared.
void *siam_reallocate(void *block, size_t count, size_t size);

/// A copy of `text` that the caller frees with siam_free(); NULL when memory runs out.
char *siam_copy_text(const char *text);

void siam_free(void *block);

/// Allocates `count` elements for `pointer` or leaves through `cleanup`; needs a local `status`.
#define SIAM_TRY_ALLOCATE(pointer, count)                                                                    \
  do {                                                                                                       \
    (pointer) = siam_allocate((count), sizeof *(pointer));                                                   \
    if ((pointer) == NULL) {                                                                                 \
      status = SIAM_ERROR_MEMORY;                                                                            \
      goto cleanup;                                                                                          \
    }                                                                                                        \
  } while (0)

/// Makes room for one more element in a growing array (`array`, its `count` and its `capacity`).
/// Returns SIAM_OK or SIAM_ERROR_MEMORY; the array stays valid either way.
#define SIAM_GROW(array, count, capacity) siam_grow((void **)&(array), (count), &(capacity), sizeof *(array))
siam_status siam_grow(void **array, size_t count, size_t *capacity, size_t size);

#endif
