#include "base/clock.h"
#include "pipeline/calibrate.h"
#include "pipeline/checkpoint.h"
#include "pipeline/training.h"

#include <stdio.h>

/// Counts what was trained on.
static void report_data(const siam_training *run) {
  siam_train_report *report = run->report;
  report->images = siam_images_count(run->images);
  report->classes = siam_dataset_count_classes(run->training);
  report->broken = siam_images_get_facts(run->images)->broken;
  report->calibrated_on_training = siam_training_judges_itself(run);
  if (run->validation != NULL) {
    report->validation_images = siam_images_count(run->validation_images);
    report->validation_classes = siam_dataset_count_classes(run->validation);
    report->validation_common = run->common;
  }
  siam_step_memory(run->step, &report->arena_bytes, &report->separate_bytes);
}

/// What the validation pairs say of the training, where steps did not say it before.
static void warn(siam_training *run, const siam_calibration_summary *summary) {
  siam_train_report *report = run->report;
  const char *data = run->validation != NULL ? "validation" : "training";
  if (report->warning[0] != '\0') return;
  if (summary->reversed)
    snprintf(
        report->warning, sizeof report->warning,
        "same pairs are farther apart than different ones on the %s data: are the labels reversed? Label "
        "1 means same",
        data);
  else if (summary->blind)
    snprintf(report->warning, sizeof report->warning,
             "distances do not tell same from different on the %s data, so that the similarity is the same "
             "for all pairs: train longer, or look for what is wrong with the data by --check",
             data);
  else
    return;
  siam_log(&run->options->logger, SIAM_LOG_WARNING, "%s", report->warning);
}

/// Thresholds and calibration on what was held out; on the training data where nothing was.
static siam_status calibrate(siam_training *run) {
  siam_train_report *report = run->report;
  bool held_out = run->validation != NULL;
  siam_images *images = held_out ? run->validation_images : run->images;
  const siam_dataset *dataset = held_out ? run->validation : run->training;
  // The supply may have ordered pictures ahead; nobody will take them any more.
  siam_supply_destroy(run->supply);
  run->supply = NULL;
  const siam_calibration_options options = siam_training_calibration(run);
  siam_calibration_summary summary;
  SIAM_RETURN_IF_FAILED(siam_model_calibrate(run->model, dataset, images, &options, &summary));
  report->auc = summary.auc;
  report->eer = summary.eer;
  report->accuracy = summary.accuracy;
  report->threshold = summary.threshold;
  warn(run, &summary);
  return SIAM_OK;
}

/// From the trained network to the model file.
static siam_status finish(siam_training *run) {
  SIAM_RETURN_IF_FAILED(calibrate(run));
  SIAM_RETURN_IF_FAILED(siam_training_describe_model(run, run->model));
  SIAM_RETURN_IF_FAILED(siam_model_save(run->model, run->options->output));
  return run->options->report != NULL ? siam_training_report(run) : SIAM_OK;
}

/// A way of training: from the options to a step that can run, and from the trained network to the file.
typedef struct training_way {
  siam_status (*prepare)(siam_training *run);
  siam_status (*finish)(siam_training *run);
} training_way;

static const training_way on_pairs = {siam_training_prepare, finish};
static const training_way to_reconstruct = {siam_training_prepare_reconstruction,
                                            siam_training_finish_reconstruction};

siam_status siam_train(siam_device *device, const siam_train_options *options, siam_train_report *report) {
  siam_status status = SIAM_OK;
  siam_training run = {.device = device, .options = options, .report = report};
  const double begun = siam_seconds();
  const training_way *way = options->reconstruct != NULL ? &to_reconstruct : &on_pairs;
  *report = (siam_train_report){0};
  status = way->prepare(&run);
  if (status == SIAM_INTERRUPTED) siam_fail(status, "stopped before the first step; start again");
  if (status != SIAM_OK) goto cleanup;
  report_data(&run);
  report->preparing_seconds = siam_seconds() - begun;
  SIAM_TRY(siam_training_loop(&run));
  status = siam_training_select(&run);
  if (status == SIAM_OK) status = way->finish(&run);
  if (status != SIAM_OK) {
    // Weights that are not finite are nothing to go on from; the checkpoint before them stays.
    if (status != SIAM_ERROR_NUMERIC) status = siam_training_keep(&run, status);
    goto cleanup;
  }
  // What the pictures say goes before what the disk says.
  if (report->warning[0] == '\0') snprintf(report->warning, sizeof report->warning, "%s", run.lost_log);
  // The model file now holds the result; what was kept to go on from is no longer needed.
  siam_checkpoint_remove(run.checkpoint_path);
cleanup:
  siam_training_release(&run);
  return status;
}
