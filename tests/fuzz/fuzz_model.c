/// Model files, up to the network on the device: what is loaded can be saved.
#include "target.h"

#include <siamese/model.h>

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t capacity, unsigned seed) {
  return fuzz_mutate_safetensors(bytes, count, capacity, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  siam_model *model = NULL;
  const char *path = fuzz_file("model", bytes, count);
  if (siam_model_load(fuzz_device(), path, &model) == SIAM_OK) {
    siam_model_info info = siam_model_get_info(model);
    FUZZ_REQUIRE(info.weights * sizeof(float) <= count);
    FUZZ_REQUIRE(siam_model_save(model, path) == SIAM_OK);
  }
  siam_model_destroy(model);
  return 0;
}
