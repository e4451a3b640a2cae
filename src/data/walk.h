/// walk.h: endless walks through shuffled permutations. Walk number w over a set of things visits each of
/// them once, in an order that depends on (seed, use, set, w) alone; the last order of every set is kept.
#ifndef SIAM_DATA_WALK_H
#define SIAM_DATA_WALK_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/// What is walked; a number space for each, so that no two uses share draws. At most 16.
typedef enum siam_walk_use {
  SIAM_WALK_SAME_CLASSES = 0, ///< Classes for `same` pairs, and pictures of one class for them.
  SIAM_WALK_SAME_IMAGES,
  SIAM_WALK_DIFFERENT_CLASSES, ///< For `different` pairs of any classes.
  SIAM_WALK_DIFFERENT_IMAGES,
  SIAM_WALK_WITHIN_CLASSES, ///< For `different` pairs, or batches of classes, within parents.
  SIAM_WALK_WITHIN_IMAGES,
  SIAM_WALK_BATCH_CLASSES, ///< For batches of classes.
  SIAM_WALK_BATCH_IMAGES,
  SIAM_WALK_SAME_PAIRS, ///< Pairs of a pair set.
  SIAM_WALK_DIFFERENT_PAIRS,
  SIAM_WALK_PICTURES ///< Pictures one by one.
} siam_walk_use;

/// `sets` disjoint sets; set s is things[first[s] … first[s + 1]). Zero value: none.
typedef struct siam_walk {
  uint64_t seed;
  siam_walk_use use;
  uint32_t sets;
  const uint32_t *first, *things; ///< Not owned.
  uint32_t *order;                ///< As `things`, each set in the order of its last walk …
  uint64_t *held;                 ///< … whose number + 1 this is, by set.
} siam_walk;

siam_status siam_walk_make(siam_walk *walk, uint64_t seed, siam_walk_use use, uint32_t sets,
                           const uint32_t *first, const uint32_t *things);
void siam_walk_clear(siam_walk *walk);

/// The things of a set in the order of walk `number`; valid until the next call for this set.
const uint32_t *siam_walk_order(siam_walk *walk, uint32_t set, uint64_t number);

#endif
