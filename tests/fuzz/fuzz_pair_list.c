/// Pair lists: what is read refers to pictures that are there.
#include "data/dataset_build.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  const char *path = fuzz_file("list.csv", bytes, count);
  siam_dataset *dataset = NULL;
  if (siam_dataset_open(path, NULL, &dataset) == SIAM_OK) {
    FUZZ_REQUIRE(dataset->pair_count > 0);
    for (uint32_t i = 0; i < dataset->pair_count; i++) {
      const siam_pair *pair = &dataset->pairs[i];
      FUZZ_REQUIRE(pair->a < dataset->image_count && pair->b < dataset->image_count && pair->a != pair->b);
    }
  }
  siam_dataset_destroy(dataset);
  return 0;
}
