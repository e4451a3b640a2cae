/// golden.h: the numbers that tests and the scripts of tests/golden draw alike, and the files that these
/// wrote.
#ifndef SIAM_TEST_GOLDEN_H
#define SIAM_TEST_GOLDEN_H

#include "base/random.h"

#include <stddef.h>
#include <stdio.h>

/// What stands in for the step in the draws of make_golden.py; parameter number n has FIRST_PARAMETER + n.
enum {
  SIAM_GOLDEN_PICTURES = 1,
  SIAM_GOLDEN_DIRECTIONS = 2,
  SIAM_GOLDEN_TARGETS = 3,
  SIAM_GOLDEN_FIRST_PARAMETER = 16
};

/// Steps of training that the files tell of.
enum { SIAM_GOLDEN_STEPS = 3 };

siam_draw siam_golden_draw(uint32_t purpose, size_t index);

/// A word as a number in [−1, 1), exact in float32.
double siam_golden_centred(uint32_t word);

/// `count` numbers of a purpose, each draw giving four: centred · scale + offset.
void siam_golden_spread(uint32_t purpose, size_t count, double scale, double offset, float *values);

/// Opens tests/golden/NAME.txt behind its first line, which says what made it; `path`, of 512 bytes, is for
/// messages. Aborts the test where there is none.
FILE *siam_golden_open(const char *name, char *path);

/// The next number of such a file; aborts the test where none follows.
double siam_golden_number(FILE *file, const char *path);

#endif
