/// Pair lists: what is read refers to pictures that are there.
#include "target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  static const siam_dataset_options options;
  static char path[512];
  if (path[0] == '\0') snprintf(path, sizeof path, "%s/list.csv", fuzz_folder());
  siam_dataset *dataset = NULL;
  char *text = fuzz_text(bytes, count);
  FUZZ_REQUIRE(siam_dataset_create(SIAM_DATASET_PAIR_LIST, path, &dataset) == SIAM_OK);
  if (siam_parse_pair_list(path, (uint8_t *)text, count, &options, dataset) == SIAM_OK)
    fuzz_check_pairs(dataset);
  siam_dataset_destroy(dataset);
  free(text);
  return 0;
}
