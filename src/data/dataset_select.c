/// Data sets made of others: a selection of pictures, and what is left when broken ones are taken out.
#include "data/dataset_build.h"

#include "base/memory.h"

/// Numbers of what stays, in order; SIAM_NO_CLASS for what goes.
static uint32_t renumber(const bool *keep, uint32_t count, uint32_t *numbers) {
  uint32_t next = 0;
  for (uint32_t i = 0; i < count; i++) numbers[i] = keep[i] ? next++ : SIAM_NO_CLASS;
  return next;
}

/// Copies parents and classes that still have a picture; `*class_numbers` is a new array.
static siam_status copy_classes(const siam_dataset *from, const bool *keep, siam_dataset *to,
                                uint32_t **class_numbers) {
  siam_status status = SIAM_OK;
  bool *keep_class = NULL, *keep_parent = NULL;
  uint32_t *classes = NULL, *parents = NULL;
  SIAM_TRY_ALLOCATE(keep_class, from->class_count);
  SIAM_TRY_ALLOCATE(keep_parent, from->parent_count);
  SIAM_TRY_ALLOCATE(classes, from->class_count);
  SIAM_TRY_ALLOCATE(parents, from->parent_count);
  for (uint32_t i = 0; i < from->image_count; i++)
    if (keep[i] && from->image_classes[i] != SIAM_NO_CLASS) keep_class[from->image_classes[i]] = true;
  for (uint32_t c = 0; c < from->class_count; c++)
    if (keep_class[c] && from->class_parents[c] != SIAM_NO_CLASS) keep_parent[from->class_parents[c]] = true;
  renumber(keep_class, from->class_count, classes);
  renumber(keep_parent, from->parent_count, parents);
  for (uint32_t p = 0; p < from->parent_count; p++)
    if (keep_parent[p]) SIAM_TRY(siam_dataset_add_parent(to, siam_dataset_get_parent_name(from, p), NULL));
  for (uint32_t c = 0; c < from->class_count; c++) {
    uint32_t parent = from->class_parents[c];
    if (!keep_class[c]) continue;
    SIAM_TRY(siam_dataset_add_class(to, siam_dataset_get_class_name(from, c),
                                    parent == SIAM_NO_CLASS ? SIAM_NO_CLASS : parents[parent], NULL));
  }
  *class_numbers = classes;
  classes = NULL;
cleanup:
  siam_free(keep_class);
  siam_free(keep_parent);
  siam_free(classes);
  siam_free(parents);
  return status;
}

static siam_status copy_images(const siam_dataset *from, const bool *keep, const uint32_t *class_numbers,
                               siam_dataset *to) {
  for (uint32_t i = 0; i < from->image_count; i++) {
    uint32_t old = from->image_classes[i];
    if (!keep[i]) continue;
    SIAM_RETURN_IF_FAILED(siam_dataset_add_image(to, siam_dataset_get_image_path(from, i),
                                                 old == SIAM_NO_CLASS ? old : class_numbers[old], NULL));
  }
  return SIAM_OK;
}

static siam_status copy_pairs(const siam_dataset *from, const bool *keep, siam_dataset *to) {
  siam_status status = SIAM_OK;
  uint32_t *numbers = NULL;
  SIAM_TRY_ALLOCATE(numbers, from->image_count);
  renumber(keep, from->image_count, numbers);
  for (uint32_t p = 0; p < from->pair_count; p++) {
    siam_pair pair = from->pairs[p];
    if (!keep[pair.a] || !keep[pair.b]) continue;
    pair.a = numbers[pair.a];
    pair.b = numbers[pair.b];
    SIAM_TRY(siam_dataset_add_pair(to, pair, from->folds[p]));
  }
cleanup:
  siam_free(numbers);
  return status;
}

siam_status siam_dataset_select(const siam_dataset *dataset, const bool *keep, siam_dataset **selected) {
  siam_status status = SIAM_OK;
  siam_dataset *made = NULL;
  uint32_t *class_numbers = NULL;
  SIAM_TRY(siam_dataset_create(dataset->form, siam_dataset_get_path(dataset), &made));
  made->skipped = dataset->skipped;
  SIAM_TRY(copy_classes(dataset, keep, made, &class_numbers));
  SIAM_TRY(copy_images(dataset, keep, class_numbers, made));
  SIAM_TRY(copy_pairs(dataset, keep, made));
  SIAM_TRY(siam_dataset_finish(made));
  *selected = made;
  made = NULL;
cleanup:
  siam_free(class_numbers);
  siam_dataset_destroy(made);
  return status;
}

/// No class may lose more than half of its pictures.
static siam_status check_losses_of_classes(const siam_dataset *dataset, const bool *broken) {
  for (uint32_t c = 0; c < dataset->class_count; c++) {
    uint32_t count = 0, gone = 0;
    const uint32_t *images = siam_dataset_get_class_images(dataset, c, &count);
    for (uint32_t i = 0; i < count; i++) gone += broken[images[i]];
    if (2 * (uint64_t)gone > count)
      return siam_fail(SIAM_ERROR_DATA,
                       "%s: %u of the %u pictures of class %s cannot be read, more than half; repair or "
                       "remove them",
                       siam_dataset_get_path(dataset), gone, count, siam_dataset_get_class_name(dataset, c));
  }
  return SIAM_OK;
}

static siam_status check_losses_of_pairs(const siam_dataset *dataset, const bool *broken) {
  uint32_t count[2] = {0}, gone[2] = {0};
  for (uint32_t p = 0; p < dataset->pair_count; p++) {
    const siam_pair *pair = &dataset->pairs[p];
    count[pair->same]++;
    gone[pair->same] += broken[pair->a] || broken[pair->b];
  }
  for (int kind = 0; kind < 2; kind++)
    if (2 * (uint64_t)gone[kind] > count[kind])
      return siam_fail(SIAM_ERROR_DATA,
                       "%s: %u of the %u `%s` pairs have a picture that cannot be read, more than half; "
                       "repair the pictures or remove the pairs",
                       siam_dataset_get_path(dataset), gone[kind], count[kind], kind ? "same" : "different");
  return SIAM_OK;
}

siam_status siam_dataset_remove(siam_dataset *dataset, const bool *broken) {
  siam_status status = SIAM_OK;
  siam_dataset *rest = NULL;
  bool *keep = NULL;
  uint32_t gone = 0;
  SIAM_TRY_ALLOCATE(keep, dataset->image_count);
  for (uint32_t i = 0; i < dataset->image_count; i++) {
    keep[i] = !broken[i];
    gone += broken[i];
  }
  if (gone == 0) goto cleanup;
  if (dataset->form == SIAM_DATASET_CLASS_FOLDERS) SIAM_TRY(check_losses_of_classes(dataset, broken));
  SIAM_TRY(check_losses_of_pairs(dataset, broken));
  SIAM_TRY(siam_dataset_select(dataset, keep, &rest));
  SIAM_TRY(siam_dataset_check_pairs_possible(rest));
  rest->skipped += gone;
  siam_dataset_release_contents(dataset);
  *dataset = *rest;
  siam_free(rest);
  rest = NULL;
cleanup:
  siam_dataset_destroy(rest);
  siam_free(keep);
  return status;
}
