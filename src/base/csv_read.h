/// Reading CSV (RFC 4180): quoted fields may hold commas, line ends and doubled quotes. A byte order mark,
/// line ends of either kind and blank lines are let pass; anything else irregular is an error with its line.
#ifndef SIAM_BASE_CSV_READ_H
#define SIAM_BASE_CSV_READ_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Zero value is not usable: begin with siam_csv_begin(). Release with siam_csv_end().
typedef struct siam_csv_reader {
  const char *name; ///< The file, for messages.
  char *bytes;      ///< Fields are cut out of it in place.
  size_t count, at;
  size_t line, next_line; ///< Line on which the current row begins, and the next one; from 1.
  char **fields;          ///< Of the current row, NUL-terminated, valid until the next.
  size_t field_count, field_capacity;
} siam_csv_reader;

/// Reads from `count` bytes that lie in memory. They are changed; one more byte must follow them. Both `name`
/// and `bytes` stay the caller's.
siam_status siam_csv_begin(siam_csv_reader *reader, const char *name, uint8_t *bytes, size_t count);

/// Reads the next row; `*more` is false at the end. SIAM_ERROR_FORMAT names the file and the line.
siam_status siam_csv_next(siam_csv_reader *reader, bool *more);
void siam_csv_end(siam_csv_reader *reader);

#endif
