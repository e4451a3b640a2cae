/// A growing text, for building JSON, reports and messages.
#ifndef SIAM_BASE_TEXT_H
#define SIAM_BASE_TEXT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/// Zero value is an empty text. `bytes` is NUL-terminated once anything was added (NULL before).
/// Running out of memory is remembered in `failed`, so that many additions need one check at the end.
typedef struct siam_text {
  char *bytes;
  size_t length, capacity;
  bool failed;
} siam_text;

__attribute__((format(printf, 2, 3))) void siam_text_add(siam_text *text, const char *format, ...);
void siam_text_add_bytes(siam_text *text, const char *bytes, size_t count);

/// SIAM_OK, or SIAM_ERROR_MEMORY when any addition ran out of memory.
siam_status siam_text_status(const siam_text *text);

void siam_text_clear(siam_text *text);

#endif
