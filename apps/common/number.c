#include "common/number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// strtoll() and strtod() pass over blanks, and strtod() reads "inf", "nan" and hexadecimal numbers.
static bool consists_of(const char *text, const char *characters) {
  return text[0] != '\0' && text[strspn(text, characters)] == '\0';
}

bool app_read_integer(const char *text, int64_t *value) {
  if (!consists_of(text, "+-0123456789")) return false;
  char *end = NULL;
  errno = 0;
  long long number = strtoll(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0') return false;
  *value = number;
  return true;
}

bool app_read_number(const char *text, double *value) {
  if (!consists_of(text, "+-.eE0123456789")) return false;
  char *end = NULL;
  double number = strtod(text, &end);
  if (end == text || *end != '\0' || !isfinite(number)) return false;
  *value = number;
  return true;
}
