#include "data/sampler_parts.h"

#include "base/memory.h"

static uint32_t class_size(const siam_class_lists *lists, uint32_t class_index) {
  return lists->first[class_index + 1] - lists->first[class_index];
}

/// Pictures that a class gives to one walk over the classes.
static uint32_t class_share(const siam_batch_source *source, uint32_t class_index) {
  uint32_t size = class_size(source->lists, class_index);
  return size < source->per_class ? size : source->per_class;
}

siam_status siam_batch_source_make(siam_batch_source *source, const siam_dataset *dataset,
                                   const siam_sampler_options *options, const siam_class_lists *lists,
                                   bool within) {
  siam_status status = SIAM_OK;
  *source = (siam_batch_source){.lists = lists, .within = within, .per_class = options->images_per_class};
  source->bounds[1] = lists->count;
  uint64_t needed = (uint64_t)options->classes * options->images_per_class, slots = 0;
  for (uint32_t c = 0; c < lists->count; c++) slots += class_share(source, c);
  if (slots < needed)
    return siam_fail(
        SIAM_ERROR_DATA,
        "%s: a batch of %u classes with %u pictures each needs %llu pictures, but its %u classes "
        "can give %llu; ask for fewer",
        siam_dataset_get_path(dataset), options->classes, options->images_per_class,
        (unsigned long long)needed, lists->count, (unsigned long long)slots);
  source->slot_count = (uint32_t)slots;
  SIAM_TRY(siam_walk_make(&source->classes, options->seed,
                          within ? SIAM_WALK_WITHIN_CLASSES : SIAM_WALK_BATCH_CLASSES, 1, source->bounds,
                          lists->all));
  SIAM_TRY(siam_walk_make(&source->images, options->seed,
                          within ? SIAM_WALK_WITHIN_IMAGES : SIAM_WALK_BATCH_IMAGES, lists->count,
                          lists->first, lists->images));
  SIAM_TRY_ALLOCATE(source->laid_out, source->slot_count);
  SIAM_TRY_ALLOCATE(source->fill, lists->parent_count);
  SIAM_TRY_ALLOCATE(source->grouped, lists->count);
cleanup:
  return status;
}

void siam_batch_source_clear(siam_batch_source *source) {
  siam_walk_clear(&source->classes);
  siam_walk_clear(&source->images);
  siam_free(source->laid_out);
  siam_free(source->fill);
  siam_free(source->grouped);
}

/// A class of n pictures that gives m at each visit takes ⌈n/m⌉ visits for a walk over them.
static uint32_t *lay_out_class(siam_batch_source *source, uint32_t class_index, uint64_t visit,
                               uint32_t *out) {
  uint64_t size = class_size(source->lists, class_index), share = class_share(source, class_index);
  uint64_t visits = (size + share - 1) / share, place = visit % visits * share;
  const uint32_t *images = siam_walk_order(&source->images, class_index, visit / visits);
  for (uint64_t i = 0; i < share; i++) *out++ = images[(place + i) % size];
  return out;
}

static void lay_out(siam_batch_source *source, uint64_t walk) {
  if (source->held == walk + 1) return;
  const uint32_t *order = siam_walk_order(&source->classes, 0, walk);
  if (source->within) {
    siam_group_by_parent(source->lists, order, source->fill, source->grouped);
    order = source->grouped;
  }
  uint32_t *out = source->laid_out;
  for (uint32_t c = 0; c < source->lists->count; c++) out = lay_out_class(source, order[c], walk, out);
  source->held = walk + 1;
}

void siam_batch_source_get(siam_batch_source *source, uint64_t number, uint32_t count, uint32_t *images) {
  uint64_t slots = source->slot_count, batches = (slots + count - 1) / count;
  uint64_t first = number % batches * count;
  lay_out(source, number / batches);
  for (uint32_t i = 0; i < count; i++) images[i] = source->laid_out[(first + i) % slots];
}
