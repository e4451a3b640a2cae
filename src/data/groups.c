/// Which pictures must stay together: union-find over the pairs (Tarjan 1975, with path halving).
#include "data/dataset.h"

#include "base/memory.h"

static uint32_t root_of(uint32_t *above, uint32_t image) {
  while (above[image] != image) {
    above[image] = above[above[image]];
    image = above[image];
  }
  return image;
}

/// The smaller number becomes the root, so that groups are numbered by their first picture.
static void join(uint32_t *above, uint32_t a, uint32_t b) {
  a = root_of(above, a);
  b = root_of(above, b);
  if (a < b)
    above[b] = a;
  else
    above[a] = b;
}

siam_status siam_dataset_find_groups(const siam_dataset *dataset, bool same_only, uint32_t *group,
                                     uint32_t *groups) {
  siam_status status = SIAM_OK;
  uint32_t *above = NULL;
  uint32_t images = siam_dataset_count_images(dataset), next = 0;
  const siam_pair *pairs = siam_dataset_get_pairs(dataset);
  SIAM_TRY_ALLOCATE(above, images);
  for (uint32_t i = 0; i < images; i++) above[i] = i;
  for (uint32_t p = 0; p < siam_dataset_count_pairs(dataset); p++)
    if (pairs[p].same || !same_only) join(above, pairs[p].a, pairs[p].b);
  for (uint32_t c = 0; c < siam_dataset_count_classes(dataset); c++) {
    uint32_t count = 0;
    const uint32_t *members = siam_dataset_get_class_images(dataset, c, &count);
    for (uint32_t i = 1; i < count; i++) join(above, members[0], members[i]);
  }
  // A root comes before the rest of its group.
  for (uint32_t i = 0; i < images; i++) group[i] = above[i] == i ? next++ : group[root_of(above, i)];
  *groups = next;
cleanup:
  siam_free(above);
  return status;
}
