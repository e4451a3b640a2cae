/// Lists of LFW pairs beside the folders of Ann and Bob.
#include "data/dataset_build.h"
#include "target.h"

#include <string.h>
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
  siam_dataset *dataset = NULL;
  char *text = fuzz_text(bytes, count);
  FUZZ_REQUIRE(siam_dataset_create(SIAM_DATASET_PAIR_LIST, fuzz_folder(), &dataset) == SIAM_OK);
  if (siam_parse_lfw_pairs(fuzz_folder(), text, NULL, dataset) == SIAM_OK) fuzz_check_pairs(dataset);
  siam_dataset_destroy(dataset);
  free(text);
  return 0;
}
