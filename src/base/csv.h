/// csv.h: rows of comma-separated values, quoted as RFC 4180 has it. Lines end in LF alone, which every
/// reader takes and line-based tools prefer.
#ifndef SIAM_BASE_CSV_H
#define SIAM_BASE_CSV_H

#include "base/text.h"

/// Adds a field to the row that `text` ends in. Quotes it where it holds a comma, a quote or a line end, and
/// where it is empty (so that a field always shows).
void siam_csv_add(siam_text *text, const char *field);

/// Adds a number with as many digits as it takes to read the same float32 back; a point whatever the locale.
/// Numbers that are not finite become `nan`, `inf` and `-inf`.
void siam_csv_add_float(siam_text *text, float number);
void siam_csv_add_count(siam_text *text, unsigned long long count);

/// Ends the row.
void siam_csv_end_row(siam_text *text);

#endif
