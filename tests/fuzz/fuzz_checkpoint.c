/// Checkpoints of one small network: taken, with all their numbers, or refused.
#include "pipeline/checkpoint.h"
#include "target.h"

enum { WEIGHTS = 10, STATE = 12 };

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t capacity, unsigned seed) {
  return fuzz_mutate_safetensors(bytes, count, capacity, seed);
}

static float sum(const float *values, size_t count) {
  float total = 0;
  for (size_t i = 0; i < count; i++) total += values[i];
  return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  siam_safetensors *file = NULL;
  siam_selection selection = {0};
  siam_checkpoint checkpoint = {.settings = "seed 1\nrate 0.1\n", .selection = &selection};
  const float *weights = NULL, *state = NULL;
  const siam_safetensors_options options = {.require_finite = true};
  if (siam_safetensors_parse("input", bytes, count, &options, &file) == SIAM_OK &&
      siam_checkpoint_read(file, WEIGHTS, STATE, &checkpoint, &weights, &state) == SIAM_OK) {
    volatile float seen = sum(weights, WEIGHTS) + sum(state, STATE);
    if (selection.weights != NULL) seen += sum(selection.weights, WEIGHTS);
    (void)seen;
    FUZZ_REQUIRE(checkpoint.seconds >= 0 && selection.score >= 0);
  }
  siam_selection_clear(&selection);
  siam_safetensors_destroy(file);
  return 0;
}
