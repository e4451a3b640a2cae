/// alike.h: pictures of two sets that are one picture before and after edits, by a model that looks at parts
/// too: the one that is judged where it does, else the default one.
#ifndef SIAM_PIPELINE_ALIKE_H
#define SIAM_PIPELINE_ALIKE_H

#include "pipeline/judge.h"

/// What a picture of the first set is nearest to in the second.
typedef struct siam_alike {
  uint32_t other; ///< UINT32_MAX: to nothing within the model's threshold.
  double distance;
  const char *shown[2]; ///< As in siam_comparison.
} siam_alike;

/// Looks for each picture of `first`, but for those in `skip` [pictures], through all of `second`; `found`
/// [pictures] gets what siam_compare() would say of the two, up to the rounding of embeddings in batches.
/// `*by_default`: the default model looked. Blank pictures are near to nothing.
siam_status siam_alike_find(const siam_judgement *first, const siam_judgement *second, const bool *skip,
                            siam_alike *found, bool *by_default);

#endif
