#include "pipeline/computations.h"

#include "base/memory.h"
#include "pipeline/embedder.h"
#include "pipeline/step.h"

#include <string.h>

/// Notes a computation that a door was asked for.
static void note(void *context, const siam_tunable *tunable) {
  siam_computations *found = context;
  for (size_t i = 0; i < found->count; i++)
    if (strcmp(found->list[i].name, tunable->name) == 0) return;
  const siam_status status = SIAM_GROW(found->list, found->count, found->capacity);
  if (status != SIAM_OK)
    found->status = status;
  else
    found->list[found->count++] = *tunable;
}

/// Writes the tapes of a training step and of embedding, so that the doors are asked for all they need.
static siam_status visit(siam_model *model, int pairs, uint32_t embedded) {
  siam_status status = SIAM_OK;
  siam_step *step = NULL;
  siam_embedder *embedder = NULL;
  const uint32_t batches[] = {embedded, 1};
  siam_step_options options = {.rows = 2 * pairs};
  SIAM_TRY(siam_loss_parse(siam_loss_types[0]->name, &options.loss));
  SIAM_TRY(siam_optimizer_find("adamw", &options.optimizer));
  options.loss.pairing = SIAM_PAIRING_DRAWN;
  options.optimizer_options = options.optimizer->standard;
  SIAM_TRY(siam_step_create(model, &options, &step));
  for (int i = 0; i < 2; i++) {
    SIAM_TRY(siam_embedder_create(model, batches[i], &embedder));
    siam_embedder_destroy(embedder);
    embedder = NULL;
  }
cleanup:
  siam_step_destroy(step);
  siam_embedder_destroy(embedder);
  return status;
}

siam_status siam_computations_collect_of(siam_model *model, int pairs, uint32_t embedded,
                                         siam_computations *computations) {
  siam_device *device = model->device;
  device->observe = note;
  device->observe_context = computations;
  const siam_status status = visit(model, pairs, embedded);
  device->observe = NULL;
  return status != SIAM_OK ? status : computations->status;
}

siam_status siam_computations_collect(siam_device *device, const char *encoder, int pairs, uint32_t embedded,
                                      siam_computations *computations) {
  siam_model *model = NULL;
  SIAM_RETURN_IF_FAILED(siam_model_create(device, &(siam_model_options){.encoder = encoder}, &model));
  const siam_status status = siam_computations_collect_of(model, pairs, embedded, computations);
  siam_model_destroy(model);
  return status;
}

void siam_computations_clear(siam_computations *computations) {
  siam_free(computations->list);
  *computations = (siam_computations){0};
}
