#include "base/text.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/// Makes room for `extra` bytes and the final NUL.
static bool reserve(siam_text *text, size_t extra) {
  if (text->failed) return false;
  size_t needed = text->length + extra + 1;
  if (needed <= text->capacity) return true;
  size_t wanted = text->capacity * 2 > needed ? text->capacity * 2 : needed + 64;
  char *grown = siam_reallocate(text->bytes, wanted, 1);
  if (grown == NULL) {
    text->failed = true;
    return false;
  }
  text->bytes = grown;
  text->capacity = wanted;
  return true;
}

void siam_text_add_bytes(siam_text *text, const char *bytes, size_t count) {
  if (!reserve(text, count)) return;
  if (count > 0) memcpy(text->bytes + text->length, bytes, count);
  text->length += count;
  text->bytes[text->length] = '\0';
}

void siam_text_add(siam_text *text, const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  if (length >= 0 && reserve(text, (size_t)length)) {
    vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
    text->length += (size_t)length;
  }
  va_end(again);
  va_end(arguments);
}

siam_status siam_text_status(const siam_text *text) {
  return text->failed ? siam_fail(SIAM_ERROR_MEMORY, "out of memory while building a text") : SIAM_OK;
}

void siam_text_clear(siam_text *text) {
  siam_free(text->bytes);
  *text = (siam_text){0};
}
