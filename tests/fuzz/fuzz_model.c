/// Model files, up to where a device would be needed: what is taken has every parameter of its encoder, whose
/// description is read back.
#include "model/description.h"
#include "model/model.h"
#include "target.h"

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t capacity, unsigned seed) {
  return fuzz_mutate_safetensors(bytes, count, capacity, seed);
}

static void check(const siam_safetensors *file, const siam_model *model, size_t count) {
  const siam_store *store = &model->network->store;
  siam_network *again = NULL;
  size_t numbers = 0;
  for (size_t i = 0; i < store->count; i++) {
    if (store->parameters[i].users == 0) continue;
    const siam_safetensors_tensor *tensor = siam_safetensors_find(file, store->parameters[i].name);
    FUZZ_REQUIRE(tensor != NULL && tensor->values != NULL && tensor->count == store->parameters[i].count);
    numbers += tensor->count;
  }
  FUZZ_REQUIRE(numbers <= count / sizeof(float));
  FUZZ_REQUIRE(siam_description_parse("written", model->encoder, NULL, &again) == SIAM_OK);
  siam_network_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  siam_safetensors *file = NULL;
  siam_model *model = NULL;
  const siam_safetensors_options options = {.require_finite = true};
  if (siam_safetensors_parse("input", bytes, count, &options, &file) == SIAM_OK &&
      siam_model_read(file, &model) == SIAM_OK)
    check(file, model, count);
  siam_model_destroy(model);
  siam_safetensors_destroy(file);
  return 0;
}
