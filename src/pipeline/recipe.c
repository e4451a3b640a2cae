#include "pipeline/recipe.h"

#include <string.h>

/// A row for each recipe; docs/training.md says what they were chosen by. Zero means the default of
/// siam_train().
typedef struct recipe {
  const char *name, *summary;
  const char *loss; ///< Where there are classes; pairs are trained with the default.
  double rate, average;
  uint32_t steps, patience;
  const char *augment;
  const char *encoder; ///< Where none is named and no model is started from.
} recipe;

static const recipe recipes[] = {
    {.name = "fast",
     .summary = "a first look: 500 steps",
     .loss = "contrastive margin=0.6 hardest=5",
     .rate = 0.004,
     .steps = 500,
     .encoder = "auto"},
    {.name = "balanced",
     .summary = "2,000 steps with the hardest pairs",
     .loss = "contrastive margin=0.6 hardest=5",
     .rate = 0.002,
     .steps = 2000,
     .encoder = "auto"},
    {.name = "best",
     .summary = "up to 8,000 steps, the average of the weights, and an end where nothing gets better",
     .loss = "contrastive margin=0.6 hardest=5",
     .rate = 0.002,
     .average = 0.999,
     .steps = 8000,
     .patience = 15,
     .encoder = "auto"},
    {.name = "plain", .summary = "the default of every option"},
    {0}};

const char *siam_recipe_get_name(size_t index) {
  return index < sizeof recipes / sizeof *recipes ? recipes[index].name : NULL;
}

const char *siam_recipe_get_summary(size_t index) {
  return index < sizeof recipes / sizeof *recipes ? recipes[index].summary : NULL;
}

static siam_status find(const char *name, const recipe **found) {
  for (*found = recipes; (*found)->name != NULL; (*found)++)
    if (strcmp((*found)->name, name) == 0) return SIAM_OK;
  siam_text names = {0};
  for (const recipe *row = recipes; row->name != NULL; row++)
    siam_text_add(&names, "%s%s", row > recipes ? ", " : "", row->name);
  siam_fail(SIAM_ERROR_ARGUMENT, "there is no recipe '%s'; there are: %s", name,
            names.bytes != NULL ? names.bytes : "");
  siam_text_clear(&names);
  return SIAM_ERROR_ARGUMENT;
}

/// Fills in what nobody chose. The loss goes with its rate, and with pairs of all of a batch.
static void fill_in(const recipe *row, const siam_training *run, siam_train_options *options) {
  const bool has_classes = siam_dataset_get_form(run->training) == SIAM_DATASET_CLASS_FOLDERS;
  const bool drawn = options->pairs != NULL && strcmp(options->pairs, "drawn") == 0;
  if (options->loss == NULL && has_classes && !drawn) options->loss = row->loss;
  if (options->rate == 0 && options->optimizer == NULL) options->rate = row->rate;
  if (options->average == 0) options->average = row->average;
  if (options->augment == NULL) options->augment = row->augment;
  if (options->steps == 0 && options->epochs == 0 && options->minutes == 0) options->steps = row->steps;
  if (options->patience == 0 && run->validation != NULL) options->patience = row->patience;
  if (options->model.encoder == NULL && options->init == NULL) options->model.encoder = row->encoder;
}

static bool wants_encoder(const siam_train_options *options) {
  return options->model.encoder != NULL && strcmp(options->model.encoder, "auto") == 0;
}

bool siam_training_has_choice(const siam_train_options *options) {
  return options->recipe != NULL || wants_encoder(options);
}

siam_status siam_training_choose(siam_training *run) {
  const recipe *row = NULL;
  run->chosen = *run->options;
  if (run->chosen.recipe != NULL) {
    SIAM_RETURN_IF_FAILED(find(run->chosen.recipe, &row));
    fill_in(row, run, &run->chosen);
  }
  run->options = &run->chosen;
  if (!wants_encoder(&run->chosen)) return SIAM_OK;
  siam_picture_sample sample;
  SIAM_RETURN_IF_FAILED(siam_sample_pictures(run->training, run->chosen.decoders, &sample));
  siam_choose_encoder(&sample, &run->chosen.model, &run->why);
  return siam_text_status(&run->why);
}
