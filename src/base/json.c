#include "base/json.h"

#include "base/json_memory.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static int add_bytes(const char *bytes, size_t count, void *text) {
  siam_text_add_bytes(text, bytes, count);
  return ((siam_text *)text)->failed ? -1 : 0;
}

void siam_json_write(siam_text *text, const json_t *value, size_t flags) {
  if (value == NULL || json_dump_callback(value, add_bytes, text, flags) != 0) text->failed = true;
}

siam_status siam_json_add(siam_text *text, json_t *value) {
  if (value == NULL)
    return siam_fail(SIAM_ERROR_NUMERIC, "a number for JSON is not finite, or memory ran out");
  siam_json_write(text, value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
  json_decref(value);
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

static siam_status fail_out_of_memory(void) {
  return siam_fail(SIAM_ERROR_MEMORY, "out of memory while reading JSON");
}

siam_status siam_json_load(const char *bytes, size_t count, json_t **value, json_error_t *error) {
  bool ran_out = false;
  *error = (json_error_t){0};
  *value = siam_json_read(bytes, count, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, error, &ran_out);
  if (ran_out) return fail_out_of_memory();
  return *value != NULL ? SIAM_OK : SIAM_ERROR_FORMAT;
}

siam_status siam_json_parse(const char *name, const char *what, const char *text, json_t **value) {
  json_error_t error;
  siam_status status = siam_json_load(text, strlen(text), value, &error);
  if (status == SIAM_ERROR_MEMORY) return siam_fail_within(status, "%s", name);
  if (status == SIAM_OK) return SIAM_OK;
  return siam_fail(status, "%s: the %s is no JSON at byte %d; make the file again", name, what,
                   error.position);
}

siam_status siam_json_unpack(json_t *value, const char *format, ...) {
  json_error_t error = {0};
  va_list arguments;
  va_start(arguments, format);
  errno = 0;
  int result = json_vunpack_ex(value, &error, 0, format, arguments);
  va_end(arguments);
  if (result == 0) return SIAM_OK;
  // jansson does not always know that memory ran out, so errno is asked too.
  const bool ran_out = errno == ENOMEM || json_error_code(&error) == json_error_out_of_memory;
  return ran_out ? fail_out_of_memory() : SIAM_ERROR_FORMAT;
}
