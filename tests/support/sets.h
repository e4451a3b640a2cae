/// Data sets of empty pictures for tests that only look at numbers.
#ifndef SIAM_TEST_SETS_H
#define SIAM_TEST_SETS_H

#include "data/dataset.h"

/// Class folders: class c has sizes[c] pictures and lies in the parent "p<parents[c]>" (NULL: all in one).
siam_dataset *siam_test_classes(const uint32_t *sizes, const uint32_t *parents, uint32_t count);

/// A pair list over pictures 0 … images − 1.
siam_dataset *siam_test_pairs(uint32_t images, const siam_pair *pairs, uint32_t count);

#endif
