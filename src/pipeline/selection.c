#include "pipeline/selection.h"

#include "base/memory.h"
#include "pipeline/training.h"

enum { LOOK_EVERY = 100 };

void siam_selection_clear(siam_selection *selection) {
  siam_free(selection->weights);
  siam_free(selection->last);
  *selection = (siam_selection){0};
}

/// Puts `weights` into the network and sets those of the last step aside.
static siam_status put(siam_training *run, const float *weights) {
  const siam_store *store = &run->model->network->store;
  siam_selection *selection = &run->selection;
  selection->last = siam_allocate(store->total, sizeof *selection->last);
  if (selection->last == NULL) return SIAM_ERROR_MEMORY;
  SIAM_RETURN_IF_FAILED(siam_buffer_read(run->device, store->weights, 0, store->total, selection->last));
  return siam_buffer_write(run->device, store->weights, 0, store->total, weights);
}

siam_status siam_training_unselect(siam_training *run) {
  const siam_store *store = &run->model->network->store;
  siam_selection *selection = &run->selection;
  if (selection->last == NULL) return SIAM_OK;
  siam_status status = siam_buffer_write(run->device, store->weights, 0, store->total, selection->last);
  siam_free(selection->last);
  selection->last = NULL;
  return status;
}

/// Puts the average into the network, where there is one.
static siam_status put_average(siam_training *run) {
  siam_status status = SIAM_OK;
  float *average = NULL;
  const siam_view view = siam_step_average(run->step);
  if (!siam_view_exists(view)) return SIAM_OK;
  SIAM_TRY_ALLOCATE(average, view.count);
  SIAM_TRY(siam_buffer_read(run->device, view.buffer, view.first, view.count, average));
  SIAM_TRY(put(run, average));
cleanup:
  siam_free(average);
  return status;
}

siam_status siam_training_check_selection(const siam_training *run) {
  const siam_train_options *options = run->options;
  if (!(options->average >= 0 && options->average < 1))
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "%g makes no moving average; give a decay from 0 to below 1, such as 0.999",
                     options->average);
  if (options->patience == 0 && options->look_every > 0)
    return siam_fail(SIAM_ERROR_ARGUMENT, "looks at the validation data need a patience");
  if (options->patience > 0 && options->reconstruct != NULL)
    return siam_fail(SIAM_ERROR_ARGUMENT, "patience looks at pairs, and reconstructing has none");
  if (options->patience > 0 && run->validation == NULL)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "%s: nothing is held out that patience could look at; name validation data",
                     options->data);
  return SIAM_OK;
}

bool siam_training_looks(const siam_training *run, uint32_t done) {
  const uint32_t every = run->options->look_every > 0 ? run->options->look_every : LOOK_EVERY;
  return run->options->patience > 0 && done % every == 0;
}

/// The network's weights become the best ones.
static siam_status keep(siam_training *run, uint32_t done, double score) {
  const siam_store *store = &run->model->network->store;
  siam_selection *selection = &run->selection;
  if (selection->weights == NULL) selection->weights = siam_allocate(store->total, sizeof(float));
  if (selection->weights == NULL) return SIAM_ERROR_MEMORY;
  selection->score = score;
  selection->step = done;
  selection->worse = 0;
  return siam_buffer_read(run->device, store->weights, 0, store->total, selection->weights);
}

siam_status siam_training_look(siam_training *run, uint32_t done, bool *enough) {
  siam_selection *selection = &run->selection;
  siam_calibration_options options = siam_training_calibration(run);
  double score = 0;
  *enough = false;
  // A look is short, and a run that is stopped in the middle of one would go on without it: other bits.
  options.preparing = NULL;
  SIAM_RETURN_IF_FAILED(put_average(run));
  SIAM_RETURN_IF_FAILED(
      siam_model_auc(run->model, run->validation, run->validation_images, &options, &score));
  if (selection->weights == NULL || score > selection->score)
    SIAM_RETURN_IF_FAILED(keep(run, done, score));
  else
    selection->worse++;
  siam_log(&run->options->logger, SIAM_LOG_INFO, "step %u: ROC AUC %.4f on the validation data%s", done,
           score, selection->step == done ? ", the best so far" : "");
  *enough = selection->worse >= run->options->patience;
  return siam_training_unselect(run);
}

siam_status siam_training_select(siam_training *run) {
  if (run->selection.weights == NULL) return put_average(run);
  run->report->best_step = run->selection.step;
  return put(run, run->selection.weights);
}
