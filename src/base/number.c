#include "base/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

bool siam_number_read(const char *text, const char **end, double *value) {
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (plain == (locale_t)0) return false;
  char *stop = NULL;
  double read = strtod_l(text, &stop, plain);
  freelocale(plain);
  if (stop == text || !isfinite(read)) return false;
  if (end != NULL) *end = stop;
  *value = read;
  return true;
}

void siam_number_add(siam_text *text, float value) {
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (plain == (locale_t)0) {
    text->failed = true;
    return;
  }
  locale_t callers = uselocale(plain);
  char digits[32] = "";
  for (int precision = 1; precision <= FLT_DECIMAL_DIG; precision++) {
    snprintf(digits, sizeof digits, "%.*g", precision, (double)value);
    if (strtof(digits, NULL) == value) break;
  }
  uselocale(callers);
  freelocale(plain);
  siam_text_add(text, "%s", digits);
}
