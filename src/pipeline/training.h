/// training.h: a run of training in its parts: what siam_train() sets up, loops over and finishes. There are
/// two ways of training, on pairs and to reconstruct; they differ in how a run is prepared and finished.
#ifndef SIAM_PIPELINE_TRAINING_H
#define SIAM_PIPELINE_TRAINING_H

#include "base/lock.h"
#include "base/text.h"
#include "pipeline/calibrate.h"
#include "pipeline/history.h"
#include "pipeline/selection.h"
#include "pipeline/step.h"
#include "pipeline/supply.h"
#include "pipeline/train_log.h"
#include "pipeline/watch.h"

#include <siamese/train.h>

/// All that a run owns. Zero value: nothing yet.
typedef struct siam_training {
  siam_device *device;
  bool only_tries; ///< Nothing will be written.
  const siam_train_options *options;
  /// The options with what was left to siam_training_choose() (recipe.h), if anything was.
  siam_train_options chosen;
  siam_text why; ///< The encoder chosen and what by, for people; empty: it was named.
  siam_train_report *report;
  siam_dataset *data, *training, *validation; ///< `training` may be `data`; `validation` may be NULL.
  siam_images *images, *validation_images;
  uint32_t common;     ///< Validation pictures that are training pictures too.
  siam_model *model;   ///< What is trained.
  siam_model *encoder; ///< Reconstructing: what is saved, whose mirror image `model` has behind it.
  bool normalised;     ///< The model has the normalisation of pictures already that came with its weights.
  siam_step_options step_options;
  siam_supply_options supply_options;
  siam_supply *supply;
  siam_step *step;
  siam_schedule schedule;
  double warmup; ///< Share of the run over which the rate rises.
  siam_watch watch;
  const char *told; ///< The last diagnosis that was given as a warning; static storage.
  siam_selection selection;
  siam_train_log *log;
  char lost_log[512];   ///< Why the log ends early; empty: it does not.
  siam_history history; ///< Of this process's steps, for the report.
  siam_text init;       ///< The line of the settings that says where the first weights come from, or nothing.
  siam_text settings;   ///< Everything that must be the same for a resumed run.
  siam_lock *lock;      ///< Of the model file: two runs must not replace each other's checkpoints.
  char *checkpoint_path;
  char *validation_cache; ///< Of the validation pictures; NULL: none.
  bool kept;              ///< The file there holds a step of this run.
  uint32_t first_step;    ///< Steps done before this process.
  double first_seconds;
} siam_training;

/// On pairs: fills in the defaults, reads names, opens and decodes the data, makes model, supply and step.
siam_status siam_training_prepare(siam_training *run);

/// The same for reconstructing: pictures without labels, and the autoencoder that the encoder's mirror makes.
siam_status siam_training_prepare_reconstruction(siam_training *run);

/// Measures the reconstruction and writes the encoder, with what the autoencoder learned, as a model file.
siam_status siam_training_finish_reconstruction(siam_training *run);

/// Makes the model, with first weights from the seed or from another model.
siam_status siam_training_make_model(siam_training *run);

/// Runs the steps, with log, checkpoints and watch.
siam_status siam_training_loop(siam_training *run);

/// Judges the trained model on what was held out and writes the report that the options ask for.
siam_status siam_training_report(siam_training *run);

void siam_training_release(siam_training *run);

// The parts of preparing that both ways share, in the order of their calls.

/// Names the checkpoint, and finds out before hours of training whether their result can be written.
siam_status siam_training_check_places(siam_training *run);

/// Optimizer, augmentation and seed, from the options.
siam_status siam_training_choose_optimization(siam_training *run);

/// Opens the pictures of both sets at the model's size. Those of validation before training too: what is
/// wrong with them must not show only when hours have gone by.
siam_status siam_training_open_images(siam_training *run);

/// From pictures, sampler and model: normalisation, supply, schedule and step.
siam_status siam_training_make_step(siam_training *run);

/// Pairs of a batch that were asked for; where the device is to decide, those to begin with.
uint32_t siam_training_pairs(const siam_training *run);

/// Sets what a sampler of some mode draws for a batch of so many pairs; classes as far as the data have them.
void siam_training_size_sampler(const siam_training *run, uint32_t pairs, siam_sampler_options *sampler);

/// Makes supply and step of the batch that was asked for, or of the largest that fits the device.
siam_status siam_training_make_batch(siam_training *run);

/// Whether thresholds will be fitted on pictures that are trained on: nothing is held out, or more than one
/// in a hundred of the pictures for validation is in the data too. Fewer move no threshold by much, and are
/// warned of. What is in the data too is known once siam_training_open_images() has looked.
bool siam_training_judges_itself(const siam_training *run);

/// How the model is judged on what was held out.
siam_calibration_options siam_training_calibration(const siam_training *run);

/// Adds to the settings how pictures become inputs; optimizer, schedule, augmentation and seed.
void siam_training_describe_pictures(siam_training *run);
void siam_training_describe_optimization(siam_training *run);

/// Takes up the checkpoint where the options want it, and opens the log.
siam_status siam_training_go_on(siam_training *run);

/// How the model came to be, for people who find the file later: the settings, as a fact.
siam_status siam_training_describe_model(const siam_training *run, siam_model *model);

/// For when nothing came of a trained network: keeps it as a checkpoint. The failure stays what it was.
siam_status siam_training_keep(siam_training *run, siam_status failure);

#endif
