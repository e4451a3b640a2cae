/// overlap.h: pictures that two data sets have in common.
#ifndef SIAM_DATA_OVERLAP_H
#define SIAM_DATA_OVERLAP_H

#include "data/dataset.h"

/// How many pictures of `second` are files that `first` has too, under whatever name. Copies are not found:
/// that takes a look at what pictures show (siam_dataset_check()). A file that is gone counts as none.
siam_status siam_dataset_count_common(const siam_dataset *first, const siam_dataset *second, uint32_t *count);

#endif
