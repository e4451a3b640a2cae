// siamese-eval: judges a model on pictures it has not been trained on.
#include "common/command.h"
#include "common/json.h"
#include "common/message.h"
#include "common/progress.h"
#include "common/table.h"

#include <math.h>
#include <siamese/evaluate.h>

static struct {
  const char *model, *device;
  int64_t pairs, ways, trials, seed;
  bool within_parent, one_shot_runs, fit_threshold, json, quiet;
} arguments = {.seed = 1};

static const app_option options[] = {
    {.name = "model",
     .letter = 'm',
     .value = "MODEL",
     .text = &arguments.model,
     .help = "Model file from siamese-train."},
    {.heading = "Pairs"},
    {.name = "pairs",
     .value = "N",
     .integer = &arguments.pairs,
     .least = 2,
     .most = 1 << 30,
     .help = "Judge on at most so many pairs, half of them same. Default: 6000, and 40000 for "
             "the shares at fixed false-accept rates; a pair list gives its own."},
    {.name = "fit-threshold",
     .flag = &arguments.fit_threshold,
     .help = "State the accuracy at the best threshold of these very pairs, which is too hopeful, instead of "
             "the model's."},
    {.heading = "One-shot"},
    {.name = "ways",
     .value = "N",
     .integer = &arguments.ways,
     .least = 2,
     .most = 1 << 20,
     .help = "Classes of a one-shot trial. Default: 20, or all where there are fewer."},
    {.name = "trials",
     .value = "N",
     .integer = &arguments.trials,
     .least = 1,
     .most = 1 << 30,
     .help = "One-shot trials. Default: 10000."},
    {.name = "within-parent",
     .flag = &arguments.within_parent,
     .help = "Classes of one trial, and of different pairs, come from one parent folder."},
    {.name = "one-shot-runs",
     .flag = &arguments.one_shot_runs,
     .help = "DATA is in Omniglot's official layout: runNN/training/, runNN/test/, runNN/class_labels.txt."},
    {.heading = "Program"},
    {.name = "seed",
     .value = "N",
     .integer = &arguments.seed,
     .least = 0,
     .most = 9.0e18,
     .help = "Of pairs, trials and intervals. Default: 1."},
    APP_OPTION_DEVICE(&arguments.device),
    APP_OPTION_JSON(&arguments.json),
    APP_OPTION_QUIET(&arguments.quiet),
    {0}};

static const app_note examples[] = {
    {"siamese-eval -m shapes.siamese held-out/", "Verification and 20-way one-shot on class folders."},
    {"siamese-eval -m faces.siamese pairs.csv --json", "The pairs of a list, for programs."},
    {"siamese-eval -m omniglot.siamese --one-shot-runs all_runs/", "Omniglot's 400 official trials."},
    {NULL, NULL}};

static const app_command command = {
    .name = "siamese-eval",
    .summary = "judge a model on pictures it has not been trained on",
    .arguments = "DATA",
    .least = 1,
    .most = 1,
    .description = "Verification: accuracy, area under the ROC curve, equal error rate, and the share of "
                   "same pairs accepted "
                   "at fixed false-accept rates. One-shot: each query goes to the nearest of N pictures of N "
                   "classes; a tie "
                   "counts as wrong. Every figure has a 95 % interval by bootstrap over classes.\n",
    .options = options,
    .examples = examples,
};

static bool show_preparing(void *context, const char *what, uint32_t done, uint32_t count) {
  (void)context;
  app_progress_update(done, count, "%s", what);
  return true;
}

static void add_row(app_table *table, const char *name, const siam_figure *figure, double scale,
                    const char *unit) {
  app_table_add(table, "%s", name);
  app_table_add(table, "%.*f%s", scale == 1 ? 4 : 1, scale * figure->value, unit);
  if (isfinite(figure->low))
    app_table_add(table, "%.*f to %.*f%s", scale == 1 ? 4 : 1, scale * figure->low, scale == 1 ? 4 : 1,
                  scale * figure->high, unit);
  else
    app_table_add(table, "too little data");
}

static void add_verification(app_table *table, const siam_verification *verification) {
  char name[64];
  snprintf(name, sizeof name, "accuracy at distance %.3f", verification->threshold);
  add_row(table, name, &verification->accuracy, 100, " %");
  add_row(table, "ROC AUC", &verification->auc, 1, "");
  add_row(table, "equal error rate", &verification->eer, 100, " %");
  for (uint32_t i = 0; i < verification->rate_count; i++) {
    const siam_tar_at_far *rate = &verification->rates[i];
    snprintf(name, sizeof name, "TAR at FAR %g %%", 100 * rate->rate);
    if (rate->supported) {
      add_row(table, name, &rate->tar, 100, " %");
      continue;
    }
    app_table_add(table, "%s", name);
    app_table_add(table, "-");
    app_table_add(table, "too few pairs");
  }
}

static void print_text(const siam_evaluation *evaluation) {
  static const app_column columns[] = {{"figure", false}, {"value", true}, {"95 % interval", true}};
  printf("%u pictures", evaluation->images);
  if (evaluation->classes > 0) printf(" of %u classes", evaluation->classes);
  if (evaluation->broken > 0) printf("; %u broken ones left out", evaluation->broken);
  if (evaluation->has_verification)
    printf("; %llu same and %llu different pairs", (unsigned long long)evaluation->verification.same_pairs,
           (unsigned long long)evaluation->verification.different_pairs);
  if (evaluation->rate_different_pairs > evaluation->verification.different_pairs)
    printf(", for false-accept rates %llu", (unsigned long long)evaluation->rate_different_pairs);
  printf("\n\n");
  app_table *table = app_table_create(columns, 3);
  if (evaluation->has_verification) add_verification(table, &evaluation->verification);
  if (evaluation->has_one_shot) {
    char name[64];
    snprintf(name, sizeof name, "%u-way one-shot, %u trials", evaluation->one_shot.ways,
             evaluation->one_shot.trials);
    add_row(table, name, &evaluation->one_shot.accuracy, 100, " %");
  }
  app_table_print(table, stdout);
  app_table_destroy(table);
  if (isfinite(evaluation->calibration_error))
    printf("\nSimilarity is off by %.1f points on average (expected calibration error).\n",
           100 * evaluation->calibration_error);
}

static json_t *figure_json(const siam_figure *figure) {
  json_t *object = json_object();
  json_object_set_new(object, "value", app_json_number(figure->value));
  json_object_set_new(object, "low", app_json_number(figure->low));
  json_object_set_new(object, "high", app_json_number(figure->high));
  return object;
}

static json_t *verification_json(const siam_verification *verification) {
  json_t *object = json_object(), *rates = json_array();
  json_object_set_new(object, "same_pairs", json_integer((json_int_t)verification->same_pairs));
  json_object_set_new(object, "different_pairs", json_integer((json_int_t)verification->different_pairs));
  json_object_set_new(object, "threshold", app_json_number(verification->threshold));
  json_object_set_new(object, "accuracy", figure_json(&verification->accuracy));
  json_object_set_new(object, "roc_auc", figure_json(&verification->auc));
  json_object_set_new(object, "equal_error_rate", figure_json(&verification->eer));
  for (uint32_t i = 0; i < verification->rate_count; i++) {
    const siam_tar_at_far *rate = &verification->rates[i];
    json_t *row = json_object();
    json_object_set_new(row, "far", app_json_number(rate->rate));
    json_object_set_new(row, "tar", rate->supported ? figure_json(&rate->tar) : json_null());
    json_array_append_new(rates, row);
  }
  json_object_set_new(object, "tar_at_far", rates);
  return object;
}

static json_t *one_shot_json(const siam_one_shot *one_shot) {
  json_t *object = json_object();
  json_object_set_new(object, "ways", json_integer(one_shot->ways));
  json_object_set_new(object, "trials", json_integer(one_shot->trials));
  json_object_set_new(object, "runs", json_integer(one_shot->runs));
  json_object_set_new(object, "accuracy", figure_json(&one_shot->accuracy));
  return object;
}

static int print_json(const char *data, const siam_evaluation *evaluation, const char *device) {
  json_t *object = json_object();
  json_object_set_new(object, "model", app_json_text(arguments.model));
  json_object_set_new(object, "data", app_json_text(data));
  json_object_set_new(object, "device", app_json_text(device));
  json_object_set_new(object, "images", json_integer(evaluation->images));
  json_object_set_new(object, "broken", json_integer(evaluation->broken));
  json_object_set_new(object, "classes", json_integer(evaluation->classes));
  json_object_set_new(object, "rate_different_pairs",
                      json_integer((json_int_t)evaluation->rate_different_pairs));
  json_object_set_new(object, "verification",
                      evaluation->has_verification ? verification_json(&evaluation->verification)
                                                   : json_null());
  json_object_set_new(object, "one_shot",
                      evaluation->has_one_shot ? one_shot_json(&evaluation->one_shot) : json_null());
  json_object_set_new(object, "calibration_error", app_json_number(evaluation->calibration_error));
  json_object_set_new(object, "seconds", app_json_number(evaluation->seconds));
  return app_print_json(object);
}

static int evaluate(siam_device *device, siam_model *model, const char *data) {
  siam_evaluate_options evaluate_options = {.pairs = (uint32_t)arguments.pairs,
                                            .ways = (uint32_t)arguments.ways,
                                            .trials = (uint32_t)arguments.trials,
                                            .within_parent = arguments.within_parent,
                                            .one_shot_runs = arguments.one_shot_runs,
                                            .fit_threshold = arguments.fit_threshold,
                                            .seed = (uint64_t)arguments.seed,
                                            .logger = app_logger(arguments.quiet || arguments.json),
                                            .preparing = show_preparing};
  siam_evaluation evaluation;
  app_progress_begin("evaluating", arguments.quiet || arguments.json);
  siam_status status = siam_evaluate(model, data, &evaluate_options, &evaluation);
  app_progress_end();
  if (status != SIAM_OK) return app_fail_library();
  if (arguments.json) return print_json(data, &evaluation, siam_device_get_info(device)->name);
  print_text(&evaluation);
  return APP_SUCCESS;
}

int main(int argc, char **argv) {
  unsigned count = 0;
  char **names = app_begin(&command, argc, argv, &count);
  if (arguments.model == NULL) return app_fail("no model; give one with -m MODEL, made by siamese-train");
  if (arguments.one_shot_runs && (arguments.pairs > 0 || arguments.ways > 0 || arguments.trials > 0 ||
                                  arguments.within_parent || arguments.fit_threshold))
    return app_fail("--one-shot-runs judges the prepared trials only; leave out --pairs, --fit-threshold, "
                    "--ways, --trials and --within-parent");
  siam_device *device = NULL;
  siam_model *model = NULL;
  siam_device_options device_options = {.selector = arguments.device, .logger = app_logger(arguments.quiet)};
  if (siam_device_create(&device_options, &device) != SIAM_OK) return app_fail_library();
  int code = siam_model_load(device, arguments.model, &model) == SIAM_OK ? evaluate(device, model, names[0])
                                                                         : app_fail_library();
  siam_model_destroy(model);
  siam_device_destroy(device);
  return code;
}
