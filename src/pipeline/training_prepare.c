#include "pipeline/operating_point.h"
#include "pipeline/recipe.h"
#include "pipeline/training.h"
#include "pipeline/views.h"

#include <string.h>

static siam_status choose_branches(const char *name, siam_branches *branches) {
  if (name != NULL && strcmp(name, "fused") != 0 && strcmp(name, "two-pass") != 0)
    return siam_fail(SIAM_ERROR_ARGUMENT, "there are no '%s' branches; there are: fused, two-pass", name);
  *branches = name != NULL && strcmp(name, "two-pass") == 0 ? SIAM_BRANCHES_TWO_PASS : SIAM_BRANCHES_FUSED;
  return SIAM_OK;
}

/// The loss as it is written, and the two of its options that have places of their own.
static siam_status choose_loss(const siam_train_options *options, siam_loss *loss) {
  SIAM_RETURN_IF_FAILED(
      siam_loss_parse(options->loss != NULL ? options->loss : siam_loss_types[0]->name, loss));
  if (options->margin != 0) SIAM_RETURN_IF_FAILED(siam_loss_set(loss, "margin", options->margin));
  return options->hardest > 0 ? siam_loss_set(loss, "hardest", options->hardest) : SIAM_OK;
}

static siam_status choose_step(siam_training *run) {
  if (run->options->far != 0 && !siam_operating_rate_is_possible(run->options->far))
    return siam_fail(
        SIAM_ERROR_ARGUMENT,
        "a false-accept rate of %g; models can have thresholds for rates from %g to %g, such as 0.001",
        run->options->far, SIAM_LEAST_RATE, SIAM_MOST_RATE);
  SIAM_RETURN_IF_FAILED(choose_loss(run->options, &run->step_options.loss));
  SIAM_RETURN_IF_FAILED(choose_branches(run->options->branches, &run->step_options.branches));
  return siam_training_choose_optimization(run);
}

/// A false-accept rate among pictures that are trained on is no promise for others, and what a closer look
/// finds in them neither.
static siam_status check_held_out(const siam_training *run) {
  const siam_views *views = NULL;
  SIAM_RETURN_IF_FAILED(siam_views_find(run->options->views, &views));
  const bool rate = run->options->far != 0, closely = siam_views_look_closer(views);
  if ((!rate && !closely) || !siam_training_judges_itself(run)) return SIAM_OK;
  return siam_fail(
      SIAM_ERROR_ARGUMENT,
      "%s: %s pictures that are not trained on, and %s; hold classes out (without --holdout 0), name other "
      "pictures with --val, or %s",
      run->options->data,
      rate ? "a threshold for a false-accept rate takes" : "the views \"closely\" are fitted on",
      run->validation == NULL ? "nothing is held out" : "those for validation are",
      rate ? "leave --far out" : "take the views \"copies\"");
}

static siam_status split_data(siam_training *run) {
  const siam_train_options *options = run->options;
  if (run->data != NULL) return SIAM_OK;
  siam_dataset_options open = {.allow_outside = options->allow_outside, .logger = options->logger};
  SIAM_RETURN_IF_FAILED(siam_dataset_open(options->data, &open, &run->data));
  if (options->validation != NULL) {
    run->training = run->data;
    return siam_dataset_open(options->validation, &open, &run->validation);
  }
  if (options->holdout < 0) {
    run->training = run->data;
    return SIAM_OK;
  }
  siam_split_options split = {.fraction = options->holdout,
                              .seed = options->seed,
                              .whole_parents = options->holdout_parents,
                              .logger = options->logger};
  siam_status status = siam_dataset_split(run->data, &split, &run->training, &run->validation);
  if (status != SIAM_ERROR_DATA) return status;
  siam_log(&options->logger, SIAM_LOG_WARNING, "nothing is held out for validation: %s", siam_last_error());
  run->training = run->data;
  return SIAM_OK;
}

/// Where nothing is held out, a rate or a closer look is refused before pictures are decoded.
static siam_status hold_out(siam_training *run) {
  SIAM_RETURN_IF_FAILED(split_data(run));
  return check_held_out(run);
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

static siam_status choose_sampler(siam_training *run) {
  const siam_train_options *options = run->options;
  const siam_loss *loss = &run->step_options.loss;
  const uint32_t batch = siam_training_pairs(run);
  siam_sampler_options *sampler = &run->supply_options.sampler;
  sampler->seed = options->seed;
  sampler->within_parent_percent = options->within_parent_percent;
  run->supply_options.turned_classes = options->turned_classes;
  run->supply_options.composition =
      (siam_composition_options){.percent = options->composed_percent, .seed = options->seed};
  if (loss->pairing == SIAM_PAIRING_DRAWN && options->composed_percent > 0)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "%s: classes are put together where all pairs of a batch of classes "
                     "count, and these are drawn pairs; leave composed classes out",
                     options->data);
  if (loss->pairing == SIAM_PAIRING_DRAWN) {
    sampler->mode = SIAM_SAMPLE_PAIRS;
    siam_training_size_sampler(run, batch, sampler);
    return SIAM_OK;
  }
  sampler->mode = SIAM_SAMPLE_CLASSES;
  sampler->images_per_class = options->images_per_class > 0 ? options->images_per_class : 4;
  siam_training_size_sampler(run, batch, sampler);
  if (sampler->classes < 2)
    return siam_fail(
        SIAM_ERROR_ARGUMENT,
        "a batch of %u pairs with %u pictures of each class has fewer than two classes; use a larger "
        "batch or fewer pictures of each",
        batch, sampler->images_per_class);
  return SIAM_OK;
}

/// What the loss wants to have trained becomes a guest of the network.
static siam_status place_loss(siam_training *run) {
  siam_network *network = run->model->network;
  siam_step_options *step = &run->step_options;
  siam_slot slots[SIAM_SLOTS_MAX];
  uint64_t classes =
      (uint64_t)siam_dataset_count_classes(run->training) * siam_supply_turns(&run->supply_options);
  size_t dimensions = siam_shape_count(siam_network_output(network));
  if (classes > INT32_MAX)
    return siam_fail(SIAM_ERROR_UNSUPPORTED, "%s: too many classes; divide the data", run->options->data);
  step->classes = (int)classes;
  int count = siam_loss_slots(&step->loss, step->classes, (int)dimensions, slots);
  if (count > 0 && run->options->composed_percent > 0)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "the loss '%s' trains something beside the encoder, for classes that are known before; "
                     "leave composed classes out, or use another loss, such as contrastive",
                     step->loss.type->name);
  SIAM_RETURN_IF_FAILED(siam_network_add_guests(network, "loss", slots, count));
  return siam_network_place(network, run->device, run->options->seed);
}

/// Everything that steps depend on, a line each.
static siam_status write_settings(siam_training *run) {
  siam_text *text = &run->settings;
  const siam_step_options *step = &run->step_options;
  const siam_sampler_options *sampler = &run->supply_options.sampler;
  siam_text_add(text, "%s%s", run->model->encoder, run->init.length > 0 ? run->init.bytes : "");
  siam_text_add(text, "pictures %u, classes %u\n", siam_images_count(run->images),
                siam_dataset_count_classes(run->training));
  siam_training_describe_pictures(run);
  siam_text_add(text, "loss ");
  siam_loss_describe(&step->loss, text);
  siam_text_add(text, ", %s pairs, branches %d\n", sampler->mode == SIAM_SAMPLE_PAIRS ? "drawn" : "all",
                step->branches);
  siam_text_add(text, "batch %u pairs, %u classes of %u pictures, turned classes %d, within parents %u\n",
                sampler->pairs, sampler->classes, sampler->images_per_class,
                run->supply_options.turned_classes, sampler->within_parent_percent);
  if (run->options->composed_percent > 0)
    siam_text_add(text, "composed classes %u\n", run->options->composed_percent);
  siam_training_describe_optimization(run);
  return siam_text_status(text);
}

static siam_status keep_views(siam_training *run) {
  const siam_views *views = NULL;
  SIAM_RETURN_IF_FAILED(siam_views_find(run->options->views, &views));
  return siam_views_keep(views, run->model);
}

/// Once nothing is left that refuses the run. What a network learns to tell apart from few classes are those
/// classes: docs/training.md has figures.
static void tell_of_choices(const siam_training *run) {
  enum { FEW = 10 };
  const siam_logger *logger = &run->options->logger;
  const uint32_t classes = siam_dataset_count_classes(run->training);
  if (run->why.length > 0) siam_log(logger, SIAM_LOG_INFO, "%s", run->why.bytes);
  if (siam_dataset_get_form(run->training) == SIAM_DATASET_CLASS_FOLDERS && classes < FEW)
    siam_log(
        logger, SIAM_LOG_INFO,
        "%u classes are few: new pictures of them will be told apart, but hardly things that are in none "
        "of them",
        classes);
}

siam_status siam_training_prepare(siam_training *run) {
  SIAM_RETURN_IF_FAILED(siam_training_check_places(run));
  if (siam_training_has_choice(run->options)) {
    SIAM_RETURN_IF_FAILED(hold_out(run));
    SIAM_RETURN_IF_FAILED(siam_training_choose(run));
  }
  SIAM_RETURN_IF_FAILED(choose_step(run));
  SIAM_RETURN_IF_FAILED(siam_training_make_model(run));
  SIAM_RETURN_IF_FAILED(keep_views(run));
  SIAM_RETURN_IF_FAILED(siam_step_check_loss(run->model, &run->step_options.loss));
  SIAM_RETURN_IF_FAILED(hold_out(run));
  SIAM_RETURN_IF_FAILED(siam_training_check_selection(run));
  SIAM_RETURN_IF_FAILED(choose_pairing(run));
  SIAM_RETURN_IF_FAILED(siam_training_open_images(run));
  SIAM_RETURN_IF_FAILED(check_held_out(run));
  SIAM_RETURN_IF_FAILED(choose_sampler(run));
  SIAM_RETURN_IF_FAILED(place_loss(run));
  SIAM_RETURN_IF_FAILED(siam_training_make_step(run));
  double reach = siam_loss_reach(&run->step_options.loss);
  run->watch.scale = reach > 0 ? reach : 1;
  SIAM_RETURN_IF_FAILED(write_settings(run));
  SIAM_RETURN_IF_FAILED(siam_training_go_on(run));
  tell_of_choices(run);
  return SIAM_OK;
}
