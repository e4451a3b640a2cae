// Pre-training: the encoder and its mirror image, as one autoencoder, learn to give back pictures without
// labels. Everything between preparing and finishing is what training on pairs does.
#include "data/folder.h"
#include "model/inherit.h"
#include "pipeline/decision.h"
#include "pipeline/reconstruction.h"
#include "pipeline/training.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static siam_status check_options(const siam_train_options *options) {
  const char *how = options->reconstruct;
  if (strcmp(how, "tied") != 0 && strcmp(how, "untied") != 0)
    return siam_fail(SIAM_ERROR_ARGUMENT, "there is no '%s' autoencoder; there are: tied, untied", how);
  if (options->loss != NULL || options->pairs != NULL || options->branches != NULL || options->hardest > 0 ||
      options->margin != 0 || options->recipe != NULL || options->turned_classes ||
      options->composed_percent > 0 || options->images_per_class > 0 || options->report != NULL)
    return siam_fail(
        SIAM_ERROR_ARGUMENT,
        "reconstructing looks at single pictures, without pairs and classes; leave --recipe, --loss, "
        "--margin, --pairs, --hardest, --branches, --turned-classes, --composed-classes, --per-class and "
        "--report out, or "
        "--reconstruct");
  return SIAM_OK;
}

/// Puts the mirror image behind the encoder, whose first weights it has.
static siam_status make_autoencoder(siam_training *run) {
  siam_network *network = NULL;
  siam_inheritance inheritance = {0};
  bool tied = strcmp(run->options->reconstruct, "tied") == 0;
  SIAM_RETURN_IF_FAILED(siam_training_make_model(run));
  run->encoder = run->model;
  run->model = NULL;
  siam_status status = siam_network_mirror(run->encoder->network, tied, &network);
  if (status != SIAM_OK) return siam_fail_within(status, "an encoder that cannot be trained to reconstruct");
  SIAM_RETURN_IF_FAILED(siam_model_wrap(run->device, network, run->options->seed, &run->model));
  run->model->preprocessing = run->encoder->preprocessing;
  status = siam_network_inherit(run->model->network, run->encoder->network, &inheritance);
  siam_inheritance_clear(&inheritance);
  return status;
}

static siam_status collect(const siam_training *run, const char *path, siam_dataset **dataset) {
  const siam_dataset_options options = {.logger = run->options->logger};
  if (siam_is_file(path))
    return siam_fail(
        SIAM_ERROR_ARGUMENT,
        "%s: a file; reconstructing takes a folder with pictures, at any depth and without labels", path);
  return siam_dataset_collect(&path, 1, &options, dataset);
}

static siam_status open_data(siam_training *run) {
  const siam_train_options *options = run->options;
  SIAM_RETURN_IF_FAILED(collect(run, options->data, &run->data));
  if (options->validation != NULL || options->holdout < 0) {
    run->training = run->data;
    return options->validation != NULL ? collect(run, options->validation, &run->validation) : SIAM_OK;
  }
  const siam_split_options split = {
      .fraction = options->holdout, .seed = options->seed, .logger = options->logger};
  return siam_dataset_split(run->data, &split, &run->training, &run->validation);
}

static siam_status write_settings(siam_training *run) {
  siam_text *text = &run->settings;
  siam_text_add(text, "%s%s", run->model->encoder, run->init.length > 0 ? run->init.bytes : "");
  siam_text_add(text, "pictures %u\n", siam_images_count(run->images));
  siam_training_describe_pictures(run);
  siam_text_add(text, "reconstruct %s, batch %u pictures\n", run->options->reconstruct,
                run->supply_options.sampler.pictures);
  siam_training_describe_optimization(run);
  return siam_text_status(text);
}

siam_status siam_training_prepare_reconstruction(siam_training *run) {
  const siam_train_options *options = run->options;
  SIAM_RETURN_IF_FAILED(siam_training_check_places(run));
  SIAM_RETURN_IF_FAILED(check_options(options));
  SIAM_RETURN_IF_FAILED(siam_training_check_selection(run));
  SIAM_RETURN_IF_FAILED(siam_training_choose_optimization(run));
  SIAM_RETURN_IF_FAILED(make_autoencoder(run));
  SIAM_RETURN_IF_FAILED(open_data(run));
  SIAM_RETURN_IF_FAILED(siam_training_open_images(run));
  run->step_options.reconstruct = true;
  run->supply_options.sampler = (siam_sampler_options){
      .mode = SIAM_SAMPLE_PICTURES, .pictures = 2 * siam_training_pairs(run), .seed = options->seed};
  SIAM_RETURN_IF_FAILED(siam_training_make_step(run));
  SIAM_RETURN_IF_FAILED(write_settings(run));
  return siam_training_go_on(run);
}

static siam_status measure(siam_training *run) {
  siam_train_report *report = run->report;
  siam_telling telling = {run->options->preparing, run->options->context, "measuring the reconstruction"};
  siam_images *images = run->validation != NULL ? run->validation_images : run->images;
  siam_reconstruction result;
  // The supply may have ordered pictures ahead; nobody will take them any more.
  siam_supply_destroy(run->supply);
  run->supply = NULL;
  SIAM_RETURN_IF_FAILED(siam_reconstruction_measure(run->model, run->images, images, &telling, &result));
  if (!isfinite(result.error))
    return siam_fail(SIAM_ERROR_NUMERIC, "the reconstruction is not finite; try a lower learning rate");
  report->reconstruction_error = result.error;
  report->mean_picture_error = result.mean_picture;
  if (result.error >= result.mean_picture && report->warning[0] == '\0') {
    snprintf(
        report->warning, sizeof report->warning,
        "the reconstruction is no nearer to the pictures than their mean picture is: train longer, or with "
        "another learning rate (--lr)");
    siam_log(&run->options->logger, SIAM_LOG_WARNING, "%s", report->warning);
  }
  return SIAM_OK;
}

siam_status siam_training_finish_reconstruction(siam_training *run) {
  siam_inheritance inheritance = {0};
  siam_model *encoder = run->encoder;
  SIAM_RETURN_IF_FAILED(measure(run));
  siam_status status = siam_network_inherit(encoder->network, run->model->network, &inheritance);
  siam_inheritance_clear(&inheritance);
  SIAM_RETURN_IF_FAILED(status);
  encoder->preprocessing = run->model->preprocessing;
  SIAM_RETURN_IF_FAILED(siam_training_describe_model(run, encoder));
  SIAM_RETURN_IF_FAILED(siam_model_set_fact(encoder, SIAM_PURPOSE, SIAM_PURPOSE_RECONSTRUCT));
  return siam_model_save(encoder, run->options->output);
}
