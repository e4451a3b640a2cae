/// Checkpoints of one small network: restored or refused.
#include "model/description.h"
#include "pipeline/checkpoint.h"
#include "target.h"

#include <string.h>

static siam_model *model;
static siam_step *step;

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t capacity, unsigned seed) {
  return fuzz_mutate_safetensors(bytes, count, capacity, seed);
}

static void begin(void) {
  siam_network *network = NULL;
  siam_step_options options = {.rows = 4};
  FUZZ_REQUIRE(siam_description_parse("fuzz", "input 2 2 1\nflatten\nlinear 2\n", NULL, &network) == SIAM_OK);
  FUZZ_REQUIRE(siam_model_wrap(fuzz_device(), network, 1, &model) == SIAM_OK);
  FUZZ_REQUIRE(siam_loss_parse("contrastive", &options.loss) == SIAM_OK);
  options.loss.pairing = SIAM_PAIRING_DRAWN;
  FUZZ_REQUIRE(siam_optimizer_find("sgd", &options.optimizer) == SIAM_OK);
  options.optimizer_options = options.optimizer->standard;
  FUZZ_REQUIRE(siam_step_create(model, &options, &step) == SIAM_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  if (step == NULL) begin();
  siam_checkpoint checkpoint = {.settings = "seed 1\nrate 0.1\n"};
  const char *path = fuzz_file("checkpoint", bytes, count);
  if (siam_checkpoint_load(path, NULL, model, step, &checkpoint) == SIAM_OK)
    FUZZ_REQUIRE(checkpoint.seconds >= 0);
  return 0;
}
