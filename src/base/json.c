#include "base/json.h"

#include <stdlib.h>
#include <string.h>

siam_status siam_json_add(siam_text *text, json_t *value) {
  if (value == NULL)
    return siam_fail(SIAM_ERROR_NUMERIC, "a number for JSON is not finite, or memory ran out");
  char *line = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
  json_decref(value);
  if (line == NULL) return siam_fail(SIAM_ERROR_MEMORY, "out of memory while writing JSON");
  siam_text_add_bytes(text, line, strlen(line));
  free(line);
  return siam_text_status(text);
}

/// Bytes of the UTF-8 character at `text`, which is not at its end; 0 where it is none. Jansson judges, which
/// refuses whatever is not UTF-8.
static size_t character_length(const char *text) {
  unsigned char first = (unsigned char)*text;
  size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (strnlen(text, length) < length) return 0;
  json_t *sound = json_stringn(text, length);
  json_decref(sound);
  return sound != NULL ? length : 0;
}

json_t *siam_json_text(const char *text) {
  json_t *whole = json_string(text);
  siam_text sound = {0};
  if (whole != NULL) return whole;
  while (*text != '\0') {
    size_t length = character_length(text);
    siam_text_add_bytes(&sound, length > 0 ? text : "\xef\xbf\xbd", length > 0 ? length : 3);
    text += length > 0 ? length : 1;
  }
  whole = sound.bytes != NULL && !sound.failed ? json_string(sound.bytes) : NULL;
  siam_text_clear(&sound);
  return whole;
}

siam_status siam_json_parse(const char *name, const char *what, const char *text, json_t **value) {
  json_error_t error;
  *value = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
  if (*value != NULL) return SIAM_OK;
  return siam_fail(SIAM_ERROR_FORMAT, "%s: the %s is no JSON at byte %d; make the file again", name, what,
                   error.position);
}
