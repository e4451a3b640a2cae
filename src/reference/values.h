/// Numbers for tests: the same for the same seed, on every machine.
#ifndef SIAM_REFERENCE_VALUES_H
#define SIAM_REFERENCE_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum siam_check_values {
  SIAM_VALUES_SPREAD, ///< Over −2 … 2, all different, none near 0: no ties, no kinks.
  SIAM_VALUES_COARSE, ///< Whole numbers −2 … 2: many ties, many zeros.
  SIAM_VALUES_ZERO
} siam_check_values;

/// Writes `count` numbers of the given kind.
void siam_check_fill(float *values, size_t count, siam_check_values kind, uint32_t seed);

/// Whether two arrays of `count` floats hold the same bits.
bool siam_check_same_bits(const float *left, const float *right, size_t count);

#endif
