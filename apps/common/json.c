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

/// Prints JSON, with what steers a terminal escaped, which jansson does for the first 32 characters alone.
/// None of the others stands outside of strings.
static void print(const char *text) {
  bool valid = true;
  for (size_t length = app_character(text, &valid); length > 0; length = app_character(text, &valid)) {
    const unsigned char *byte = (const unsigned char *)text;
    if (*byte == '\n' || !app_steers(text, length))
      fwrite(text, 1, length, stdout);
    else if (length == 1)
      printf("\\u%04x", *byte);
    else
      printf("\\u%04x", length == 2 ? (byte[0] & 0x1fU) << 6 | (byte[1] & 0x3fU)
                                    : (byte[0] & 0xfU) << 12 | (byte[1] & 0x3fU) << 6 | (byte[2] & 0x3fU));
    text += length;
  }
  putchar('\n');
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
  if (whole) print(text);
  free(text);
  return whole ? APP_SUCCESS : app_fail("cannot build the JSON output: out of memory");
}
