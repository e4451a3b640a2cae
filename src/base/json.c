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

siam_status siam_json_parse(const char *name, const char *what, const char *text, json_t **value) {
  json_error_t error;
  *value = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
  if (*value != NULL) return SIAM_OK;
  return siam_fail(SIAM_ERROR_FORMAT, "%s: the %s is no JSON at byte %d; make the file again", name, what,
                   error.position);
}
