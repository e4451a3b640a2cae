/// dataset_build.h: how the readers of the several forms fill a data set. Only they and dataset.c look
/// inside.
#ifndef SIAM_DATA_DATASET_BUILD_H
#define SIAM_DATA_DATASET_BUILD_H

#include "base/text.h"
#include "data/dataset.h"
#include "data/key_map.h"

/// All names lie one behind the other in `names`; each is kept as the place where it begins there.
struct siam_dataset {
  siam_dataset_form form;
  siam_text names;
  size_t path;
  uint32_t image_count, class_count, parent_count, pair_count, skipped;
  size_t image_capacity, image_class_capacity, class_capacity, class_parent_capacity, parent_capacity,
      pair_capacity, fold_capacity;
  size_t *image_paths, *class_names, *parent_names;
  uint32_t *image_classes, *class_parents;
  siam_pair *pairs;
  uint32_t *folds;
  /// Made by siam_dataset_finish(): pictures of class c are class_images[class_first[c] … class_first[c +
  /// 1]).
  uint32_t *class_first, *class_images;
};

siam_status siam_dataset_create(siam_dataset_form form, const char *path, siam_dataset **dataset);

/// Frees what a data set holds, but not the struct itself.
void siam_dataset_release_contents(siam_dataset *dataset);

/// Each adds one and writes its number (NULL: not wanted).
siam_status siam_dataset_add_parent(siam_dataset *dataset, const char *name, uint32_t *parent);
siam_status siam_dataset_add_class(siam_dataset *dataset, const char *name, uint32_t parent,
                                   uint32_t *class_index);
siam_status siam_dataset_add_image(siam_dataset *dataset, const char *path, uint32_t class_index,
                                   uint32_t *image);
siam_status siam_dataset_add_pair(siam_dataset *dataset, siam_pair pair, uint32_t fold);

/// Adds the file at `path` unless it is there already under this or another name. SIAM_ERROR_FILE where there
/// is no such file. `known` maps file identities to pictures.
siam_status siam_dataset_add_file(siam_dataset *dataset, siam_key_map *known, const char *path,
                                  uint32_t class_index, uint32_t *image);

/// Lists the pictures of each class; call it when all are added.
siam_status siam_dataset_finish(siam_dataset *dataset);

/// SIAM_ERROR_DATA where no `same` or no `different` pair is possible, with the remedy.
siam_status siam_dataset_check_pairs_possible(const siam_dataset *dataset);

/// The readers of the forms. `logger` may be NULL. They count what they skip.
siam_status siam_read_class_folders(const char *path, const siam_logger *logger, siam_dataset *dataset);
siam_status siam_read_pair_folders(const char *path, const siam_logger *logger, siam_dataset *dataset);
siam_status siam_read_pair_list(const char *path, const siam_dataset_options *options, siam_dataset *dataset);
siam_status siam_read_lfw_pairs(const char *path, const siam_logger *logger, siam_dataset *dataset);

/// The same for lists that lie in memory, changed while they are read: the `count` bytes of the CSV file at
/// `path`, with one more behind them; the text of the pairs.txt in `folder`.
siam_status siam_parse_pair_list(const char *path, uint8_t *bytes, size_t count,
                                 const siam_dataset_options *options, siam_dataset *dataset);
siam_status siam_parse_lfw_pairs(const char *folder, char *text, const siam_logger *logger,
                                 siam_dataset *dataset);

siam_status siam_read_pictures(const char *const *paths, size_t count, const siam_logger *logger,
                               siam_dataset *dataset);

#endif
