#include "base/file.h"
#include "base/memory.h"
#include "data/overlap.h"
#include "pipeline/checkpoint.h"
#include "pipeline/embedder.h"
#include "pipeline/measure.h"
#include "pipeline/training.h"

static double chosen(double given, double standard) {
  return given == 0 ? standard : given < 0 ? 0 : given;
}

static const char *named(const char *given, const char *standard) {
  return given != NULL ? given : standard;
}

siam_status siam_training_choose_optimization(siam_training *run) {
  const siam_train_options *options = run->options;
  siam_step_options *step = &run->step_options;
  SIAM_RETURN_IF_FAILED(siam_optimizer_find(named(options->optimizer, "adamw"), &step->optimizer));
  SIAM_RETURN_IF_FAILED(siam_augment_parse(named(options->augment, "light"), &step->augment));
  step->seed = options->seed;
  step->average = (float)options->average;
  const siam_optimizer_options *standard = &step->optimizer->standard;
  step->optimizer_options = *standard;
  step->optimizer_options.momentum = (float)chosen(options->momentum, standard->momentum);
  step->optimizer_options.weight_decay = (float)chosen(options->weight_decay, standard->weight_decay);
  step->optimizer_options.clip = (float)chosen(options->clip, 5);
  return SIAM_OK;
}

static siam_status open_images(const siam_training *run, const char *what, const char *cache,
                               const siam_picture_shape *shape, siam_dataset *dataset, siam_images **images) {
  siam_telling telling = {run->options->preparing, run->options->context, what};
  siam_images_options options = {.shape = *shape,
                                 .picture = {.decoders = run->options->decoders},
                                 .resident_bytes = run->options->picture_bytes,
                                 .cache = cache,
                                 .logger = run->options->logger,
                                 .progress = siam_tell,
                                 .progress_context = &telling};
  return siam_images_open(dataset, &options, images);
}

/// Validation data that were trained on make every figure too good, and look like success.
static siam_status find_common(siam_training *run) {
  if (run->options->validation == NULL) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_dataset_count_common(run->training, run->validation, &run->common));
  if (run->common > 0)
    siam_log(&run->options->logger, SIAM_LOG_WARNING,
             "%s: %u of its %u pictures are training pictures too: thresholds and figures will be too "
             "hopeful; name pictures that are not trained on",
             run->options->validation, run->common, siam_images_count(run->validation_images));
  return SIAM_OK;
}

siam_status siam_training_open_images(siam_training *run) {
  siam_picture_shape shape = siam_model_picture_shape(run->model);
  SIAM_RETURN_IF_FAILED(
      open_images(run, "reading pictures", run->options->picture_cache, &shape, run->training, &run->images));
  if (run->validation == NULL) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_looks_shape(run->model, &shape));
  SIAM_RETURN_IF_FAILED(open_images(run, "reading validation pictures", run->validation_cache, &shape,
                                    run->validation, &run->validation_images));
  return find_common(run);
}

static siam_status choose_schedule(siam_training *run, uint64_t epoch_steps) {
  const siam_train_options *options = run->options;
  double steps = options->steps > 0    ? options->steps
                 : options->epochs > 0 ? options->epochs * (double)epoch_steps
                                       : 2000;
  if (!(steps <= UINT32_MAX)) return siam_fail(SIAM_ERROR_ARGUMENT, "%g steps are too many", steps);
  siam_schedule *schedule = &run->schedule;
  SIAM_RETURN_IF_FAILED(siam_schedule_find(named(options->schedule, "cosine"), &schedule->kind));
  schedule->rate = (float)chosen(options->rate, run->step_options.optimizer->rate);
  schedule->steps = steps < 1 ? 1 : (uint32_t)steps;
  // Where time is the limit, the number of steps is an estimate that the loop corrects.
  if (options->minutes > 0) schedule->steps = UINT32_MAX;
  run->warmup = chosen(options->warmup, 0.05);
  schedule->warmup = (uint32_t)(run->warmup * schedule->steps);
  schedule->every = schedule->steps / 3 + 1;
  schedule->factor = 0.1f;
  return SIAM_OK;
}

siam_status siam_training_make_step(siam_training *run) {
  if (!run->normalised)
    SIAM_RETURN_IF_FAILED(siam_images_statistics(run->images, run->model->preprocessing.mean,
                                                 run->model->preprocessing.deviation));
  run->supply_options.composition.light_ink = run->model->preprocessing.mean[0] < 0.5F;
  SIAM_RETURN_IF_FAILED(siam_training_make_batch(run));
  return choose_schedule(run, siam_supply_epoch_steps(run->supply));
}

void siam_training_describe_pictures(siam_training *run) {
  siam_text *text = &run->settings;
  const siam_preprocessing *preprocessing = &run->model->preprocessing;
  siam_text_add(text, "resize %s, resampler %d, mean %.9g %.9g %.9g, deviation %.9g %.9g %.9g\n",
                siam_resize_mode_name(preprocessing->resize),
                preprocessing->resampler > 0 ? preprocessing->resampler : SIAM_RESAMPLER_VERSION,
                preprocessing->mean[0], preprocessing->mean[1], preprocessing->mean[2],
                preprocessing->deviation[0], preprocessing->deviation[1], preprocessing->deviation[2]);
}

void siam_training_describe_optimization(siam_training *run) {
  siam_text *text = &run->settings;
  const siam_step_options *step = &run->step_options;
  siam_text_add(text, "optimizer %s, momentum %.9g, weight decay %.9g, clip %.9g\n", step->optimizer->name,
                step->optimizer_options.momentum, step->optimizer_options.weight_decay,
                step->optimizer_options.clip);
  if (step->average > 0) siam_text_add(text, "average %.9g\n", step->average);
  if (run->options->patience > 0)
    siam_text_add(text, "patience %u, looks every %u\n", run->options->patience, run->options->look_every);
  siam_text_add(text, "schedule %d, rate %.9g, warm-up %g, steps %u, minutes %g\n", run->schedule.kind,
                run->schedule.rate, run->warmup, run->schedule.steps, run->options->minutes);
  siam_text_add(text, "augment ");
  siam_augment_describe(&step->augment, text);
  siam_text_add(text, "\nseed %llu\n", (unsigned long long)run->options->seed);
}

static siam_status resume(siam_training *run) {
  siam_checkpoint checkpoint = {.settings = run->settings.bytes, .selection = &run->selection};
  SIAM_RETURN_IF_FAILED(
      siam_checkpoint_load(run->checkpoint_path, &run->options->logger, run->model, run->step, &checkpoint));
  run->kept = true;
  run->first_step = checkpoint.step;
  run->first_seconds = checkpoint.seconds;
  return SIAM_OK;
}

/// The model has to fit. That checkpoints do, of which three lie there while one replaces the last, is worth
/// a warning: a short run makes none.
static siam_status check_room(const siam_training *run) {
  enum { HEADER = 1 << 16 };
  size_t state_count = 0, weights = run->model->network->store.total;
  siam_step_state(run->step, &state_count);
  uint64_t model = weights * sizeof(float) + HEADER;
  uint64_t checkpoint = (weights + state_count) * sizeof(float) + HEADER;
  SIAM_RETURN_IF_FAILED(siam_file_check_room(run->options->output, model));
  if (siam_file_check_room(run->checkpoint_path, 3 * checkpoint) != SIAM_OK)
    siam_log(&run->options->logger, SIAM_LOG_WARNING, "%s", siam_last_error());
  return SIAM_OK;
}

siam_status siam_training_go_on(siam_training *run) {
  const siam_train_options *options = run->options;
  if (run->only_tries) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(check_room(run));
  if (options->resume) SIAM_RETURN_IF_FAILED(resume(run));
  if (options->log == NULL) return SIAM_OK;
  return siam_train_log_open(options->log, run->first_step, &run->log);
}

bool siam_training_judges_itself(const siam_training *run) {
  return run->validation == NULL || run->common > siam_dataset_count_images(run->validation) / 100;
}

siam_calibration_options siam_training_calibration(const siam_training *run) {
  return (siam_calibration_options){.seed = run->options->seed,
                                    .within_parent = run->options->within_parent_percent > 0,
                                    .far = run->options->far,
                                    .on_training = siam_training_judges_itself(run),
                                    .logger = run->options->logger,
                                    .preparing = run->options->preparing,
                                    .context = run->options->context};
}

siam_status siam_training_describe_model(const siam_training *run, siam_model *model) {
  return siam_model_set_fact(model, "training", run->settings.bytes);
}

siam_status siam_training_keep(siam_training *run, siam_status failure) {
  siam_checkpoint checkpoint = {.step = run->report->steps,
                                .seconds = run->report->seconds,
                                .settings = run->settings.bytes,
                                .selection = &run->selection};
  char *sentence = siam_copy_text(siam_last_error());
  siam_status status = siam_training_unselect(run);
  if (status == SIAM_OK)
    status = siam_checkpoint_save(run->checkpoint_path, run->model, run->step, &checkpoint);
  if (sentence != NULL && status == SIAM_OK)
    siam_fail(failure, "%s; %s holds what was trained, go on with --resume", sentence, run->checkpoint_path);
  else if (sentence != NULL)
    siam_fail(failure, "%s", sentence);
  siam_free(sentence);
  return failure;
}

void siam_training_release(siam_training *run) {
  siam_train_log_close(run->log);
  siam_lock_release(run->lock);
  siam_selection_clear(&run->selection);
  siam_step_destroy(run->step);
  siam_supply_destroy(run->supply);
  siam_images_destroy(run->images);
  siam_images_destroy(run->validation_images);
  siam_model_destroy(run->model);
  siam_model_destroy(run->encoder);
  if (run->training != run->data) siam_dataset_destroy(run->training);
  siam_dataset_destroy(run->validation);
  siam_dataset_destroy(run->data);
  siam_text_clear(&run->why);
  siam_text_clear(&run->init);
  siam_text_clear(&run->settings);
  siam_free(run->checkpoint_path);
  siam_free(run->validation_cache);
}
