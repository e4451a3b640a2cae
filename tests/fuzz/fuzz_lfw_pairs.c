/// Lists of LFW pairs beside the folders of Ann and Bob.
#include "data/dataset_build.h"
#include "target.h"

#include <sys/stat.h>

/// Folders of two persons with three pictures each.
static void make_persons(void) {
  static const char *const names[] = {"Ann", "Bob"};
  for (int person = 0; person < 2; person++) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), names[person]);
    FUZZ_REQUIRE(mkdir(path, 0700) == 0);
    for (int i = 1; i <= 3; i++) {
      snprintf(path, sizeof path, "%s/%s_%04d.jpg", names[person], names[person], i);
      fuzz_file(path, NULL, 0);
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  static bool made;
  if (!made) make_persons();
  made = true;
  fuzz_file("pairs.txt", bytes, count);
  siam_dataset *dataset = NULL;
  FUZZ_REQUIRE(siam_dataset_create(SIAM_DATASET_PAIR_LIST, fuzz_folder(), &dataset) == SIAM_OK);
  if (siam_read_lfw_pairs(fuzz_folder(), NULL, dataset) == SIAM_OK)
    for (uint32_t i = 0; i < dataset->pair_count; i++) {
      const siam_pair *pair = &dataset->pairs[i];
      FUZZ_REQUIRE(pair->a < dataset->image_count && pair->b < dataset->image_count && pair->a != pair->b);
    }
  siam_dataset_destroy(dataset);
  return 0;
}
