#include "sets.h"

#include "data/dataset_build.h"

#include <stdio.h>
#include <stdlib.h>

static void must(siam_status status) {
  if (status == SIAM_OK) return;
  fprintf(stderr, "%s\n", siam_last_error());
  abort();
}

siam_dataset *siam_test_classes(const uint32_t *sizes, const uint32_t *parents, uint32_t count) {
  siam_dataset *dataset = NULL;
  char name[64];
  uint32_t parent_count = 1;
  must(siam_dataset_create(SIAM_DATASET_CLASS_FOLDERS, "set", &dataset));
  for (uint32_t c = 0; c < count && parents != NULL; c++)
    if (parents[c] >= parent_count) parent_count = parents[c] + 1;
  for (uint32_t p = 0; p < parent_count; p++) {
    snprintf(name, sizeof name, "p%u", p);
    must(siam_dataset_add_parent(dataset, name, NULL));
  }
  for (uint32_t c = 0; c < count; c++) {
    snprintf(name, sizeof name, "p%u/c%u", parents != NULL ? parents[c] : 0, c);
    must(siam_dataset_add_class(dataset, name, parents != NULL ? parents[c] : 0, NULL));
    for (uint32_t i = 0; i < sizes[c]; i++) {
      snprintf(name, sizeof name, "set/c%u/%u.png", c, i);
      must(siam_dataset_add_image(dataset, name, c, NULL));
    }
  }
  must(siam_dataset_finish(dataset));
  return dataset;
}

siam_dataset *siam_test_pairs(uint32_t images, const siam_pair *pairs, uint32_t count) {
  siam_dataset *dataset = NULL;
  char name[64];
  must(siam_dataset_create(SIAM_DATASET_PAIR_LIST, "list.csv", &dataset));
  for (uint32_t i = 0; i < images; i++) {
    snprintf(name, sizeof name, "%u.png", i);
    must(siam_dataset_add_image(dataset, name, SIAM_NO_CLASS, NULL));
  }
  for (uint32_t p = 0; p < count; p++) must(siam_dataset_add_pair(dataset, pairs[p], 0));
  must(siam_dataset_finish(dataset));
  return dataset;
}
