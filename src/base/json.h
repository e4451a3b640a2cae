/// json.h: small JSON values as text, on top of jansson.
#ifndef SIAM_BASE_JSON_H
#define SIAM_BASE_JSON_H

#include "base/text.h"

#include <jansson.h>

/// Adds a value, written with jansson's `flags`; NULL stands for one that memory ran out for. `failed` of the
/// text remembers that memory ran out: jansson's own json_dumps() leaves out a key of an object then, and
/// goes on.
void siam_json_write(siam_text *text, const json_t *value, size_t flags);

/// Adds a value in one line, with numbers that come back to the bit, and releases it. NULL stands for one
/// that could not be made: SIAM_ERROR_NUMERIC, since jansson refuses numbers that are not finite.
siam_status siam_json_add(siam_text *text, json_t *value);

/// A text as a JSON string; bytes that are no UTF-8 (file names may hold any) become U+FFFD, since JSON
/// cannot carry them. NULL where memory ran out.
json_t *siam_json_text(const char *text);

/// Reads one value from `count` bytes; a key that comes twice is refused. SIAM_ERROR_MEMORY, or
/// SIAM_ERROR_FORMAT without a sentence, since `error` says more: then it is jansson's. The caller releases
/// the value with json_decref().
siam_status siam_json_load(const char *bytes, size_t count, json_t **value, json_error_t *error);

/// The same for a text. SIAM_ERROR_FORMAT says `name` and `what` it should be,
/// SIAM_ERROR_MEMORY that memory ran out. The caller releases it with json_decref().
siam_status siam_json_parse(const char *name, const char *what, const char *text, json_t **value);

/// json_unpack(). SIAM_ERROR_FORMAT, without a sentence, where the value has another form; SIAM_ERROR_MEMORY.
siam_status siam_json_unpack(json_t *value, const char *format, ...);

#endif
