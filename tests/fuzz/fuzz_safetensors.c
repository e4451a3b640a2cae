/// safetensors: what is taken can be written, and the written file has the same numbers and metadata.
#include "base/memory.h"
#include "model/safetensors.h"
#include "target.h"

#include <string.h>

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t capacity, unsigned seed) {
  return fuzz_mutate_safetensors(bytes, count, capacity, seed);
}

static void check(const siam_safetensors *file, const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < siam_safetensors_count(file); i++) {
    const siam_safetensors_tensor *tensor = siam_safetensors_get(file, i);
    FUZZ_REQUIRE(siam_safetensors_find(file, tensor->name) == tensor);
    FUZZ_REQUIRE(tensor->rank <= SIAM_SAFETENSORS_RANK);
    if (tensor->values == NULL || tensor->count == 0) continue;
    FUZZ_REQUIRE(tensor->count <= count / sizeof(float));
    const uint8_t *first = (const uint8_t *)tensor->values;
    volatile float last = tensor->values[tensor->count - 1];
    (void)last;
    // Either in place, or a copy of what lies in the file.
    if (first < bytes || first >= bytes + count)
      FUZZ_REQUIRE(memmem(bytes, count, first, tensor->count * sizeof(float)) != NULL);
  }
  for (size_t i = 0; i < siam_safetensors_count_metadata(file); i++)
    FUZZ_REQUIRE(siam_safetensors_find_metadata(file, siam_safetensors_get_metadata(file, i)->key) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  siam_safetensors *file = NULL;
  siam_safetensors_options options = {.require_finite = count % 2 == 0};
  if (siam_safetensors_parse("input", bytes, count, &options, &file) == SIAM_OK) check(file, bytes, count);
  siam_safetensors_destroy(file);
  return 0;
}
