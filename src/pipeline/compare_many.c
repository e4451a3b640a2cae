#include "base/file.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/intake.h"
#include "pipeline/comparer.h"
#include "pipeline/measure.h"

#include <stdlib.h>
#include <string.h>

siam_status siam_compare_all(siam_comparer *comparer, const char *const *paths, size_t count,
                             siam_comparison *table) {
  siam_status status = SIAM_OK;
  siam_compared_picture *looks = NULL;
  float *values = NULL;
  uint8_t *pictures = NULL;
  // Nobody looks at them again but a closer look.
  const size_t size = comparer->closer.fitted ? siam_picture_shape_bytes(&comparer->shape) : 0;
  SIAM_TRY_ALLOCATE(looks, count);
  SIAM_TRY_ALLOCATE(values, count * comparer->row);
  SIAM_TRY_ALLOCATE(pictures, count * size);
  for (size_t i = 0; i < count; i++) {
    looks[i] = (siam_compared_picture){.path = paths[i],
                                       .values = values + i * comparer->row,
                                       .picture = size > 0 ? pictures + i * size : comparer->pictures};
    SIAM_TRY(siam_comparer_look(comparer, &looks[i]));
  }
  for (size_t i = 0; i < count; i++)
    for (size_t j = i + 1; j < count; j++)
      SIAM_TRY(siam_comparer_judge(comparer, &looks[i], &looks[j], table++));
cleanup:
  siam_free(pictures);
  siam_free(values);
  siam_free(looks);
  return status;
}

/// Keeps a file where it is nearer than the farthest of those kept; `most` is how many those may be.
static siam_status keep(siam_nearest *nearest, uint32_t most, const char *path,
                        const siam_comparison *comparison) {
  uint32_t place = nearest->count;
  while (place > 0 && comparison->distance < nearest->near[place - 1].comparison.distance) place--;
  if (place == most) return SIAM_OK;
  char *copy = siam_copy_text(path);
  if (copy == NULL) return SIAM_ERROR_MEMORY;
  if (nearest->count == most) siam_free(nearest->near[--nearest->count].path);
  memmove(nearest->near + place + 1, nearest->near + place, (nearest->count - place) * sizeof *nearest->near);
  nearest->near[place] = (siam_near_file){copy, *comparison};
  nearest->count++;
  return SIAM_OK;
}

/// Compares with one file of the folder; `other` has room for its looks.
static siam_status look(siam_comparer *comparer, const siam_compared_picture *own,
                        siam_compared_picture *other, const siam_nearest_options *options,
                        siam_nearest *nearest) {
  siam_comparison comparison;
  if (siam_file_is_same(own->path, other->path)) return SIAM_OK;
  siam_status status = siam_comparer_look(comparer, other);
  if (siam_is_fault_of_file(status)) {
    siam_log(&options->logger, SIAM_LOG_WARNING, "skipped: %s", siam_last_error());
    nearest->broken++;
    return SIAM_OK;
  }
  SIAM_RETURN_IF_FAILED(status);
  if (other->blank != SIAM_BLANK_NOT) {
    nearest->blank++;
    return SIAM_OK;
  }
  SIAM_RETURN_IF_FAILED(siam_comparer_judge(comparer, own, other, &comparison));
  nearest->files++;
  nearest->same += comparison.same;
  return keep(nearest, options->count > 0 ? options->count : 10, other->path, &comparison);
}

/// What is to be looked for.
static siam_status look_at_own(siam_comparer *comparer, siam_compared_picture *own) {
  SIAM_RETURN_IF_FAILED(siam_comparer_look(comparer, own));
  if (own->blank == SIAM_BLANK_NOT) return SIAM_OK;
  return siam_fail(SIAM_ERROR_DATA, "%s: %s, so there is nothing to look for; name another picture",
                   own->path, siam_blank_describe(own->blank));
}

siam_status siam_compare_nearest(siam_comparer *comparer, const char *path, const char *folder,
                                 const siam_nearest_options *options, siam_nearest *nearest) {
  static const siam_nearest_options standard;
  siam_status status = SIAM_OK;
  siam_nearest made = {0};
  siam_dataset *files = NULL;
  if (options == NULL) options = &standard;
  siam_compared_picture own = siam_comparer_place(comparer, 0, path);
  siam_telling telling = {options->preparing, options->context, "comparing"};
  siam_dataset_options collect = {.logger = options->logger};
  SIAM_TRY(look_at_own(comparer, &own));
  SIAM_TRY(siam_dataset_collect(&folder, 1, &collect, &files));
  uint32_t count = siam_dataset_count_images(files);
  SIAM_TRY_ALLOCATE(made.near, options->count > 0 ? options->count : 10);
  for (uint32_t i = 0; i < count; i++) {
    siam_compared_picture other = siam_comparer_place(comparer, 1, siam_dataset_get_image_path(files, i));
    SIAM_TRY(look(comparer, &own, &other, options, &made));
    if (siam_tell(&telling, i + 1, count)) continue;
    status = siam_fail(SIAM_INTERRUPTED, "stopped after %u of %u pictures", i + 1, count);
    goto cleanup;
  }
  *nearest = made;
  made = (siam_nearest){0};
cleanup:
  siam_nearest_clear(&made);
  siam_dataset_destroy(files);
  return status;
}

void siam_nearest_clear(siam_nearest *nearest) {
  for (uint32_t i = 0; i < nearest->count; i++) siam_free(nearest->near[i].path);
  siam_free(nearest->near);
  *nearest = (siam_nearest){0};
}
