#include "data/sampler_parts.h"

#include "base/memory.h"

#include <string.h>

siam_status siam_class_lists_make(siam_class_lists *lists, const siam_dataset *dataset) {
  siam_status status = SIAM_OK;
  uint32_t count = siam_dataset_count_classes(dataset), parents = siam_dataset_count_parents(dataset);
  *lists = (siam_class_lists){.count = count, .parent_count = parents + 1};
  SIAM_TRY_ALLOCATE(lists->all, count);
  SIAM_TRY_ALLOCATE(lists->several, count);
  SIAM_TRY_ALLOCATE(lists->first, (size_t)count + 1);
  SIAM_TRY_ALLOCATE(lists->images, siam_dataset_count_images(dataset));
  SIAM_TRY_ALLOCATE(lists->parent, count);
  for (uint32_t c = 0; c < count; c++) {
    uint32_t images = 0, parent = siam_dataset_get_class_parent(dataset, c);
    const uint32_t *of_class = siam_dataset_get_class_images(dataset, c, &images);
    memcpy(lists->images + lists->first[c], of_class, images * sizeof *of_class);
    lists->first[c + 1] = lists->first[c] + images;
    lists->all[c] = c;
    lists->parent[c] = parent == SIAM_NO_CLASS ? parents : parent;
    if (images >= 2) lists->several[lists->several_count++] = c;
  }
cleanup:
  return status;
}

void siam_class_lists_clear(siam_class_lists *lists) {
  siam_free(lists->all);
  siam_free(lists->several);
  siam_free(lists->first);
  siam_free(lists->images);
  siam_free(lists->parent);
  *lists = (siam_class_lists){0};
}

void siam_group_by_parent(const siam_class_lists *lists, const uint32_t *walk, uint32_t *fill,
                          uint32_t *grouped) {
  uint32_t next = 0;
  memset(fill, 0, lists->parent_count * sizeof *fill);
  for (uint32_t c = 0; c < lists->count; c++) fill[lists->parent[c]]++;
  // From sizes to places: a parent is placed when the walk meets its first class, marked by its top bit.
  for (uint32_t i = 0; i < lists->count; i++) {
    uint32_t *place = &fill[lists->parent[walk[i]]];
    if ((*place & UINT32_C(0x80000000)) == 0) {
      uint32_t size = *place;
      *place = next | UINT32_C(0x80000000);
      next += size;
    }
    grouped[(*place)++ & UINT32_C(0x7FFFFFFF)] = walk[i];
  }
}
