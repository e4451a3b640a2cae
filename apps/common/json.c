#include "common/json.h"

#include "common/command.h"
#include "common/message.h"

#include <math.h>
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

int app_print_json(json_t *object) {
  char *text = object != NULL ? json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : NULL;
  json_decref(object);
  if (text == NULL) return app_fail("cannot build the JSON output: out of memory");
  puts(text);
  free(text);
  return APP_SUCCESS;
}
