/// fingerprint.h: a number that says which data something was measured on.
#ifndef SIAM_DATA_FINGERPRINT_H
#define SIAM_DATA_FINGERPRINT_H

#include "data/dataset.h"

/// Hashes, in order, every picture's path below the data set's and its file's bytes, and every pair with its
/// label. Where the data set lies does not matter; a picture more, less, changed or renamed does.
siam_status siam_dataset_fingerprint(const siam_dataset *dataset, uint64_t *fingerprint);

#endif
