#include "data/sampler_parts.h"

#include "base/memory.h"

/// Splits a pair set's own pairs by kind and makes a walk over each.
static siam_status make_from_pairs(siam_pair_source *source, uint64_t seed) {
  siam_status status = SIAM_OK;
  const siam_pair *pairs = siam_dataset_get_pairs(source->dataset);
  uint32_t count = siam_dataset_count_pairs(source->dataset), filled[2] = {0};
  for (int kind = 0; kind < 2; kind++) SIAM_TRY_ALLOCATE(source->own[kind], count);
  for (uint32_t p = 0; p < count; p++) source->own[pairs[p].same][filled[pairs[p].same]++] = p;
  if (filled[0] == 0 || filled[1] == 0) {
    status = siam_fail(SIAM_ERROR_DATA, "%s: both kinds of pairs are needed to train on",
                       siam_dataset_get_path(source->dataset));
    goto cleanup;
  }
  source->bounds[0][1] = filled[1];
  source->bounds[1][1] = filled[0];
  SIAM_TRY(siam_walk_make(&source->same, seed, SIAM_WALK_SAME_PAIRS, 1, source->bounds[0], source->own[1]));
  SIAM_TRY(siam_walk_make(&source->different, seed, SIAM_WALK_DIFFERENT_PAIRS, 1, source->bounds[1],
                          source->own[0]));
cleanup:
  return status;
}

/// Walk `number` within parents as pairs of classes: neighbours of one parent, the last with the first.
static void pair_within(siam_pair_source *source, uint64_t number) {
  const siam_class_lists *lists = source->lists;
  uint32_t *out = source->within_pairs;
  if (source->within_held == number + 1) return;
  siam_group_by_parent(lists, siam_walk_order(&source->within, 0, number), source->fill, source->grouped);
  for (uint32_t begin = 0, end = 0; begin < lists->count; begin = end) {
    uint32_t parent = lists->parent[source->grouped[begin]];
    while (end < lists->count && lists->parent[source->grouped[end]] == parent) end++;
    uint32_t size = end - begin;
    for (uint32_t i = 0; size > 1 && i < size; i += 2) {
      *out++ = source->grouped[begin + i];
      *out++ = source->grouped[begin + (i + 1) % size];
    }
  }
  source->within_count = (uint32_t)(out - source->within_pairs) / 2;
  source->within_held = number + 1;
}

static siam_status make_within(siam_pair_source *source, uint64_t seed) {
  siam_status status = SIAM_OK;
  const siam_class_lists *lists = source->lists;
  source->bounds[2][1] = lists->count;
  SIAM_TRY(siam_walk_make(&source->within, seed, SIAM_WALK_WITHIN_CLASSES, 1, source->bounds[2], lists->all));
  SIAM_TRY(siam_walk_make(&source->within_images, seed, SIAM_WALK_WITHIN_IMAGES, lists->count, lists->first,
                          lists->images));
  // A parent of n classes gives ⌈n/2⌉ pairs, so that two entries more than a parent's classes are room
  // enough.
  SIAM_TRY_ALLOCATE(source->within_pairs, (size_t)lists->count + lists->parent_count);
  SIAM_TRY_ALLOCATE(source->fill, lists->parent_count);
  SIAM_TRY_ALLOCATE(source->grouped, lists->count);
  pair_within(source, 0);
  if (source->within_count == 0)
    status = siam_fail(SIAM_ERROR_DATA, "%s: no two classes lie in one parent folder",
                       siam_dataset_get_path(source->dataset));
cleanup:
  return status;
}

static siam_status make_from_classes(siam_pair_source *source, const siam_sampler_options *options) {
  const siam_class_lists *lists = source->lists;
  uint64_t seed = options->seed;
  if (lists->several_count == 0 || lists->count < 2)
    return siam_fail(SIAM_ERROR_DATA, "%s: training needs two classes, one of them with two pictures",
                     siam_dataset_get_path(source->dataset));
  source->bounds[0][1] = lists->several_count;
  source->bounds[1][1] = lists->count;
  SIAM_RETURN_IF_FAILED(
      siam_walk_make(&source->same, seed, SIAM_WALK_SAME_CLASSES, 1, source->bounds[0], lists->several));
  SIAM_RETURN_IF_FAILED(siam_walk_make(&source->different, seed, SIAM_WALK_DIFFERENT_CLASSES, 1,
                                       source->bounds[1], lists->all));
  SIAM_RETURN_IF_FAILED(siam_walk_make(&source->same_images, seed, SIAM_WALK_SAME_IMAGES, lists->count,
                                       lists->first, lists->images));
  SIAM_RETURN_IF_FAILED(siam_walk_make(&source->different_images, seed, SIAM_WALK_DIFFERENT_IMAGES,
                                       lists->count, lists->first, lists->images));
  return options->within_parent_percent > 0 ? make_within(source, seed) : SIAM_OK;
}

siam_status siam_pair_source_make(siam_pair_source *source, const siam_dataset *dataset,
                                  const siam_sampler_options *options, const siam_class_lists *lists) {
  *source = (siam_pair_source){.dataset = dataset, .lists = lists};
  if (siam_dataset_count_pairs(dataset) == 0) return make_from_classes(source, options);
  if (options->within_parent_percent > 0)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "%s: a pair set has its own `different` pairs, whatever the parents",
                     siam_dataset_get_path(dataset));
  return make_from_pairs(source, options->seed);
}

void siam_pair_source_clear(siam_pair_source *source) {
  siam_walk_clear(&source->same);
  siam_walk_clear(&source->same_images);
  siam_walk_clear(&source->different);
  siam_walk_clear(&source->different_images);
  siam_walk_clear(&source->within);
  siam_walk_clear(&source->within_images);
  siam_free(source->own[0]);
  siam_free(source->own[1]);
  siam_free(source->within_pairs);
  siam_free(source->fill);
  siam_free(source->grouped);
}

static siam_pair own_pair(siam_pair_source *source, siam_walk *walk, uint64_t number) {
  uint64_t count = walk->first[1];
  uint32_t pair = siam_walk_order(walk, 0, number / count)[number % count];
  return siam_dataset_get_pairs(source->dataset)[pair];
}

static uint32_t class_size(const siam_pair_source *source, uint32_t class_index) {
  return source->lists->first[class_index + 1] - source->lists->first[class_index];
}

siam_pair siam_pair_source_same(siam_pair_source *source, uint64_t number) {
  if (source->own[1] != NULL) return own_pair(source, &source->same, number);
  uint64_t classes = source->lists->several_count, visit = number / classes;
  uint32_t class_index = siam_walk_order(&source->same, 0, visit)[number % classes];
  uint64_t size = class_size(source, class_index), pairs = (size + 1) / 2, place = 2 * (visit % pairs);
  const uint32_t *images = siam_walk_order(&source->same_images, class_index, visit / pairs);
  return (siam_pair){images[place], images[(place + 1) % size], true};
}

/// A class's picture at its visit number `visit`.
static uint32_t picture_at(const siam_pair_source *source, siam_walk *images, uint32_t class_index,
                           uint64_t visit) {
  uint64_t size = class_size(source, class_index);
  return siam_walk_order(images, class_index, visit / size)[visit % size];
}

siam_pair siam_pair_source_different(siam_pair_source *source, uint64_t number) {
  if (source->own[0] != NULL) return own_pair(source, &source->different, number);
  uint64_t classes = source->lists->count, pairs = (classes + 1) / 2, walk = number / pairs;
  uint64_t place = 2 * (number % pairs);
  const uint32_t *order = siam_walk_order(&source->different, 0, walk);
  uint32_t first = order[place], second = order[(place + 1) % classes];
  return (siam_pair){picture_at(source, &source->different_images, first, walk),
                     picture_at(source, &source->different_images, second, walk), false};
}

siam_pair siam_pair_source_within(siam_pair_source *source, uint64_t number) {
  uint64_t walk = number / source->within_count;
  const uint32_t *classes = source->within_pairs + 2 * (number % source->within_count);
  pair_within(source, walk);
  return (siam_pair){picture_at(source, &source->within_images, classes[0], walk),
                     picture_at(source, &source->within_images, classes[1], walk), false};
}
