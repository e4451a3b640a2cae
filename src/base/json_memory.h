/// json_memory.h: reading JSON where memory may run out.
#ifndef SIAM_BASE_JSON_MEMORY_H
#define SIAM_BASE_JSON_MEMORY_H

#include <jansson.h>
#include <stdbool.h>

/// json_loadb() that stops at the first allocation that fails, with nothing left behind, and says so in
/// `ran_out`.
///
/// jansson (2.14) goes on where the buffer of a word cannot grow: it leaves the character out, takes the
/// shorter word for what was written, reads beyond its end, or stops at an assertion.
json_t *siam_json_read(const char *bytes, size_t count, size_t flags, json_error_t *error, bool *ran_out);

#endif
