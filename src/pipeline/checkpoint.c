#include "pipeline/checkpoint.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT "siamese-checkpoint"

/// The best weights so far, and in the metadata what is known of them.
#define BEST "best"
#define BEST_STEP "best_step"
#define BEST_SCORE "best_score"
#define BEST_WORSE "looks_without_better"

char *siam_checkpoint_beside(const char *path, const char *ending) {
  siam_text name = {0};
  siam_text_add(&name, "%s%s", path, ending);
  if (siam_text_status(&name) == SIAM_OK) return name.bytes;
  siam_text_clear(&name);
  return NULL;
}

/// Puts the next checkpoint in the place of the last one, which becomes the previous one. Whenever this ends,
/// the last complete one has one of the two names.
static siam_status advance(const char *path, const char *next) {
  char *previous = siam_checkpoint_beside(path, SIAM_CHECKPOINT_PREVIOUS);
  if (previous == NULL) return SIAM_ERROR_MEMORY;
  struct stat there;
  // There is none at first, and what is no file is none of ours.
  if (lstat(path, &there) == 0 && S_ISREG(there.st_mode)) (void)rename(path, previous);
  siam_status status = siam_file_move(next, path);
  siam_free(previous);
  return status;
}

bool siam_checkpoint_exists(const char *path) {
  char *previous = siam_checkpoint_beside(path, SIAM_CHECKPOINT_PREVIOUS);
  bool exists = access(path, F_OK) == 0 || (previous != NULL && access(previous, F_OK) == 0);
  siam_free(previous);
  return exists;
}

static void remove_beside(const char *path, const char *ending) {
  char *name = siam_checkpoint_beside(path, ending);
  if (name != NULL) unlink(name);
  siam_free(name);
}

void siam_checkpoint_remove(const char *path) {
  unlink(path);
  remove_beside(path, SIAM_CHECKPOINT_PREVIOUS);
  remove_beside(path, SIAM_CHECKPOINT_NEXT);
}

siam_status siam_checkpoint_save(const char *path, const siam_model *model, const siam_step *step,
                                 const siam_checkpoint *checkpoint) {
  siam_status status = SIAM_OK;
  const siam_store *store = &model->network->store;
  size_t state_count = 0;
  cl_mem state = siam_step_state(step, &state_count);
  float *weights = NULL, *moments = NULL;
  char *next = siam_checkpoint_beside(path, SIAM_CHECKPOINT_NEXT);
  if (next == NULL) return SIAM_ERROR_MEMORY;
  SIAM_TRY_ALLOCATE(weights, store->total);
  SIAM_TRY_ALLOCATE(moments, state_count);
  SIAM_TRY(siam_buffer_read(model->device, store->weights, 0, store->total, weights));
  SIAM_TRY(siam_buffer_read(model->device, state, 0, state_count, moments));
  char number[16], seconds[32], best_step[16], best_score[32], worse[16];
  snprintf(number, sizeof number, "%" PRIu32, checkpoint->step);
  snprintf(seconds, sizeof seconds, "%.3f", checkpoint->seconds);
  const siam_selection *selection = checkpoint->selection;
  const bool selects = selection != NULL && selection->weights != NULL;
  if (selects) {
    snprintf(best_step, sizeof best_step, "%" PRIu32, selection->step);
    snprintf(best_score, sizeof best_score, "%.17g", selection->score);
    snprintf(worse, sizeof worse, "%" PRIu32, selection->worse);
  }
  const siam_safetensors_tensor tensors[] = {
      {.name = "weights", .rank = 1, .shape = {store->total}, .values = weights},
      {.name = "optimizer", .rank = 1, .shape = {state_count}, .values = moments},
      {.name = BEST, .rank = 1, .shape = {store->total}, .values = selects ? selection->weights : NULL}};
  const siam_safetensors_text metadata[] = {{"format", FORMAT},     {"step", number},
                                            {"seconds", seconds},   {"settings", checkpoint->settings},
                                            {BEST_STEP, best_step}, {BEST_SCORE, best_score},
                                            {BEST_WORSE, worse}};
  SIAM_TRY(siam_safetensors_save(next, &(siam_safetensors_content){.tensors = tensors,
                                                                   .tensor_count = selects ? 3 : 2,
                                                                   .metadata = metadata,
                                                                   .metadata_count = selects ? 7 : 4,
                                                                   .checksum = true}));
  SIAM_TRY(advance(path, next));
cleanup:
  if (status != SIAM_OK) unlink(next);
  siam_free(next);
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

/// The best weights so far, where the file has some.
static siam_status restore_selection(const siam_safetensors *file, size_t count, siam_selection *selection) {
  const siam_safetensors_tensor *weights = siam_safetensors_find(file, BEST);
  double step = 0, worse = 0;
  if (selection != NULL) siam_selection_clear(selection);
  if (weights == NULL) return SIAM_OK;
  if (selection == NULL || weights->values == NULL || weights->count != count)
    return siam_fail(SIAM_ERROR_FORMAT, "holds best weights of another network");
  SIAM_RETURN_IF_FAILED(read_number(file, BEST_STEP, &step));
  SIAM_RETURN_IF_FAILED(read_number(file, BEST_SCORE, &selection->score));
  SIAM_RETURN_IF_FAILED(read_number(file, BEST_WORSE, &worse));
  selection->step = (uint32_t)step;
  selection->worse = (uint32_t)worse;
  selection->weights = siam_allocate(count, sizeof *selection->weights);
  if (selection->weights == NULL) return SIAM_ERROR_MEMORY;
  memcpy(selection->weights, weights->values, count * sizeof *selection->weights);
  return SIAM_OK;
}

siam_status siam_checkpoint_read(const siam_safetensors *file, size_t weight_count, size_t state_count,
                                 siam_checkpoint *checkpoint, const float **weight_values,
                                 const float **state_values) {
  const char *format = siam_safetensors_find_metadata(file, "format");
  const char *settings = siam_safetensors_find_metadata(file, "settings");
  if (format == NULL || strcmp(format, FORMAT) != 0 || settings == NULL)
    return siam_fail(SIAM_ERROR_FORMAT, "not a checkpoint");
  SIAM_RETURN_IF_FAILED(compare_settings(settings, checkpoint->settings));
  const siam_safetensors_tensor *weights = siam_safetensors_find(file, "weights");
  const siam_safetensors_tensor *moments = siam_safetensors_find(file, "optimizer");
  if (weights == NULL || moments == NULL || weights->values == NULL || moments->values == NULL ||
      weights->count != weight_count || moments->count != state_count)
    return siam_fail(SIAM_ERROR_FORMAT, "holds weights of another network");
  double number = 0;
  SIAM_RETURN_IF_FAILED(read_number(file, "step", &number));
  SIAM_RETURN_IF_FAILED(read_number(file, "seconds", &checkpoint->seconds));
  checkpoint->step = (uint32_t)number;
  SIAM_RETURN_IF_FAILED(restore_selection(file, weight_count, checkpoint->selection));
  *weight_values = weights->values;
  *state_values = moments->values;
  return SIAM_OK;
}

static siam_status restore(const siam_safetensors *file, siam_model *model, siam_step *step,
                           siam_checkpoint *checkpoint) {
  const siam_store *store = &model->network->store;
  const float *weights = NULL, *moments = NULL;
  size_t state_count = 0;
  cl_mem state = siam_step_state(step, &state_count);
  SIAM_RETURN_IF_FAILED(
      siam_checkpoint_read(file, store->total, state_count, checkpoint, &weights, &moments));
  SIAM_RETURN_IF_FAILED(siam_buffer_write(model->device, store->weights, 0, store->total, weights));
  return siam_buffer_write(model->device, state, 0, state_count, moments);
}

static siam_status load_one(const char *path, siam_model *model, siam_step *step,
                            siam_checkpoint *checkpoint) {
  siam_safetensors *file = NULL;
  SIAM_RETURN_IF_FAILED(
      siam_safetensors_load(path, &(siam_safetensors_options){.require_finite = true}, &file));
  siam_status status = restore(file, model, step, checkpoint);
  siam_safetensors_destroy(file);
  return status == SIAM_OK ? SIAM_OK : siam_fail_within(status, "%s", path);
}

/// Whether a failure says that the file is no use, and not that the run is another one or the machine in
/// trouble.
static bool is_fault_of_file(siam_status status) {
  return status == SIAM_ERROR_FILE || status == SIAM_ERROR_FORMAT || status == SIAM_ERROR_NUMERIC;
}

siam_status siam_checkpoint_load(const char *path, const siam_logger *logger, siam_model *model,
                                 siam_step *step, siam_checkpoint *checkpoint) {
  siam_status status = load_one(path, model, step, checkpoint);
  if (!is_fault_of_file(status)) return status;
  char *previous = siam_checkpoint_beside(path, SIAM_CHECKPOINT_PREVIOUS);
  if (previous == NULL) return SIAM_ERROR_MEMORY;
  if (access(previous, F_OK) == 0) {
    siam_log(logger, SIAM_LOG_WARNING, "%s; going on from the checkpoint before it, %s", siam_last_error(),
             previous);
    status = load_one(previous, model, step, checkpoint);
    // A damaged one must not become the previous one when the next is saved.
    if (status == SIAM_OK) (void)siam_file_move(previous, path);
  }
  siam_free(previous);
  return status;
}
