/// A small learnable data set: every class is a pattern of its own, its pictures are noisy copies.
#ifndef SIAM_TEST_SHAPES_H
#define SIAM_TEST_SHAPES_H

#include <stdint.h>

/// Writes folder/groupG/classNN/PP.pgm: `classes` classes in two groups, `pictures` of 16×16 each, from
/// `seed`.
void siam_test_write_shapes(const char *folder, uint32_t classes, uint32_t pictures, uint64_t seed);

#endif
