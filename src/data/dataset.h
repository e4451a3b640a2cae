/// dataset.h: what the other files of this floor may do with a data set beyond the public functions.
#ifndef SIAM_DATA_DATASET_H
#define SIAM_DATA_DATASET_H

#include "base/error.h"

#include <siamese/dataset.h>

/// A new data set of the pictures with `keep[image]`, in the same order with new numbers. Classes without a
/// picture and pairs that lost one go too. Nothing is checked. `keep` has one entry per picture.
siam_status siam_dataset_select(const siam_dataset *dataset, const bool *keep, siam_dataset **selected);

/// Takes pictures that turned out broken out of the data set, in place; every later number changes with it.
/// `broken` has one entry per picture. SIAM_ERROR_DATA (and no change) where more than half of a class, or
/// more than half of the `same` or of the `different` pairs would be gone, or no such pair is left.
siam_status siam_dataset_remove(siam_dataset *dataset, const bool *broken);

/// Numbers the groups of pictures that pairs connect, 0 … `*groups` − 1, into `group` (one entry per
/// picture). With `same_only`, `different` pairs do not connect. Pictures of one class are always one group.
siam_status siam_dataset_find_groups(const siam_dataset *dataset, bool same_only, uint32_t *group,
                                     uint32_t *groups);

#endif
