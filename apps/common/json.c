#include "common/json.h"

#include "common/command.h"
#include "common/message.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *app_json_text(const char *text) {
  static const char replacement[] = "\xef\xbf\xbd";
  char *sound = app_allocate(sizeof replacement * strlen(text) + 1, 1);
  char *end = sound;
  bool valid = true;
  for (size_t length = app_character(text, &valid); length > 0; length = app_character(text, &valid)) {
    if (valid)
      end = mempcpy(end, text, length);
    else
      end = stpcpy(end, replacement);
    text += length;
  }
  *end = '\0';
  json_t *made = json_string(sound);
  free(sound);
  return made;
}

json_t *app_json_number(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

// jansson's own json_dumps() leaves out a key where memory runs out, and goes on; a stream remembers it.
int app_print_json(json_t *object) {
  char *text = NULL;
  size_t length = 0;
  FILE *stream = open_memstream(&text, &length);
  bool whole = stream != NULL && object != NULL &&
               json_dumpf(object, stream, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0 &&
               ferror(stream) == 0;
  if (stream != NULL && fclose(stream) != 0) whole = false;
  json_decref(object);
  if (whole) puts(text);
  free(text);
  return whole ? APP_SUCCESS : app_fail("cannot build the JSON output: out of memory");
}
