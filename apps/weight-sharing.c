// weight-sharing: the systems in which one weight has several uses, each proven by numbers.
#include "common/command.h"
#include "common/decoders.h"
#include "common/json.h"
#include "common/message.h"
#include "sharing/lesson.h"
#include "sharing/systems.h"

#include <string.h>

enum { EXIT_FAILED = 1 };

static struct {
  const char *device, *system;
  int64_t seed;
  bool json, study, language_model, seeds_given;
  sharing_choices choices;
} arguments = {.seed = 1, .choices = {.seeds = 5}};

/// Everything the program can do, in the order in which it does it.
static const sharing_part parts[] = {
    {"standard", "Standard autoencoder 10 → 5 → 10", sharing_standard_autoencoder, NULL},
    {"tied", "Tied autoencoder 10 → 5 → 10", sharing_tied_autoencoder, NULL},
    {"shared", "Shared linear layers 10 → 10 → 10", sharing_shared_linear, NULL},
    {"embedding", "Tied embeddings of a language model", sharing_tied_embeddings, NULL},
    {"siamese", "Siamese encoder", sharing_siamese_encoder, NULL},
    {"study", "Less over-fitting by sharing", sharing_study, &arguments.study},
    {"language_model", "A language model, tied and untied", sharing_language_model,
     &arguments.language_model},
};
enum { PARTS = sizeof parts / sizeof parts[0] };

static const char *const systems[] = {"standard", "tied", "shared", "embedding", "siamese", NULL};

static const app_option options[] = {
    {.name = "system",
     .letter = 's',
     .value = "NAME",
     .text = &arguments.system,
     .choices = systems,
     .help = "Run this one only: standard, tied, shared, embedding or siamese. Default: all."},
    {.name = "seed",
     .value = "N",
     .integer = &arguments.seed,
     .least = 0,
     .most = 9.0e18,
     .help = "Of first weights and inputs. Default: 1."},
    {.heading = "Training"},
    {.name = "study",
     .flag = &arguments.study,
     .help = "Train an autoencoder and a language model, tied and untied, on little data and on more, and "
             "compare their errors on training data and on unseen data."},
    {.name = "language-model",
     .flag = &arguments.language_model,
     .help =
         "Train a language model, tied and untied, and show how well each guesses unseen text and what it "
         "writes."},
    {.name = "data",
     .value = "FOLDER",
     .text = &arguments.choices.data,
     .help = "The study's autoencoder learns the pictures in this folder, such as those of siamese-glyphs. "
             "Default: words of the text, spelled."},
    {.name = "text",
     .value = "FILE",
     .text = &arguments.choices.text,
     .help = "Language models learn this text. Default: licences in /usr/share/common-licenses, which "
             "Debian's base-files ships."},
    {.name = "seeds",
     .value = "N",
     .integer = &arguments.choices.seeds,
     .given = &arguments.seeds_given,
     .least = 2,
     .most = 1000,
     .help = "The study repeats each training so often, from --seed on. Default: 5."},
    {.name = "steps",
     .value = "N",
     .integer = &arguments.choices.steps,
     .least = 10,
     .most = 1 << 30,
     .help = "Updates of each training, at most. Default: 3000 for the study's autoencoder, 1000 for its "
             "language model; --language-model stops when it gets no better."},
    {.name = "plot",
     .value = "FILE.svg",
     .text = &arguments.choices.plot,
     .help = "Draw the study's errors into this file."},
    APP_OPTIONS_LIMITS,
    {.heading = "Program"},
    APP_OPTION_DEVICE(&arguments.device),
    APP_OPTION_JSON(&arguments.json),
    {0}};

static const app_note examples[] = {
    {"weight-sharing", "All systems, with the evidence for each."},
    {"weight-sharing --system tied --json", "The tied autoencoder's evidence, for programs."},
    {"weight-sharing --study --data pictures/ --plot study.svg", "What sharing does against over-fitting."},
    {"weight-sharing --language-model", "Tied embeddings at work."},
    {NULL, NULL}};

static const app_note exit_codes[] = {{"0", "Every claim held."},
                                      {"1", "A claim failed; standard error names it."},
                                      {"2", "Trouble; standard error says what and what to do."},
                                      {NULL, NULL}};

static const app_command command = {
    .name = "weight-sharing",
    .summary = "run systems whose layers share weights and prove what sharing does",
    .arguments = "",
    .description =
        "A weight is a place, not a property of a layer: a layer's slot refers to it, plainly or transposed, "
        "and several slots may refer to one. Each system is run on the device, and the claims about it are "
        "held to float64: where its weights lie and how many slots refer to each; that the gradients of all "
        "uses add up in one place; that a value written through one use is read by the other; that one "
        "update moves both. The study and the language model are trained, and tell how well.\n",
    .options = options,
    .examples = examples,
    .exit_codes = exit_codes,
};

static bool anything_wanted(void) {
  for (size_t i = 0; i < PARTS; i++)
    if (parts[i].wanted != NULL && *parts[i].wanted) return true;
  return false;
}

/// An option asks for a part; without such an option all systems run, or the one that --system names.
static bool runs(const sharing_part *part) {
  if (part->wanted != NULL) return *part->wanted;
  if (arguments.system != NULL) return strcmp(arguments.system, part->name) == 0;
  return !anything_wanted();
}

static int run_all(siam_device *device) {
  const char *name = siam_device_get_info(device)->name;
  char preface[300];
  snprintf(preface, sizeof preface, "device  %s", app_show(name));
  sharing_lesson common = {.preface = preface,
                           .device = device,
                           .seed = (uint64_t)arguments.seed,
                           .json = arguments.json,
                           .choices = &arguments.choices};
  json_t *all = json_pack("{so sI}", "device", app_json_text(name), "seed", (json_int_t)arguments.seed);
  unsigned failures = 0;
  siam_status status = SIAM_OK;
  for (size_t i = 0; i < PARTS && status == SIAM_OK; i++) {
    if (!runs(&parts[i])) continue;
    json_t *object = NULL;
    status = sharing_run(&parts[i], &common, &object, &failures);
    common.preface = NULL;
    json_object_set_new(all, parts[i].name, object);
  }
  if (status != SIAM_OK) {
    json_decref(all);
    return APP_TROUBLE;
  }
  json_object_set_new(all, "held", json_boolean(failures == 0));
  int code = APP_SUCCESS;
  if (arguments.json)
    code = app_print_json(all);
  else
    json_decref(all);
  return code == APP_SUCCESS && failures > 0 ? EXIT_FAILED : code;
}

/// The name of an option that nothing which was asked for would heed, or NULL.
static const char *idle_option(void) {
  const bool trains = arguments.study || arguments.language_model;
  if (!arguments.study && arguments.choices.data != NULL) return "--data";
  if (!arguments.study && app_limits.pixels > 0) return "--max-pixels";
  if (!arguments.study && app_limits.side > 0) return "--max-side";
  if (!arguments.study && app_limits.megabytes > 0) return "--max-file";
  if (!arguments.study && arguments.choices.plot != NULL) return "--plot";
  if (!arguments.study && arguments.seeds_given) return "--seeds";
  if (!trains && arguments.choices.text != NULL) return "--text";
  return !trains && arguments.choices.steps > 0 ? "--steps" : NULL;
}

int main(int argc, char **argv) {
  unsigned count = 0;
  app_begin(&command, argc, argv, &count);
  if (idle_option() != NULL)
    return app_fail("%s needs --study%s", idle_option(),
                    strcmp(idle_option(), "--text") == 0 || strcmp(idle_option(), "--steps") == 0
                        ? " or --language-model"
                        : "");
  if (app_begin_decoders() != APP_SUCCESS) return APP_TROUBLE;
  siam_device *device = NULL;
  siam_device_options device_options = {.selector = arguments.device, .logger = app_logger(arguments.json)};
  if (siam_device_create(&device_options, &device) != SIAM_OK) return app_fail_library();
  const int code = run_all(device);
  siam_device_destroy(device);
  return code;
}
