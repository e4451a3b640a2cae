/// What is kept of tuning: problems and choices that are found again, within their sizes.
#include "device/tuning.h"
#include "target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  siam_device device = {0};
  const char *problem = NULL, *choice = NULL;
  FUZZ_REQUIRE(siam_tuning_parse(&device, bytes, count) == SIAM_OK);
  for (size_t i = 0; siam_tuning_at(&device, i, &problem, &choice); i++) {
    FUZZ_REQUIRE(strlen(problem) < SIAM_TUNING_PROBLEM_SIZE && strlen(choice) < SIAM_TUNING_CHOICE_SIZE);
    FUZZ_REQUIRE(siam_tuning_find(&device, problem) == choice);
  }
  siam_tuning_release(&device);
  return 0;
}
