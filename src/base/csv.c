#include "base/csv.h"

#include "base/number.h"

#include <math.h>
#include <string.h>

/// A comma stands before every field but the first of its row.
static void separate(siam_text *text) {
  if (text->length > 0 && text->bytes[text->length - 1] != '\n') siam_text_add_bytes(text, ",", 1);
}

void siam_csv_add(siam_text *text, const char *field) {
  separate(text);
  if (*field != '\0' && strpbrk(field, ",\"\r\n") == NULL) {
    siam_text_add_bytes(text, field, strlen(field));
    return;
  }
  siam_text_add_bytes(text, "\"", 1);
  for (const char *quote; (quote = strchr(field, '"')) != NULL; field = quote + 1) {
    siam_text_add_bytes(text, field, (size_t)(quote - field));
    siam_text_add_bytes(text, "\"\"", 2);
  }
  siam_text_add_bytes(text, field, strlen(field));
  siam_text_add_bytes(text, "\"", 1);
}

void siam_csv_add_float(siam_text *text, float number) {
  separate(text);
  if (isfinite(number))
    siam_number_add(text, number);
  else
    siam_text_add(text, "%s", isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
}

void siam_csv_add_count(siam_text *text, unsigned long long count) {
  separate(text);
  siam_text_add(text, "%llu", count);
}

void siam_csv_end_row(siam_text *text) {
  siam_text_add_bytes(text, "\n", 1);
}
