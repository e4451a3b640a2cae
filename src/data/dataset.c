#include "data/dataset_build.h"

#include "base/memory.h"
#include "data/folder.h"
#include "data/picture.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static siam_status keep_name(siam_dataset *dataset, const char *name, size_t *place) {
  *place = dataset->names.length;
  siam_text_add_bytes(&dataset->names, name, strlen(name) + 1);
  return siam_text_status(&dataset->names);
}

static const char *name_at(const siam_dataset *dataset, size_t place) {
  return dataset->names.bytes + place;
}

siam_status siam_dataset_create(siam_dataset_form form, const char *path, siam_dataset **dataset) {
  siam_dataset *made = siam_allocate(1, sizeof *made);
  if (made == NULL) return SIAM_ERROR_MEMORY;
  made->form = form;
  siam_status status = keep_name(made, path, &made->path);
  if (status == SIAM_OK)
    *dataset = made;
  else
    siam_dataset_destroy(made);
  return status;
}

void siam_dataset_release_contents(siam_dataset *dataset) {
  siam_text_clear(&dataset->names);
  siam_free(dataset->image_paths);
  siam_free(dataset->class_names);
  siam_free(dataset->parent_names);
  siam_free(dataset->image_classes);
  siam_free(dataset->class_parents);
  siam_free(dataset->pairs);
  siam_free(dataset->folds);
  siam_free(dataset->class_first);
  siam_free(dataset->class_images);
}

void siam_dataset_destroy(siam_dataset *dataset) {
  if (dataset == NULL) return;
  siam_dataset_release_contents(dataset);
  siam_free(dataset);
}

static siam_status refuse_more(const siam_dataset *dataset, const char *what) {
  return siam_fail(SIAM_ERROR_UNSUPPORTED, "%s: too many %s; divide the data", siam_dataset_get_path(dataset),
                   what);
}

siam_status siam_dataset_add_parent(siam_dataset *dataset, const char *name, uint32_t *parent) {
  uint32_t number = dataset->parent_count;
  SIAM_RETURN_IF_FAILED(SIAM_GROW(dataset->parent_names, number, dataset->parent_capacity));
  SIAM_RETURN_IF_FAILED(keep_name(dataset, name, &dataset->parent_names[number]));
  dataset->parent_count++;
  if (parent != NULL) *parent = number;
  return SIAM_OK;
}

siam_status siam_dataset_add_class(siam_dataset *dataset, const char *name, uint32_t parent,
                                   uint32_t *class_index) {
  uint32_t number = dataset->class_count;
  SIAM_RETURN_IF_FAILED(SIAM_GROW(dataset->class_names, number, dataset->class_capacity));
  SIAM_RETURN_IF_FAILED(SIAM_GROW(dataset->class_parents, number, dataset->class_parent_capacity));
  SIAM_RETURN_IF_FAILED(keep_name(dataset, name, &dataset->class_names[number]));
  dataset->class_parents[number] = parent;
  dataset->class_count++;
  if (class_index != NULL) *class_index = number;
  return SIAM_OK;
}

siam_status siam_dataset_add_image(siam_dataset *dataset, const char *path, uint32_t class_index,
                                   uint32_t *image) {
  uint32_t number = dataset->image_count;
  if (number == UINT32_MAX / 2) return refuse_more(dataset, "pictures");
  SIAM_RETURN_IF_FAILED(SIAM_GROW(dataset->image_paths, number, dataset->image_capacity));
  SIAM_RETURN_IF_FAILED(SIAM_GROW(dataset->image_classes, number, dataset->image_class_capacity));
  SIAM_RETURN_IF_FAILED(keep_name(dataset, path, &dataset->image_paths[number]));
  dataset->image_classes[number] = class_index;
  dataset->image_count++;
  if (image != NULL) *image = number;
  return SIAM_OK;
}

siam_status siam_dataset_add_pair(siam_dataset *dataset, siam_pair pair, uint32_t fold) {
  uint32_t number = dataset->pair_count;
  if (number == UINT32_MAX / 2) return refuse_more(dataset, "pairs");
  SIAM_RETURN_IF_FAILED(SIAM_GROW(dataset->pairs, number, dataset->pair_capacity));
  SIAM_RETURN_IF_FAILED(SIAM_GROW(dataset->folds, number, dataset->fold_capacity));
  dataset->pairs[number] = pair;
  dataset->folds[number] = fold;
  dataset->pair_count++;
  return SIAM_OK;
}

siam_status siam_dataset_add_file(siam_dataset *dataset, siam_key_map *known, const char *path,
                                  uint32_t class_index, uint32_t *image) {
  struct stat information;
  bool found = false;
  if (stat(path, &information) != 0)
    return siam_fail(SIAM_ERROR_FILE, "%s: cannot examine: %s; check the name", path, strerror(errno));
  if (!S_ISREG(information.st_mode)) return siam_fail(SIAM_ERROR_FILE, "%s: not a regular file", path);
  SIAM_RETURN_IF_FAILED(siam_key_map_put(known, (uint64_t)information.st_dev, (uint64_t)information.st_ino,
                                         dataset->image_count, image, &found));
  return found ? SIAM_OK : siam_dataset_add_image(dataset, path, class_index, NULL);
}

siam_status siam_dataset_finish(siam_dataset *dataset) {
  siam_status status = SIAM_OK;
  uint32_t *next = NULL, classes = dataset->class_count;
  SIAM_TRY_ALLOCATE(next, (size_t)classes + 1);
  SIAM_TRY_ALLOCATE(dataset->class_first, (size_t)classes + 1);
  SIAM_TRY_ALLOCATE(dataset->class_images, dataset->image_count);
  for (uint32_t i = 0; i < dataset->image_count; i++)
    if (dataset->image_classes[i] != SIAM_NO_CLASS) dataset->class_first[dataset->image_classes[i] + 1]++;
  for (uint32_t c = 0; c < classes; c++) {
    dataset->class_first[c + 1] += dataset->class_first[c];
    next[c] = dataset->class_first[c];
  }
  for (uint32_t i = 0; i < dataset->image_count; i++)
    if (dataset->image_classes[i] != SIAM_NO_CLASS)
      dataset->class_images[next[dataset->image_classes[i]]++] = i;
cleanup:
  siam_free(next);
  return status;
}

// Queries

siam_dataset_form siam_dataset_get_form(const siam_dataset *dataset) {
  return dataset->form;
}

const char *siam_dataset_get_path(const siam_dataset *dataset) {
  return name_at(dataset, dataset->path);
}

uint32_t siam_dataset_count_images(const siam_dataset *dataset) {
  return dataset->image_count;
}

uint32_t siam_dataset_count_classes(const siam_dataset *dataset) {
  return dataset->class_count;
}

uint32_t siam_dataset_count_parents(const siam_dataset *dataset) {
  return dataset->parent_count;
}

uint32_t siam_dataset_count_pairs(const siam_dataset *dataset) {
  return dataset->pair_count;
}

uint32_t siam_dataset_count_skipped(const siam_dataset *dataset) {
  return dataset->skipped;
}

const char *siam_dataset_get_image_path(const siam_dataset *dataset, uint32_t image) {
  return name_at(dataset, dataset->image_paths[image]);
}

uint32_t siam_dataset_get_image_class(const siam_dataset *dataset, uint32_t image) {
  return dataset->image_classes[image];
}

const char *siam_dataset_get_class_name(const siam_dataset *dataset, uint32_t class_index) {
  return name_at(dataset, dataset->class_names[class_index]);
}

uint32_t siam_dataset_get_class_parent(const siam_dataset *dataset, uint32_t class_index) {
  return dataset->class_parents[class_index];
}

const char *siam_dataset_get_parent_name(const siam_dataset *dataset, uint32_t parent) {
  return name_at(dataset, dataset->parent_names[parent]);
}

const uint32_t *siam_dataset_get_class_images(const siam_dataset *dataset, uint32_t class_index,
                                              uint32_t *count) {
  uint32_t first = dataset->class_first[class_index];
  *count = dataset->class_first[class_index + 1] - first;
  return dataset->class_images + first;
}

const siam_pair *siam_dataset_get_pairs(const siam_dataset *dataset) {
  return dataset->pairs;
}

uint32_t siam_dataset_get_pair_fold(const siam_dataset *dataset, uint32_t pair) {
  return dataset->folds[pair];
}

// Which pairs are possible

static siam_status check_classes(const siam_dataset *dataset) {
  const char *path = siam_dataset_get_path(dataset);
  bool same = false;
  for (uint32_t c = 0; c < dataset->class_count && !same; c++)
    same = dataset->class_first[c + 1] - dataset->class_first[c] >= 2;
  if (dataset->class_count < 2)
    return siam_fail(
        SIAM_ERROR_DATA,
        "%s: no `different` pair is possible: all %u pictures are in one class; put the pictures "
        "of each thing into a folder of their own",
        path, dataset->image_count);
  if (!same)
    return siam_fail(SIAM_ERROR_DATA,
                     "%s: no `same` pair is possible: none of the %u classes has two pictures; put all "
                     "pictures of a thing into one folder",
                     path, dataset->class_count);
  return SIAM_OK;
}

siam_status siam_dataset_check_pairs_possible(const siam_dataset *dataset) {
  const char *path = siam_dataset_get_path(dataset);
  if (dataset->form == SIAM_DATASET_PICTURES) return SIAM_OK;
  if (dataset->form == SIAM_DATASET_CLASS_FOLDERS && dataset->image_count == 0)
    return siam_fail(SIAM_ERROR_DATA,
                     "%s: no pictures here (files that end in .png, .jpg, .webp, .bmp, .pgm or .ppm); name "
                     "the folder that holds the class folders",
                     path);
  if (dataset->form == SIAM_DATASET_CLASS_FOLDERS) return check_classes(dataset);
  uint32_t same = 0;
  for (uint32_t p = 0; p < dataset->pair_count; p++) same += dataset->pairs[p].same;
  if (same > 0 && same < dataset->pair_count) return SIAM_OK;
  return siam_fail(SIAM_ERROR_DATA, "%s: no `%s` pair in it; both kinds are needed", path,
                   same == 0 ? "same" : "different");
}

// Opening

/// The form of what lies at a path.
static siam_status tell_form(const char *path, siam_dataset_form *form) {
  siam_status status = SIAM_OK;
  char *list = siam_join_path(path, "pairs.txt"), *same = siam_join_path(path, "same"),
       *different = siam_join_path(path, "different");
  if (list == NULL || same == NULL || different == NULL)
    status = SIAM_ERROR_MEMORY;
  else if (siam_is_file(path))
    *form = SIAM_DATASET_PAIR_LIST;
  else if (siam_is_file(list))
    *form = SIAM_DATASET_LFW_PAIRS;
  else if (siam_is_folder(same) && siam_is_folder(different))
    *form = SIAM_DATASET_PAIR_FOLDERS;
  else
    *form = SIAM_DATASET_CLASS_FOLDERS;
  siam_free(list);
  siam_free(same);
  siam_free(different);
  return status;
}

static siam_status read_form(siam_dataset *dataset, const char *path, const siam_dataset_options *options) {
  const siam_logger *logger = &options->logger;
  switch (dataset->form) {
  case SIAM_DATASET_CLASS_FOLDERS:
    return siam_read_class_folders(path, logger, dataset);
  case SIAM_DATASET_PAIR_FOLDERS:
    return siam_read_pair_folders(path, logger, dataset);
  case SIAM_DATASET_PAIR_LIST:
    return siam_read_pair_list(path, options, dataset);
  case SIAM_DATASET_LFW_PAIRS:
    return siam_read_lfw_pairs(path, logger, dataset);
  default:
    return siam_fail(SIAM_ERROR_ARGUMENT, "%s: not a form to open data with", path);
  }
}

static void report_skipped(const siam_dataset *dataset, const siam_logger *logger) {
  if (dataset->skipped > 0)
    siam_log(logger, SIAM_LOG_WARNING, "%s: %u entr%s skipped", siam_dataset_get_path(dataset),
             dataset->skipped, dataset->skipped == 1 ? "y was" : "ies were");
}

siam_status siam_dataset_open(const char *path, const siam_dataset_options *options, siam_dataset **dataset) {
  siam_status status = SIAM_OK;
  siam_dataset *made = NULL;
  siam_dataset_options chosen = options != NULL ? *options : (siam_dataset_options){0};
  struct stat information;
  if (stat(path, &information) != 0)
    return siam_fail(SIAM_ERROR_FILE, "%s: cannot open: %s; name a folder of pictures or a CSV file", path,
                     strerror(errno));
  if (!S_ISREG(information.st_mode) && !S_ISDIR(information.st_mode))
    return siam_fail(SIAM_ERROR_FILE, "%s: a device or a pipe; name a folder of pictures or a CSV file",
                     path);
  if (S_ISREG(information.st_mode) && siam_picture_has_extension(path))
    return siam_fail(SIAM_ERROR_DATA,
                     "%s: a picture, not a set of them; name a folder of pictures or a CSV file of pairs",
                     path);
  if (chosen.form == SIAM_DATASET_AUTOMATIC) SIAM_TRY(tell_form(path, &chosen.form));
  SIAM_TRY(siam_dataset_create(chosen.form, path, &made));
  SIAM_TRY(read_form(made, path, &chosen));
  SIAM_TRY(siam_dataset_finish(made));
  report_skipped(made, &chosen.logger);
  SIAM_TRY(siam_dataset_check_pairs_possible(made));
  *dataset = made;
  made = NULL;
cleanup:
  siam_dataset_destroy(made);
  return status;
}

siam_status siam_dataset_collect(const char *const *paths, size_t count, const siam_dataset_options *options,
                                 siam_dataset **dataset) {
  siam_status status = SIAM_OK;
  siam_dataset *made = NULL;
  const siam_logger *logger = options != NULL ? &options->logger : NULL;
  if (count == 0) return siam_fail(SIAM_ERROR_ARGUMENT, "no pictures are named; name files or folders");
  SIAM_TRY(siam_dataset_create(SIAM_DATASET_PICTURES, paths[0], &made));
  SIAM_TRY(siam_read_pictures(paths, count, logger, made));
  SIAM_TRY(siam_dataset_finish(made));
  report_skipped(made, logger);
  if (made->image_count == 0) {
    status = siam_fail(SIAM_ERROR_DATA, "%s: no pictures here; name files or folders of pictures", paths[0]);
    goto cleanup;
  }
  *dataset = made;
  made = NULL;
cleanup:
  siam_dataset_destroy(made);
  return status;
}
