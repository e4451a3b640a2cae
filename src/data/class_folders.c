/// Class folders at any depth, and pictures without labels: both are one walk over folders.
#include "data/dataset_build.h"
#include "data/folder.h"

#include "base/memory.h"

#include <string.h>

typedef struct class_reader {
  siam_dataset *dataset;
  /// Number, as a parent, of the folder the walk is in at each depth; SIAM_NO_CLASS before it has a class.
  uint32_t parents[SIAM_DEEPEST_FOLDER + 1];
} class_reader;

/// The parent of the class in folder `name` at `depth`, added when this is its first class.
static siam_status find_parent(class_reader *reader, const char *name, unsigned depth, uint32_t *parent) {
  *parent = SIAM_NO_CLASS;
  if (depth == 0) return SIAM_OK;
  uint32_t *known = &reader->parents[depth - 1];
  siam_status status = SIAM_OK;
  if (*known == SIAM_NO_CLASS) {
    char *above = siam_copy_text(depth > 1 ? name : ".");
    if (above == NULL) return SIAM_ERROR_MEMORY;
    char *slash = strrchr(above, '/');
    if (slash != NULL) *slash = '\0';
    status = siam_dataset_add_parent(reader->dataset, above, known);
    siam_free(above);
  }
  *parent = *known;
  return status;
}

static siam_status add_pictures(siam_dataset *dataset, const char *path, const siam_folder *folder,
                                uint32_t class_index) {
  for (size_t i = 0; i < folder->picture_count; i++) {
    char *picture = siam_join_path(path, folder->pictures[i]);
    if (picture == NULL) return SIAM_ERROR_MEMORY;
    siam_status status = siam_dataset_add_image(dataset, picture, class_index, NULL);
    siam_free(picture);
    if (status != SIAM_OK) return status;
  }
  return SIAM_OK;
}

static siam_status visit_class(void *context, const char *path, const char *name, unsigned depth,
                               const siam_folder *folder) {
  class_reader *reader = context;
  uint32_t parent = SIAM_NO_CLASS, class_index = SIAM_NO_CLASS;
  reader->parents[depth] = SIAM_NO_CLASS;
  if (folder->picture_count == 0) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(find_parent(reader, name, depth, &parent));
  SIAM_RETURN_IF_FAILED(
      siam_dataset_add_class(reader->dataset, depth == 0 ? "." : name, parent, &class_index));
  return add_pictures(reader->dataset, path, folder, class_index);
}

siam_status siam_read_class_folders(const char *path, const siam_logger *logger, siam_dataset *dataset) {
  class_reader reader = {.dataset = dataset};
  return siam_folder_walk(path, logger, visit_class, &reader, &dataset->skipped);
}

static siam_status visit_pictures(void *context, const char *path, const char *name, unsigned depth,
                                  const siam_folder *folder) {
  (void)name, (void)depth;
  return add_pictures(context, path, folder, SIAM_NO_CLASS);
}

siam_status siam_read_pictures(const char *const *paths, size_t count, const siam_logger *logger,
                               siam_dataset *dataset) {
  for (size_t i = 0; i < count; i++) {
    if (siam_is_file(paths[i]))
      SIAM_RETURN_IF_FAILED(siam_dataset_add_image(dataset, paths[i], SIAM_NO_CLASS, NULL));
    else
      SIAM_RETURN_IF_FAILED(siam_folder_walk(paths[i], logger, visit_pictures, dataset, &dataset->skipped));
  }
  return SIAM_OK;
}
