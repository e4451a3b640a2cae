// siamese-eval: judges a model on pictures it has not been trained on.
#include "common/command.h"
#include "common/decoders.h"
#include "common/message.h"
#include "common/model.h"
#include "common/progress.h"
#include "eval/eval.h"

#include <stdlib.h>

static struct {
  const char *model, *training, *report, *distances, *device;
  char *line;
  int64_t pairs, ways, trials, seed;
  bool compare_models, within_parent, one_shot_runs, fit_threshold, allow_outside, per_class, json, quiet;
} arguments = {.seed = 1};

static const app_option options[] = {
    APP_OPTION_MODEL(&arguments.model),
    {.name = "compare-models",
     .flag = &arguments.compare_models,
     .help =
         "Judge two models, A and B, on the same pairs, trials and queries, and state for each figure how "
         "much better B is, with its interval by a paired bootstrap over classes. The word default names the "
         "built-in model."},
    {.name = "training",
     .value = "DATA",
     .text = &arguments.training,
     .help =
         "What the model was trained on: look for test pictures that it has too, or almost, and list them. "
         "They make figures too good to be true. Listed apart are those that look like edited ones: cut, "
         "mirrored, framed."},
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
    APP_OPTION_ALLOW_OUTSIDE(&arguments.allow_outside),
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
    {.heading = "Classes"},
    {.name = "per-class",
     .flag = &arguments.per_class,
     .help = "List Recall@1 and mAP@R of each class, the worst first, and what it is most often taken for."},
    {.heading = "Result"},
    {.name = "report",
     .value = "FILE",
     .text = &arguments.report,
     .help =
         "Write one HTML page with everything to see: curves, a threshold to move, mistakes as pictures, a "
         "map of the embeddings."},
    {.name = "distances",
     .value = "FILE",
     .text = &arguments.distances,
     .help = "Write a CSV row for each pair that accuracy is of: both pictures, its label and its distance."},
    {.heading = "Program"},
    {.name = "seed",
     .value = "N",
     .integer = &arguments.seed,
     .least = 0,
     .most = 9.0e18,
     .help = "Of pairs, trials and intervals. Default: 1."},
    APP_OPTIONS_LIMITS,
    APP_OPTION_DEVICE(&arguments.device),
    APP_OPTION_JSON(&arguments.json),
    APP_OPTION_QUIET(&arguments.quiet),
    {0}};

static const app_note examples[] = {
    {"siamese-eval -m shapes.siamese held-out/", "Verification and 20-way one-shot on class folders."},
    {"siamese-eval -m faces.siamese pairs.csv --json", "The pairs of a list, for programs."},
    {"siamese-eval -m shapes.siamese held-out/ --training pictures/ --per-class",
     "Also class by class, and whether training has seen any of it."},
    {"siamese-eval -m shapes.siamese held-out/ --report shapes.html", "A page to look at and to pass on."},
    {"siamese-eval -m shapes.siamese held-out/ --distances distances.csv",
     "Pairs with their distances, for figures of your own."},
    {"siamese-eval --compare-models shapes.siamese my.siamese held-out/",
     "Which of two models is better, and is that more than chance?"},
    {"siamese-eval --compare-models default my.siamese held-out/", "The same with the built-in model as A."},
    {"siamese-eval -m omniglot.siamese --one-shot-runs all_runs/", "Omniglot's 400 official trials."},
    {NULL, NULL}};

static const app_command command = {
    .name = "siamese-eval",
    .summary = "judge a model on pictures it has not been trained on",
    .arguments = "[A B] DATA",
    .least = 1,
    .most = 3,
    .description =
        "Verification: accuracy, area under the ROC curve, equal error rate, and the share of same pairs "
        "accepted at fixed false-accept rates. One-shot: each query goes to the nearest of N pictures of N "
        "classes. Retrieval: each picture as a query among all others, Recall@K and mean average precision "
        "at R. A tie always counts as wrong. Every figure has a 95 % interval by bootstrap over "
        "classes.\n",
    .options = options,
    .examples = examples,
};

static bool show_preparing(void *context, const char *what, uint32_t done, uint32_t count) {
  (void)context;
  app_progress_update(done, count, "%s", what);
  return true;
}

static siam_evaluate_options evaluate_options(void) {
  return (siam_evaluate_options){.pairs = (uint32_t)arguments.pairs,
                                 .decoders = app_decoders(),
                                 .ways = (uint32_t)arguments.ways,
                                 .trials = (uint32_t)arguments.trials,
                                 .within_parent = arguments.within_parent,
                                 .one_shot_runs = arguments.one_shot_runs,
                                 .fit_threshold = arguments.fit_threshold,
                                 .allow_outside = arguments.allow_outside,
                                 .seed = (uint64_t)arguments.seed,
                                 .training = arguments.training,
                                 .report = arguments.report,
                                 .distances = arguments.distances,
                                 .command = arguments.line,
                                 .logger = app_logger(arguments.quiet || arguments.json),
                                 .preparing = show_preparing};
}

static int compare_models(siam_device *device, char *const *names) {
  siam_model *models[2] = {NULL, NULL};
  siam_evaluate_options chosen = evaluate_options();
  siam_model_comparison comparison;
  siam_status status = SIAM_OK;
  for (int i = 0; i < 2 && status == SIAM_OK; i++) status = app_load_model(device, names[i], &models[i]);
  app_progress_begin("evaluating", arguments.quiet || arguments.json);
  if (status == SIAM_OK) status = siam_compare_models(models[0], models[1], names[2], &chosen, &comparison);
  app_progress_end();
  int code = APP_SUCCESS;
  if (status != SIAM_OK)
    code = app_fail_library();
  else if (arguments.json)
    code = eval_print_comparison_json(names, &comparison, siam_device_get_info(device)->name);
  else
    eval_print_comparison(&comparison);
  for (int i = 0; i < 2; i++) siam_model_destroy(models[i]);
  return code;
}

static int evaluate(siam_device *device, const char *data) {
  siam_model *model = NULL;
  siam_evaluate_options chosen = evaluate_options();
  siam_evaluation evaluation;
  if (app_load_model(device, arguments.model, &model) != SIAM_OK) return app_fail_library();
  app_progress_begin("evaluating", arguments.quiet || arguments.json);
  siam_status status = siam_evaluate(model, data, &chosen, &evaluation);
  app_progress_end();
  int code = APP_SUCCESS;
  if (status != SIAM_OK)
    code = app_fail_library();
  else if (arguments.json)
    code = eval_print_json(
        &evaluation,
        &(eval_subject){arguments.model, data, siam_device_get_info(device)->name, arguments.per_class});
  else
    eval_print(&evaluation, arguments.per_class);
  if (status == SIAM_OK) siam_evaluation_clear(&evaluation);
  siam_model_destroy(model);
  return code;
}

/// What does not go together; 0 where all does.
static int check_arguments(unsigned count) {
  bool trials = arguments.ways > 0 || arguments.trials > 0 || arguments.within_parent;
  if (arguments.compare_models) {
    if (count != 3) return app_fail("--compare-models takes A B DATA: two models and what to judge them on");
    if (arguments.model != NULL || arguments.one_shot_runs || arguments.per_class ||
        arguments.training != NULL || arguments.report != NULL || arguments.distances != NULL)
      return app_fail("--compare-models names its models as A and B and prints differences only; leave out "
                      "-m, --one-shot-runs, --per-class, --training, --report and --distances");
    return APP_SUCCESS;
  }
  if (count > 1) return app_fail("too many arguments; one folder or list is judged at a time (--help)");
  if (arguments.one_shot_runs &&
      (arguments.pairs > 0 || trials || arguments.fit_threshold || arguments.per_class ||
       arguments.training != NULL || arguments.report != NULL || arguments.distances != NULL))
    return app_fail("--one-shot-runs judges the prepared trials only; leave out --pairs, --fit-threshold, "
                    "--ways, --trials, --within-parent, --per-class, --training, --report and --distances");
  return APP_SUCCESS;
}

static int run(char **names, unsigned count) {
  int code = check_arguments(count);
  if (code != APP_SUCCESS) return code;
  if (app_begin_decoders() != APP_SUCCESS) return APP_TROUBLE;
  siam_device *device = NULL;
  siam_device_options device_options = {.selector = arguments.device, .logger = app_logger(arguments.quiet)};
  if (siam_device_create(&device_options, &device) != SIAM_OK) return app_fail_library();
  code = arguments.compare_models ? compare_models(device, names) : evaluate(device, names[0]);
  siam_device_destroy(device);
  return code;
}

int main(int argc, char **argv) {
  unsigned count = 0;
  arguments.line = app_line(&command, argc, argv);
  char **names = app_begin(&command, argc, argv, &count);
  int code = run(names, count);
  free(arguments.line);
  return code;
}
