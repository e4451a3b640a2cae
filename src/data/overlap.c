#include "data/overlap.h"

#include "data/key_map.h"

#include <sys/stat.h>

/// Looks a picture's file up, and notes it with `mark` where it is new.
static siam_status look_up(siam_key_map *files, const siam_dataset *dataset, uint32_t image, uint32_t mark,
                           uint32_t *found) {
  struct stat information;
  *found = mark;
  if (stat(siam_dataset_get_image_path(dataset, image), &information) != 0) return SIAM_OK;
  return siam_key_map_put(files, (uint64_t)information.st_dev, (uint64_t)information.st_ino, mark, found,
                          NULL);
}

siam_status siam_dataset_count_common(const siam_dataset *first, const siam_dataset *second,
                                      uint32_t *count) {
  siam_status status = SIAM_OK;
  siam_key_map files = {0};
  uint32_t mark = 0;
  *count = 0;
  for (uint32_t i = 0; i < siam_dataset_count_images(first); i++)
    SIAM_TRY(look_up(&files, first, i, 1, &mark));
  for (uint32_t i = 0; i < siam_dataset_count_images(second); i++) {
    SIAM_TRY(look_up(&files, second, i, 2, &mark));
    *count += mark == 1;
  }
cleanup:
  siam_key_map_clear(&files);
  return status;
}
