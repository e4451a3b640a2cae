#include "pipeline/checkpoint.h"

#include "base/memory.h"
#include "model/safetensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "siamese-checkpoint"

siam_status siam_checkpoint_save(const char *path, const siam_model *model, const siam_step *step,
                                 const siam_checkpoint *checkpoint) {
  siam_status status = SIAM_OK;
  const siam_store *store = &model->network->store;
  size_t state_count = 0;
  cl_mem state = siam_step_state(step, &state_count);
  float *weights = NULL, *moments = NULL;
  SIAM_TRY_ALLOCATE(weights, store->total);
  SIAM_TRY_ALLOCATE(moments, state_count);
  SIAM_TRY(siam_buffer_read(model->device, store->weights, 0, store->total, weights));
  SIAM_TRY(siam_buffer_read(model->device, state, 0, state_count, moments));
  char number[16], seconds[32];
  snprintf(number, sizeof number, "%" PRIu32, checkpoint->step);
  snprintf(seconds, sizeof seconds, "%.3f", checkpoint->seconds);
  const siam_safetensors_tensor tensors[] = {
      {.name = "weights", .rank = 1, .shape = {store->total}, .values = weights},
      {.name = "optimizer", .rank = 1, .shape = {state_count}, .values = moments}};
  const siam_safetensors_text metadata[] = {
      {"format", FORMAT}, {"step", number}, {"seconds", seconds}, {"settings", checkpoint->settings}};
  SIAM_TRY(siam_safetensors_save(path, &(siam_safetensors_content){.tensors = tensors,
                                                                   .tensor_count = 2,
                                                                   .metadata = metadata,
                                                                   .metadata_count = 4,
                                                                   .checksum = true}));
cleanup:
  siam_free(weights);
  siam_free(moments);
  return status;
}

/// Names the first line in which two settings differ.
static siam_status compare_settings(const char *saved, const char *wanted) {
  while (*saved != '\0' || *wanted != '\0') {
    size_t saved_length = strcspn(saved, "\n"), wanted_length = strcspn(wanted, "\n");
    if (saved_length != wanted_length || strncmp(saved, wanted, saved_length) != 0)
      return siam_fail(
          SIAM_ERROR_ARGUMENT,
          "was written with '%.*s' and this run has '%.*s'; give the same options, or start anew "
          "without --resume",
          (int)saved_length, saved, (int)wanted_length, wanted);
    saved += saved_length + (saved[saved_length] == '\n');
    wanted += wanted_length + (wanted[wanted_length] == '\n');
  }
  return SIAM_OK;
}

static siam_status read_number(const siam_safetensors *file, const char *key, double *number) {
  const char *text = siam_safetensors_find_metadata(file, key);
  char *end = NULL;
  *number = text != NULL ? strtod(text, &end) : -1;
  if (text == NULL || end == text || *end != '\0' || !(*number >= 0 && *number <= UINT32_MAX))
    return siam_fail(SIAM_ERROR_FORMAT, "does not say its %s", key);
  return SIAM_OK;
}

static siam_status restore(const siam_safetensors *file, siam_model *model, siam_step *step,
                           siam_checkpoint *checkpoint) {
  const siam_store *store = &model->network->store;
  size_t state_count = 0;
  cl_mem state = siam_step_state(step, &state_count);
  const char *format = siam_safetensors_find_metadata(file, "format");
  const char *settings = siam_safetensors_find_metadata(file, "settings");
  if (format == NULL || strcmp(format, FORMAT) != 0 || settings == NULL)
    return siam_fail(SIAM_ERROR_FORMAT, "not a checkpoint");
  SIAM_RETURN_IF_FAILED(compare_settings(settings, checkpoint->settings));
  const siam_safetensors_tensor *weights = siam_safetensors_find(file, "weights");
  const siam_safetensors_tensor *moments = siam_safetensors_find(file, "optimizer");
  if (weights == NULL || moments == NULL || weights->values == NULL || moments->values == NULL ||
      weights->count != store->total || moments->count != state_count)
    return siam_fail(SIAM_ERROR_FORMAT, "holds weights of another network");
  double number = 0;
  SIAM_RETURN_IF_FAILED(read_number(file, "step", &number));
  SIAM_RETURN_IF_FAILED(read_number(file, "seconds", &checkpoint->seconds));
  checkpoint->step = (uint32_t)number;
  SIAM_RETURN_IF_FAILED(siam_buffer_write(model->device, store->weights, 0, store->total, weights->values));
  return siam_buffer_write(model->device, state, 0, state_count, moments->values);
}

siam_status siam_checkpoint_load(const char *path, siam_model *model, siam_step *step,
                                 siam_checkpoint *checkpoint) {
  siam_safetensors *file = NULL;
  SIAM_RETURN_IF_FAILED(
      siam_safetensors_load(path, &(siam_safetensors_options){.require_finite = true}, &file));
  siam_status status = restore(file, model, step, checkpoint);
  siam_safetensors_destroy(file);
  return status == SIAM_OK ? SIAM_OK : siam_fail_within(status, "%s", path);
}
