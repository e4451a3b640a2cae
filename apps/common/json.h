/// The one JSON object of --json.
#ifndef SIAM_APPS_JSON_H
#define SIAM_APPS_JSON_H

#include <jansson.h>

/// A text; bytes that are no UTF-8 (file names may hold any) become U+FFFD, since JSON cannot carry them.
json_t *app_json_text(const char *text);

/// A number; null where it is not finite.
json_t *app_json_number(double value);

/// Prints `object` with a line end and releases it; returns the exit code. Nine digits, which tell any two
/// floats apart.
int app_print_json(json_t *object);

#endif
