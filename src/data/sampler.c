/// The numbers of a step follow from its place in endless sequences. Pair q of a run (q = step · pairs + i)
/// is `same` pair q/2 where q is even and `different` pair q/2 where it is odd. `same` pair s is drawn from
/// the class at place s mod M in walk s / M over the M classes that have two pictures; it is that class's
/// visit number s / M, and takes two neighbours in a walk over the class's pictures. `different` pair d takes
/// two neighbours in walk number d / ⌈C/2⌉ over all C classes, and the next picture of each.
///
/// A walk over an odd number of things ends with its last and its first, so that all are seen and no pair
/// reaches into the next walk.
#include "data/sampler.h"

#include "base/memory.h"
#include "data/sampler_parts.h"

#include <string.h>

struct siam_sampler {
  const siam_dataset *dataset;
  siam_sampler_options options;
  uint32_t image_count;
  uint32_t *images, *classes;
  uint8_t *same;
  siam_class_lists lists;
  siam_pair_source pairs;
  siam_batch_source batches[2]; ///< Of all classes mixed; within parents.
  siam_walk pictures;           ///< Over the one set that is numbers[bounds[0] … bounds[1]): every picture.
  uint32_t bounds[2], *numbers;
};

static siam_status make_pairs(siam_sampler *sampler) {
  if (sampler->options.pairs == 0) return siam_fail(SIAM_ERROR_ARGUMENT, "a batch needs at least one pair");
  sampler->image_count = 2 * sampler->options.pairs;
  return siam_pair_source_make(&sampler->pairs, sampler->dataset, &sampler->options, &sampler->lists);
}

static siam_status make_batches(siam_sampler *sampler) {
  const siam_sampler_options *options = &sampler->options;
  uint64_t images = (uint64_t)options->classes * options->images_per_class;
  if (images == 0 || images > UINT32_MAX)
    return siam_fail(SIAM_ERROR_ARGUMENT, "a batch of %u classes with %u pictures each is not possible",
                     options->classes, options->images_per_class);
  sampler->image_count = (uint32_t)images;
  SIAM_RETURN_IF_FAILED(
      siam_batch_source_make(&sampler->batches[0], sampler->dataset, options, &sampler->lists, false));
  if (options->within_parent_percent == 0) return SIAM_OK;
  return siam_batch_source_make(&sampler->batches[1], sampler->dataset, options, &sampler->lists, true);
}

static siam_status make_pictures(siam_sampler *sampler) {
  siam_status status = SIAM_OK;
  sampler->image_count = sampler->options.pictures;
  if (sampler->image_count == 0) return siam_fail(SIAM_ERROR_ARGUMENT, "a batch needs at least one picture");
  sampler->bounds[1] = siam_dataset_count_images(sampler->dataset);
  if (sampler->bounds[1] == 0)
    return siam_fail(SIAM_ERROR_DATA, "%s: no picture is left to train on",
                     siam_dataset_get_path(sampler->dataset));
  SIAM_TRY_ALLOCATE(sampler->numbers, sampler->bounds[1]);
  for (uint32_t i = 0; i < sampler->bounds[1]; i++) sampler->numbers[i] = i;
  SIAM_TRY(siam_walk_make(&sampler->pictures, sampler->options.seed, SIAM_WALK_PICTURES, 1, sampler->bounds,
                          sampler->numbers));
cleanup:
  return status;
}

static siam_status make_mode(siam_sampler *sampler) {
  switch (sampler->options.mode) {
  case SIAM_SAMPLE_PAIRS:
    return make_pairs(sampler);
  case SIAM_SAMPLE_CLASSES:
    return make_batches(sampler);
  case SIAM_SAMPLE_PICTURES:
    break;
  }
  return make_pictures(sampler);
}

siam_status siam_sampler_create(const siam_dataset *dataset, const siam_sampler_options *options,
                                siam_sampler **sampler) {
  siam_status status = SIAM_OK;
  siam_sampler *made = NULL;
  if (options->within_parent_percent > 100)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%u of 100 within a parent folder", options->within_parent_percent);
  SIAM_TRY_ALLOCATE(made, 1);
  made->dataset = dataset;
  made->options = *options;
  SIAM_TRY(siam_class_lists_make(&made->lists, dataset));
  SIAM_TRY(make_mode(made));
  SIAM_TRY_ALLOCATE(made->images, made->image_count);
  SIAM_TRY_ALLOCATE(made->classes, made->image_count);
  if (options->mode == SIAM_SAMPLE_PAIRS) SIAM_TRY_ALLOCATE(made->same, options->pairs);
  *sampler = made;
  made = NULL;
cleanup:
  siam_sampler_destroy(made);
  return status;
}

void siam_sampler_fit(const siam_dataset *dataset, siam_sampler_options *options) {
  uint32_t classes = siam_dataset_count_classes(dataset), size = 0, largest = 1;
  uint64_t offered = 0;
  for (uint32_t c = 0; c < classes; c++) {
    siam_dataset_get_class_images(dataset, c, &size);
    if (size > largest) largest = size;
  }
  if (options->images_per_class > largest) options->images_per_class = largest;
  if (options->images_per_class == 0) return;
  for (uint32_t c = 0; c < classes; c++) {
    siam_dataset_get_class_images(dataset, c, &size);
    offered += size < options->images_per_class ? size : options->images_per_class;
  }
  uint64_t most = offered / options->images_per_class;
  if (options->classes > most) options->classes = (uint32_t)most;
}

uint32_t siam_sampler_rows(const siam_sampler_options *options) {
  if (options->mode == SIAM_SAMPLE_PICTURES) return options->pictures;
  if (options->mode == SIAM_SAMPLE_PAIRS) return 2 * options->pairs;
  return options->classes * options->images_per_class;
}

void siam_sampler_destroy(siam_sampler *sampler) {
  if (sampler == NULL) return;
  siam_pair_source_clear(&sampler->pairs);
  siam_batch_source_clear(&sampler->batches[0]);
  siam_batch_source_clear(&sampler->batches[1]);
  siam_walk_clear(&sampler->pictures);
  siam_class_lists_clear(&sampler->lists);
  siam_free(sampler->numbers);
  siam_free(sampler->images);
  siam_free(sampler->classes);
  siam_free(sampler->same);
  siam_free(sampler);
}

/// Of the first `number` things in a sequence, how many are within a parent.
static uint64_t count_within(const siam_sampler *sampler, uint64_t number) {
  uint64_t percent = sampler->options.within_parent_percent;
  return number / 100 * percent + number % 100 * percent / 100;
}

static siam_pair pair_at(siam_sampler *sampler, uint64_t number) {
  if (number % 2 == 0) return siam_pair_source_same(&sampler->pairs, number / 2);
  uint64_t different = number / 2, within = count_within(sampler, different);
  if (count_within(sampler, different + 1) > within) return siam_pair_source_within(&sampler->pairs, within);
  return siam_pair_source_different(&sampler->pairs, different - within);
}

static siam_status get_pairs(siam_sampler *sampler, uint64_t step) {
  uint32_t count = sampler->options.pairs;
  for (uint32_t i = 0; i < count; i++) {
    siam_pair pair = pair_at(sampler, step * count + i);
    sampler->images[i] = pair.a;
    sampler->images[count + i] = pair.b;
    sampler->same[i] = pair.same;
  }
  return SIAM_OK;
}

static siam_status get_classes(siam_sampler *sampler, uint64_t step) {
  uint64_t within = count_within(sampler, step);
  bool is_within = count_within(sampler, step + 1) > within;
  siam_batch_source_get(&sampler->batches[is_within], is_within ? within : step - within,
                        sampler->image_count, sampler->images);
  return SIAM_OK;
}

static siam_status get_pictures(siam_sampler *sampler, uint64_t step) {
  uint64_t all = sampler->bounds[1];
  for (uint32_t i = 0; i < sampler->image_count; i++) {
    uint64_t place = step * sampler->image_count + i;
    sampler->images[i] = siam_walk_order(&sampler->pictures, 0, place / all)[place % all];
  }
  return SIAM_OK;
}

static siam_status get_mode(siam_sampler *sampler, uint64_t step) {
  switch (sampler->options.mode) {
  case SIAM_SAMPLE_PAIRS:
    return get_pairs(sampler, step);
  case SIAM_SAMPLE_CLASSES:
    return get_classes(sampler, step);
  case SIAM_SAMPLE_PICTURES:
    break;
  }
  return get_pictures(sampler, step);
}

siam_status siam_sampler_get(siam_sampler *sampler, uint64_t step, siam_batch *batch) {
  SIAM_RETURN_IF_FAILED(get_mode(sampler, step));
  for (uint32_t i = 0; i < sampler->image_count; i++)
    sampler->classes[i] = siam_dataset_get_image_class(sampler->dataset, sampler->images[i]);
  *batch = (siam_batch){sampler->image_count, sampler->images, sampler->classes, sampler->same};
  return SIAM_OK;
}

uint64_t siam_sampler_epoch_steps(const siam_sampler *sampler) {
  uint64_t images = siam_dataset_count_images(sampler->dataset);
  return (images + sampler->image_count - 1) / sampler->image_count;
}
