#include "base/csv_read.h"

#include "base/memory.h"

#include <string.h>

static siam_status fail_at(const siam_csv_reader *reader, const char *reason) {
  return siam_fail(SIAM_ERROR_FORMAT, "%s: line %zu: %s; correct the line", reader->name, reader->next_line,
                   reason);
}

siam_status siam_csv_begin(siam_csv_reader *reader, const char *name, uint8_t *bytes, size_t count) {
  *reader = (siam_csv_reader){.name = name, .bytes = (char *)bytes, .count = count, .next_line = 1};
  if (count >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) reader->at = 3;
  if (memchr(bytes, '\0', count) != NULL)
    return siam_fail(SIAM_ERROR_FORMAT, "%s: holds a NUL byte; save it as UTF-8 text", name);
  return SIAM_OK;
}

static char peek(const siam_csv_reader *reader) {
  return reader->at < reader->count ? reader->bytes[reader->at] : '\0';
}

/// Steps over a line end, if one is here.
static bool take_line_end(siam_csv_reader *reader) {
  size_t length = 0;
  if (peek(reader) == '\n') length = 1;
  if (peek(reader) == '\r')
    length = reader->at + 1 < reader->count && reader->bytes[reader->at + 1] == '\n' ? 2 : 1;
  reader->at += length;
  reader->next_line += length > 0;
  return length > 0;
}

/// The inside of a quoted field, moved together; ends behind the closing quote. `*end` is where its text
/// ends.
static siam_status take_quoted(siam_csv_reader *reader, char **end) {
  char *out = reader->bytes + reader->at;
  for (reader->at++; reader->at < reader->count; reader->at++) {
    char byte = reader->bytes[reader->at];
    if (byte == '\n') reader->next_line++;
    if (byte != '"') {
      *out++ = byte;
      continue;
    }
    if (reader->at + 1 < reader->count && reader->bytes[reader->at + 1] == '"') {
      reader->at++;
      *out++ = '"';
      continue;
    }
    reader->at++;
    *end = out;
    return SIAM_OK;
  }
  return fail_at(reader, "a quote is not closed");
}

static siam_status take_field(siam_csv_reader *reader, char **end) {
  SIAM_RETURN_IF_FAILED(SIAM_GROW(reader->fields, reader->field_count, reader->field_capacity));
  reader->fields[reader->field_count++] = reader->bytes + reader->at;
  if (peek(reader) == '"') {
    SIAM_RETURN_IF_FAILED(take_quoted(reader, end));
  } else {
    reader->at += strcspn(reader->bytes + reader->at, ",\"\r\n");
    *end = reader->bytes + reader->at;
    if (peek(reader) == '"')
      return fail_at(reader, "a quote stands inside a field that does not begin with one");
  }
  if (reader->at >= reader->count || strchr(",\r\n", peek(reader)) != NULL) return SIAM_OK;
  return fail_at(reader, "text follows a closing quote");
}

siam_status siam_csv_next(siam_csv_reader *reader, bool *more) {
  reader->field_count = 0;
  // The byte behind the last is the caller's promise; it ends the last field.
  reader->bytes[reader->count] = '\0';
  while (take_line_end(reader)) continue;
  *more = reader->at < reader->count;
  if (!*more) return SIAM_OK;
  reader->line = reader->next_line;
  for (;;) {
    char *end = NULL;
    SIAM_RETURN_IF_FAILED(take_field(reader, &end));
    bool comma = peek(reader) == ',';
    bool last = !comma && (take_line_end(reader) || reader->at >= reader->count);
    // Only now, since the end of a field may be the very byte that was looked at.
    *end = '\0';
    if (last) return SIAM_OK;
    reader->at++;
  }
}

void siam_csv_end(siam_csv_reader *reader) {
  siam_free(reader->fields);
  *reader = (siam_csv_reader){0};
}
