#include "pipeline/training.h"

#include "base/file.h"
#include "base/memory.h"
#include "pipeline/checkpoint.h"
#include "pipeline/embedder.h"
#include "pipeline/measure.h"

#include <string.h>
#include <unistd.h>

static double chosen(double given, double standard) {
  return given == 0 ? standard : given < 0 ? 0 : given;
}

static const char *named(const char *given, const char *standard) {
  return given != NULL ? given : standard;
}

static siam_status choose_branches(const char *name, siam_branches *branches) {
  if (name != NULL && strcmp(name, "fused") != 0 && strcmp(name, "two-pass") != 0)
    return siam_fail(SIAM_ERROR_ARGUMENT, "there are no '%s' branches; there are: fused, two-pass", name);
  *branches = name != NULL && strcmp(name, "two-pass") == 0 ? SIAM_BRANCHES_TWO_PASS : SIAM_BRANCHES_FUSED;
  return SIAM_OK;
}

/// The loss as it is written, and the two of its options that have places of their own.
static siam_status choose_loss(const siam_train_options *options, siam_loss *loss) {
  SIAM_RETURN_IF_FAILED(siam_loss_parse(named(options->loss, siam_loss_types[0]->name), loss));
  if (options->margin != 0) SIAM_RETURN_IF_FAILED(siam_loss_set(loss, "margin", options->margin));
  return options->hardest > 0 ? siam_loss_set(loss, "hardest", options->hardest) : SIAM_OK;
}

static siam_status choose_step(siam_training *run) {
  const siam_train_options *options = run->options;
  siam_step_options *step = &run->step_options;
  SIAM_RETURN_IF_FAILED(choose_loss(options, &step->loss));
  SIAM_RETURN_IF_FAILED(siam_optimizer_find(named(options->optimizer, "adamw"), &step->optimizer));
  SIAM_RETURN_IF_FAILED(siam_augment_parse(named(options->augment, "light"), &step->augment));
  SIAM_RETURN_IF_FAILED(choose_branches(options->branches, &step->branches));
  step->seed = options->seed;
  const siam_optimizer_options *standard = &step->optimizer->standard;
  step->optimizer_options = *standard;
  step->optimizer_options.momentum = (float)chosen(options->momentum, standard->momentum);
  step->optimizer_options.weight_decay = (float)chosen(options->weight_decay, standard->weight_decay);
  step->optimizer_options.clip = (float)chosen(options->clip, 5);
  return SIAM_OK;
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

static siam_status split_data(siam_training *run) {
  const siam_train_options *options = run->options;
  siam_dataset_options open = {.logger = options->logger};
  SIAM_RETURN_IF_FAILED(siam_dataset_open(options->data, &open, &run->data));
  if (options->validation != NULL) {
    run->training = run->data;
    return siam_dataset_open(options->validation, &open, &run->validation);
  }
  if (options->holdout < 0) {
    run->training = run->data;
    return SIAM_OK;
  }
  siam_split_options split = {.fraction = options->holdout, .seed = options->seed, .logger = options->logger};
  siam_status status = siam_dataset_split(run->data, &split, &run->training, &run->validation);
  if (status != SIAM_ERROR_DATA) return status;
  siam_log(&options->logger, SIAM_LOG_WARNING, "nothing is held out for validation: %s", siam_last_error());
  run->training = run->data;
  return SIAM_OK;
}

/// Whether the loss can look at such pairs of such data.
static siam_status check_pairing(const siam_loss *loss, const char *data, bool drawn, bool has_classes) {
  if (!loss->type->drawn_pairs && !has_classes)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "%s: the loss '%s' needs classes, and these data have pairs only; use the loss "
                     "contrastive, or folders of classes",
                     data, loss->type->name);
  if (!loss->type->drawn_pairs && drawn)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "the loss '%s' looks at all pairs of a batch; leave drawn pairs out, or use the loss "
                     "contrastive",
                     loss->type->name);
  if (!drawn && !has_classes)
    return siam_fail(SIAM_ERROR_ARGUMENT, "all pairs of a batch need classes, and the data have pairs only; "
                                          "use drawn pairs");
  int hardest = siam_option_find(loss->type->options, "hardest");
  if (drawn && hardest >= 0 && loss->options[hardest] > 0)
    return siam_fail(SIAM_ERROR_ARGUMENT, "the hardest pairs are chosen among all pairs of a batch; with "
                                          "drawn pairs there is no choice, leave that out");
  return SIAM_OK;
}

/// "drawn" or "all", or what the data suggest.
static siam_status choose_pairing(siam_training *run) {
  const char *name = run->options->pairs;
  siam_loss *loss = &run->step_options.loss;
  bool has_classes = siam_dataset_get_form(run->training) == SIAM_DATASET_CLASS_FOLDERS;
  bool drawn = name != NULL ? strcmp(name, "drawn") == 0 : !has_classes;
  if (name != NULL && !drawn && strcmp(name, "all") != 0)
    return siam_fail(SIAM_ERROR_ARGUMENT, "there are no '%s' pairs; there are: drawn, all", name);
  loss->pairing = drawn ? SIAM_PAIRING_DRAWN : SIAM_PAIRING_ALL;
  return check_pairing(loss, run->options->data, drawn, has_classes);
}

siam_status siam_training_open_images(const siam_training *run, const char *what, siam_dataset *dataset,
                                      siam_images **images) {
  siam_telling telling = {run->options->preparing, run->options->context, what};
  siam_images_options options = {.shape = siam_model_picture_shape(run->model),
                                 .resident_bytes = run->options->picture_bytes,
                                 .logger = run->options->logger,
                                 .progress = siam_tell,
                                 .progress_context = &telling};
  return siam_images_open(dataset, &options, images);
}

static siam_status choose_sampler(siam_training *run) {
  const siam_train_options *options = run->options;
  const siam_loss *loss = &run->step_options.loss;
  uint32_t batch = options->batch > 0 ? options->batch : 64;
  siam_sampler_options *sampler = &run->supply_options.sampler;
  sampler->seed = options->seed;
  run->supply_options.turned_classes = options->turned_classes;
  if (loss->pairing == SIAM_PAIRING_DRAWN) {
    sampler->mode = SIAM_SAMPLE_PAIRS;
    sampler->pairs = batch;
    return SIAM_OK;
  }
  sampler->mode = SIAM_SAMPLE_CLASSES;
  sampler->images_per_class = options->images_per_class > 0 ? options->images_per_class : 4;
  sampler->classes = 2 * batch / sampler->images_per_class;
  siam_sampler_fit(run->training, sampler);
  if (sampler->classes < 2)
    return siam_fail(
        SIAM_ERROR_ARGUMENT,
        "a batch of %u pairs with %u pictures of each class has fewer than two classes; use a larger "
        "batch or fewer pictures of each",
        batch, sampler->images_per_class);
  return SIAM_OK;
}

/// Everything that steps depend on, a line each.
static siam_status write_settings(siam_training *run) {
  siam_text *text = &run->settings;
  const siam_step_options *step = &run->step_options;
  const siam_preprocessing *preprocessing = &run->model->preprocessing;
  const siam_sampler_options *sampler = &run->supply_options.sampler;
  siam_text_add(text, "%s%s", run->model->encoder, run->init.length > 0 ? run->init.bytes : "");
  siam_text_add(text, "pictures %u, classes %u\n", siam_images_count(run->images),
                siam_dataset_count_classes(run->training));
  siam_text_add(text, "resize %s, mean %.9g %.9g %.9g, deviation %.9g %.9g %.9g\n",
                siam_resize_mode_name(preprocessing->resize), preprocessing->mean[0], preprocessing->mean[1],
                preprocessing->mean[2], preprocessing->deviation[0], preprocessing->deviation[1],
                preprocessing->deviation[2]);
  siam_text_add(text, "loss ");
  siam_loss_describe(&step->loss, text);
  siam_text_add(text, ", %s pairs, branches %d\n", sampler->mode == SIAM_SAMPLE_PAIRS ? "drawn" : "all",
                step->branches);
  siam_text_add(text, "batch %u pairs, %u classes of %u pictures, turned classes %d\n", sampler->pairs,
                sampler->classes, sampler->images_per_class, run->supply_options.turned_classes);
  siam_text_add(text, "optimizer %s, momentum %.9g, weight decay %.9g, clip %.9g\n", step->optimizer->name,
                step->optimizer_options.momentum, step->optimizer_options.weight_decay,
                step->optimizer_options.clip);
  siam_text_add(text, "schedule %d, rate %.9g, warm-up %g, steps %u, minutes %g\n", run->schedule.kind,
                run->schedule.rate, run->warmup, run->schedule.steps, run->options->minutes);
  siam_text_add(text, "augment ");
  siam_augment_describe(&step->augment, text);
  siam_text_add(text, "\nseed %llu\n", (unsigned long long)run->options->seed);
  return siam_text_status(text);
}

static siam_status resume(siam_training *run) {
  siam_checkpoint checkpoint = {.settings = run->settings.bytes};
  SIAM_RETURN_IF_FAILED(siam_checkpoint_load(run->checkpoint_path, run->model, run->step, &checkpoint));
  run->first_step = checkpoint.step;
  run->first_seconds = checkpoint.seconds;
  return SIAM_OK;
}

static siam_status name_checkpoint(siam_training *run) {
  siam_text path = {0};
  siam_text_add(&path, "%s.checkpoint", run->options->output);
  SIAM_RETURN_IF_FAILED(siam_text_status(&path));
  run->checkpoint_path = path.bytes;
  return SIAM_OK;
}

/// Finds out before hours of training whether their result can be written.
static siam_status check_places(const siam_training *run) {
  const siam_train_options *options = run->options;
  SIAM_RETURN_IF_FAILED(siam_file_check_place(options->output));
  if (options->log != NULL) SIAM_RETURN_IF_FAILED(siam_file_check_place(options->log));
  bool exists = access(run->checkpoint_path, F_OK) == 0;
  if (options->resume && !exists)
    return siam_fail(SIAM_ERROR_FILE, "%s: no such checkpoint to go on from; train without --resume",
                     run->checkpoint_path);
  if (!options->resume && exists)
    siam_log(&options->logger, SIAM_LOG_WARNING,
             "%s: this run begins anew and will replace the checkpoint; --resume goes on from it",
             run->checkpoint_path);
  return SIAM_OK;
}

siam_status siam_training_prepare(siam_training *run) {
  const siam_train_options *options = run->options;
  if (options->data == NULL || options->output == NULL)
    return siam_fail(SIAM_ERROR_ARGUMENT, "training needs data and the name of the model file");
  SIAM_RETURN_IF_FAILED(name_checkpoint(run));
  SIAM_RETURN_IF_FAILED(check_places(run));
  SIAM_RETURN_IF_FAILED(choose_step(run));
  SIAM_RETURN_IF_FAILED(siam_training_make_model(run));
  SIAM_RETURN_IF_FAILED(siam_step_check_loss(run->model, &run->step_options.loss));
  SIAM_RETURN_IF_FAILED(split_data(run));
  SIAM_RETURN_IF_FAILED(choose_pairing(run));
  SIAM_RETURN_IF_FAILED(siam_training_open_images(run, "reading pictures", run->training, &run->images));
  // Opened before training too: what is wrong with them must not show only when hours have gone by.
  if (run->validation != NULL)
    SIAM_RETURN_IF_FAILED(siam_training_open_images(run, "reading validation pictures", run->validation,
                                                    &run->validation_images));
  SIAM_RETURN_IF_FAILED(choose_sampler(run));
  if (!run->normalised)
    SIAM_RETURN_IF_FAILED(siam_images_statistics(run->images, run->model->preprocessing.mean,
                                                 run->model->preprocessing.deviation));
  SIAM_RETURN_IF_FAILED(
      siam_supply_create(run->device, run->training, run->images, &run->supply_options, &run->supply));
  SIAM_RETURN_IF_FAILED(choose_schedule(run, siam_supply_epoch_steps(run->supply)));
  run->step_options.rows = (int)siam_supply_rows(run->supply);
  run->step_options.turned = run->supply_options.turned_classes;
  run->step_options.resident = siam_supply_resident(run->supply);
  SIAM_RETURN_IF_FAILED(siam_step_create(run->model, &run->step_options, &run->step));
  double reach = siam_loss_reach(&run->step_options.loss);
  run->watch.scale = reach > 0 ? reach : 1;
  SIAM_RETURN_IF_FAILED(write_settings(run));
  if (options->resume) SIAM_RETURN_IF_FAILED(resume(run));
  if (options->log == NULL) return SIAM_OK;
  return siam_train_log_open(options->log, run->first_step, &run->log);
}

void siam_training_release(siam_training *run) {
  siam_train_log_close(run->log);
  siam_step_destroy(run->step);
  siam_supply_destroy(run->supply);
  siam_images_destroy(run->images);
  siam_images_destroy(run->validation_images);
  siam_model_destroy(run->model);
  if (run->training != run->data) siam_dataset_destroy(run->training);
  siam_dataset_destroy(run->validation);
  siam_dataset_destroy(run->data);
  siam_text_clear(&run->init);
  siam_text_clear(&run->settings);
  siam_free(run->checkpoint_path);
}
