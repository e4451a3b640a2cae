/// json.h: small JSON values as text, on top of jansson.
#ifndef SIAM_BASE_JSON_H
#define SIAM_BASE_JSON_H

#include "base/text.h"

#include <jansson.h>

/// Adds a value in one line, with numbers that come back to the bit, and releases it. NULL stands for one
/// that could not be made: SIAM_ERROR_NUMERIC, since jansson refuses numbers that are not finite.
siam_status siam_json_add(siam_text *text, json_t *value);

/// A text as a JSON string; bytes that are no UTF-8 (file names may hold any) become U+FFFD, since JSON
/// cannot carry them. NULL where memory ran out.
json_t *siam_json_text(const char *text);

/// Reads one value; a key that comes twice is refused. SIAM_ERROR_FORMAT says `name` and `what` it should be.
/// The caller releases it with json_decref().
siam_status siam_json_parse(const char *name, const char *what, const char *text, json_t **value);

#endif
