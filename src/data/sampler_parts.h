/// sampler_parts.h: the sequences that a sampler reads from: numbered pairs, and numbered batches of classes.
#ifndef SIAM_DATA_SAMPLER_PARTS_H
#define SIAM_DATA_SAMPLER_PARTS_H

#include "data/sampler.h"
#include "data/walk.h"

/// The classes as the walks need them. Zero value: none.
typedef struct siam_class_lists {
  uint32_t count, several_count;
  uint32_t *all;            ///< Every class.
  uint32_t *several;        ///< Those with two pictures or more.
  uint32_t *first, *images; ///< Pictures of class c: images[first[c] … first[c + 1]).
  uint32_t *parent;         ///< Of each class; one without has a number of its own.
  uint32_t parent_count;
} siam_class_lists;

siam_status siam_class_lists_make(siam_class_lists *lists, const siam_dataset *dataset);
void siam_class_lists_clear(siam_class_lists *lists);

/// Writes walk `number` over all classes with those of one parent together, parents in the order in which the
/// shuffled walk meets them. `fill` has one entry per parent and one more, as a scratch.
void siam_group_by_parent(const siam_class_lists *lists, const uint32_t *walk, uint32_t *fill,
                          uint32_t *grouped);

/// Endless sequences of `same` and of `different` pairs.
typedef struct siam_pair_source {
  const siam_dataset *dataset;
  const siam_class_lists *lists;
  uint32_t bounds[3][2];             ///< First and end of the one set that each walk below has.
  uint32_t *own[2];                  ///< Numbers of a pair set's different and same pairs.
  siam_walk same, different, within; ///< Over classes, or over the pairs of a pair set.
  siam_walk same_images, different_images, within_images;
  uint64_t within_held;                 ///< Walk number + 1 that within_pairs is of.
  uint32_t within_count, *within_pairs; ///< [within_count, 2] classes.
  uint32_t *fill, *grouped;
} siam_pair_source;

siam_status siam_pair_source_make(siam_pair_source *source, const siam_dataset *dataset,
                                  const siam_sampler_options *options, const siam_class_lists *lists);
void siam_pair_source_clear(siam_pair_source *source);
siam_pair siam_pair_source_same(siam_pair_source *source, uint64_t number);
siam_pair siam_pair_source_different(siam_pair_source *source, uint64_t number);
siam_pair siam_pair_source_within(siam_pair_source *source, uint64_t number);

/// An endless sequence of batches. A walk over the classes lays out min(K, n) pictures of each class of n,
/// one class behind the other; batches are cut from that, the last one filled up from the walk's beginning.
typedef struct siam_batch_source {
  const siam_class_lists *lists;
  bool within;
  uint32_t bounds[2], per_class;
  siam_walk classes, images;
  uint64_t held;                  ///< Walk number + 1 that `laid_out` is of.
  uint32_t slot_count, *laid_out; ///< Pictures.
  uint32_t *fill, *grouped;
} siam_batch_source;

siam_status siam_batch_source_make(siam_batch_source *source, const siam_dataset *dataset,
                                   const siam_sampler_options *options, const siam_class_lists *lists,
                                   bool within);
void siam_batch_source_clear(siam_batch_source *source);

/// Writes the `count` pictures of batch `number`, all different.
void siam_batch_source_get(siam_batch_source *source, uint64_t number, uint32_t count, uint32_t *images);

#endif
