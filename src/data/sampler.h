/// sampler.h: which pictures a step uses. A batch is a function of (data set, options, step) alone: nothing
/// has to be stored to go on where a run ended, and steps may be asked for in any order (ascending is quick).
///
/// Pairs and classes walk shuffled permutations, of the classes and of the pictures inside each class, so
/// that every picture is seen before one is seen again more often than the others of its class. Single
/// pictures walk one of all pictures, one walk behind the other through the batches.
#ifndef SIAM_DATA_SAMPLER_H
#define SIAM_DATA_SAMPLER_H

#include "data/dataset.h"

typedef enum siam_sampler_mode {
  SIAM_SAMPLE_PAIRS = 0, ///< Pairs, `same` and `different` by turns.
  SIAM_SAMPLE_CLASSES, ///< Several pictures of each of several classes, for losses over all pairs of a batch.
  SIAM_SAMPLE_PICTURES ///< Single pictures, whatever their labels.
} siam_sampler_mode;

typedef struct siam_sampler_options {
  siam_sampler_mode mode;
  uint32_t pairs;            ///< SIAM_SAMPLE_PAIRS: pairs of a batch.
  uint32_t classes;          ///< SIAM_SAMPLE_CLASSES: classes of a batch …
  uint32_t images_per_class; ///< … and pictures of each; a batch always has classes × images_per_class.
  uint32_t pictures;         ///< SIAM_SAMPLE_PICTURES: pictures of a batch.
  uint64_t seed;
  /// Out of 100 `different` pairs, so many take both classes from one parent folder; out of 100 batches of
  /// classes, so many have the classes of one parent folder together. 0: none. A class that is alone in its
  /// parent takes no part in such pairs. For class sets only.
  uint32_t within_parent_percent;
} siam_sampler_options;

/// One batch. The arrays belong to the sampler and hold until its next call.
///
/// Pairs: `images` has 2·pairs entries, first the a of every pair, then the b of every pair; `same[pair]` is
/// 1 or 0. Classes: `images` has classes × images_per_class entries, all different, and `same` is NULL.
/// Pictures: `images` has `pictures` entries, and `same` is NULL. `classes[i]` is the class of images[i]
/// (SIAM_NO_CLASS in a set without classes).
typedef struct siam_batch {
  uint32_t image_count;
  const uint32_t *images;
  const uint32_t *classes;
  const uint8_t *same;
} siam_batch;

/// Lowers the numbers of SIAM_SAMPLE_CLASSES to what the data can fill: no more pictures of a class than the
/// largest has, and no more classes than there are pictures for.
void siam_sampler_fit(const siam_dataset *dataset, siam_sampler_options *options);

/// Pictures of a batch.
uint32_t siam_sampler_rows(const siam_sampler_options *options);

typedef struct siam_sampler siam_sampler;

/// `dataset` must outlive the sampler and must not change while it lives. SIAM_ERROR_DATA where the data set
/// cannot give such batches, with what to change.
siam_status siam_sampler_create(const siam_dataset *dataset, const siam_sampler_options *options,
                                siam_sampler **sampler);
void siam_sampler_destroy(siam_sampler *sampler);

/// The batch of a step, counted from 0.
siam_status siam_sampler_get(siam_sampler *sampler, uint64_t step, siam_batch *batch);

/// Steps of one epoch: until each picture has been seen once, taken over the walk as a whole (the number of
/// pictures divided by those of a batch, rounded up).
uint64_t siam_sampler_epoch_steps(const siam_sampler *sampler);

#endif
