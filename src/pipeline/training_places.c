// Where a training writes: the model, what stands beside it while it is trained, log, report and pictures.
#include "base/file.h"
#include "base/memory.h"
#include "base/outputs.h"
#include "pipeline/checkpoint.h"
#include "pipeline/report.h"
#include "pipeline/training.h"

static siam_status name_checkpoint(siam_training *run) {
  siam_text path = {0};
  siam_text_add(&path, "%s.checkpoint", run->options->output);
  SIAM_RETURN_IF_FAILED(siam_text_status(&path));
  run->checkpoint_path = path.bytes;
  return SIAM_OK;
}

/// The validation pictures are others, so they have a cache of their own.
static siam_status name_validation_cache(siam_training *run) {
  siam_text path = {0};
  if (run->options->picture_cache == NULL) return SIAM_OK;
  siam_text_add(&path, "%s.validation", run->options->picture_cache);
  SIAM_RETURN_IF_FAILED(siam_text_status(&path));
  run->validation_cache = path.bytes;
  return SIAM_OK;
}

/// No two of the files may be one: the later would replace the earlier, and hours of training with it.
static siam_status check_distinct(const siam_training *run) {
  const siam_train_options *options = run->options;
  char *previous = siam_checkpoint_beside(run->checkpoint_path, SIAM_CHECKPOINT_PREVIOUS);
  char *next = siam_checkpoint_beside(run->checkpoint_path, SIAM_CHECKPOINT_NEXT);
  const siam_output outputs[] = {{options->output, "the model"},
                                 {run->checkpoint_path, "the checkpoint"},
                                 {previous, "the checkpoint before the last"},
                                 {next, "the next checkpoint"},
                                 {options->log, "the log"},
                                 {options->report, "the report"},
                                 {options->picture_cache, "the cache of pictures"},
                                 {run->validation_cache, "the cache of validation pictures"}};
  const siam_status status = previous != NULL && next != NULL
                                 ? siam_outputs_check(outputs, sizeof outputs / sizeof *outputs)
                                 : SIAM_ERROR_MEMORY;
  siam_free(previous);
  siam_free(next);
  return status;
}

static siam_status check_log(const char *path) {
  SIAM_RETURN_IF_FAILED(siam_file_check_place(path));
  return siam_file_check_kind(path, 0, "step,", "log of a training");
}

siam_status siam_training_check_places(siam_training *run) {
  const siam_train_options *options = run->options;
  if (options->data == NULL || (options->output == NULL && !run->only_tries))
    return siam_fail(SIAM_ERROR_ARGUMENT, "training needs data and the name of the model file");
  if (run->only_tries) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(name_checkpoint(run));
  SIAM_RETURN_IF_FAILED(name_validation_cache(run));
  SIAM_RETURN_IF_FAILED(check_distinct(run));
  SIAM_RETURN_IF_FAILED(siam_file_check_place(options->output));
  SIAM_RETURN_IF_FAILED(siam_file_check_kind(options->output, 8, "{\"__metadata__\"", "model"));
  SIAM_RETURN_IF_FAILED(siam_file_check_place(run->checkpoint_path));
  SIAM_RETURN_IF_FAILED(siam_lock_take(options->output, &run->lock));
  if (options->log != NULL) SIAM_RETURN_IF_FAILED(check_log(options->log));
  if (options->report != NULL) SIAM_RETURN_IF_FAILED(siam_report_check_place(options->report));
  bool exists = siam_checkpoint_exists(run->checkpoint_path);
  if (options->resume && !exists)
    return siam_fail(SIAM_ERROR_FILE, "%s: no such checkpoint to go on from; train without --resume",
                     run->checkpoint_path);
  if (!options->resume && exists)
    siam_log(&options->logger, SIAM_LOG_WARNING,
             "%s: this run begins anew and will replace the checkpoint; --resume goes on from it",
             run->checkpoint_path);
  return SIAM_OK;
}
