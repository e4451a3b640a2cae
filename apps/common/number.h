/// Numbers that people type: the whole text must be one, within limits.
#ifndef SIAM_APPS_NUMBER_H
#define SIAM_APPS_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/// Reads a decimal whole number; false for anything before or after it, and for more than 64 bits hold.
bool app_read_integer(const char *text, int64_t *value);

/// Reads a decimal number such as 0.5 or 1e-3; false for anything around it, for infinities and NaN.
bool app_read_number(const char *text, double *value);

#endif
