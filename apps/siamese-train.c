// siamese-train: from a folder of pictures to a model file.
#include "common/command.h"
#include "common/json.h"
#include "common/message.h"
#include "common/progress.h"

#include <math.h>
#include <siamese/train.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct train_arguments {
  const char *output, *validation, *encoder, *init, *reconstruct, *loss, *pairs, *branches, *optimizer,
      *schedule, *augment, *resize;
  const char *log, *report, *device;
  char *line;
  double picture_memory, holdout, margin, rate, weight_decay, momentum, clip, warmup, epochs, minutes, far,
      checkpoint_seconds;
  int64_t size, channels, embedding, batch, images_per_class, within_parent, hardest, steps, seed;
  bool given_memory, given_holdout, given_decay, given_momentum, given_clip, given_warmup;
  bool resume, json, quiet, turned_classes, check;
} train_arguments;

static train_arguments arguments = {.seed = 1};

static const char *const reconstruct_choices[] = {"tied", "untied", NULL};
static const char *const pairs_choices[] = {"drawn", "all", NULL};
static const char *const branches_choices[] = {"fused", "two-pass", NULL};
static const char *const schedule_choices[] = {"cosine", "constant", "step", NULL};
static const char *const resize_choices[] = {"letterbox", "crop", "stretch", NULL};

static const app_option options[] = {
    {.heading = "Result"},
    {.name = "output",
     .letter = 'o',
     .value = "MODEL",
     .text = &arguments.output,
     .help = "Write the model to this file; MODEL.checkpoint lies beside it while training."},
    {.name = "log", .value = "FILE", .text = &arguments.log, .help = "Write a CSV file with a row per step."},
    {.name = "report",
     .value = "FILE",
     .text = &arguments.report,
     .help =
         "Write one HTML page with the curves of training and everything to see about the model on what was "
         "held out."},
    {.heading = "Data"},
    {.name = "val",
     .value = "DATA",
     .text = &arguments.validation,
     .help = "Fit thresholds and calibration on this. Default: a part of the data is held out."},
    {.name = "far",
     .value = "RATE",
     .number = &arguments.far,
     .least = 0,
     .most = 1,
     .above_least = true,
     .help = "Let verdicts go by the threshold for this false-accept rate: 0.01, 0.001 or 0.0001. Default: "
             "by that "
             "of best accuracy."},
    {.name = "holdout",
     .value = "SHARE",
     .number = &arguments.holdout,
     .given = &arguments.given_holdout,
     .least = 0,
     .most = 0.9,
     .help = "Share of the classes (with --reconstruct: pictures) held out without --val; 0: none. Default: "
             "0.1."},
    {.name = "check",
     .flag = &arguments.check,
     .help =
         "Train nothing; look at every picture of DATA, and with --val for what both have, and report. Needs "
         "no -o and no device."},
    {.name = "resize",
     .value = "MODE",
     .text = &arguments.resize,
     .choices = resize_choices,
     .help = "How pictures are brought to size: letterbox, crop or stretch. Default: letterbox."},
    {.name = "augment",
     .value = "NAME",
     .text = &arguments.augment,
     .help = "How pictures are varied: none, light, characters or photos, or fields such as "
             "characters,rotation=20. Default: light."},
    {.name = "turned-classes",
     .flag = &arguments.turned_classes,
     .help = "Take a class turned by 90, 180 or 270 degrees for another class: four times the classes, for "
             "things whose upright matters, such as characters."},
    {.name = "picture-memory",
     .value = "MIB",
     .number = &arguments.picture_memory,
     .given = &arguments.given_memory,
     .least = 0,
     .most = 1e9,
     .help =
         "Keep the decoded pictures in memory up to this size; where they are more, they are decoded again "
         "for every step, which changes the speed and nothing else. Default: 2048."},
    {.heading = "Network and loss"},
    {.name = "encoder",
     .letter = 'e',
     .value = "NAME|FILE",
     .text = &arguments.encoder,
     .help = "conv4, lenet, koch, or a description file. Default: conv4."},
    {.name = "init",
     .value = "FILE",
     .text = &arguments.init,
     .help = "Start from this model file: parameters of equal name and "
             "shape are "
             "taken over, with the normalisation of pictures that belongs to them, and what is not is said. "
             "Without --encoder the network is that of the file. Default: weights drawn from the seed."},
    {.name = "reconstruct",
     .value = "HOW",
     .text = &arguments.reconstruct,
     .choices = reconstruct_choices,
     .help =
         "Pre-train without labels: DATA is any folder with pictures, and the encoder learns to give them "
         "back through its mirror image, whose weights are its own (tied) or not (untied). MODEL is then an "
         "encoder to start from with --init."},
    {.name = "size",
     .value = "N",
     .integer = &arguments.size,
     .least = 1,
     .most = 16384,
     .help = "Height and width of the network's pictures. Default: as the encoder says."},
    {.name = "channels",
     .value = "N",
     .integer = &arguments.channels,
     .least = 1,
     .most = 3,
     .help = "1 for grey, 3 for colour. Default: as the encoder says."},
    {.name = "embedding",
     .value = "N",
     .integer = &arguments.embedding,
     .least = 1,
     .most = 1 << 20,
     .help = "Numbers of an embedding. Default: as the encoder says."},
    {.name = "loss",
     .value = "LOSS",
     .text = &arguments.loss,
     .help =
         "What training makes smaller: contrastive, triplet, nt_xent, supervised_contrastive, "
         "multi_similarity, circle, margin, proxy_anchor, arcface or cosface; options behind the name, in "
         "one argument: \"triplet hardest margin=0.3\" (docs/losses.md). Default: contrastive."},
    {.name = "margin",
     .value = "M",
     .number = &arguments.margin,
     .least = 0,
     .most = 1e6,
     .above_least = true,
     .help = "The loss's margin: for contrastive, the distance beyond which different pairs are left alone. "
             "Default: the loss's own, for contrastive 1."},
    {.name = "pairs",
     .value = "KIND",
     .text = &arguments.pairs,
     .choices = pairs_choices,
     .help = "drawn: half same, half different; all: every two pictures of a batch of classes. Default: all "
             "for class folders, drawn for pair data."},
    {.name = "hardest",
     .value = "K",
     .integer = &arguments.hardest,
     .least = 0,
     .most = 65536,
     .help =
         "With --pairs all: of the different pictures, only the K nearest of each picture count. Default: 0, "
         "all within the margin."},
    {.name = "branches",
     .value = "HOW",
     .text = &arguments.branches,
     .choices = branches_choices,
     .help = "fused: both pictures of a pair in one batch; two-pass: one branch after the other. Default: "
             "fused."},
    {.heading = "Optimisation"},
    {.name = "optimizer",
     .value = "NAME",
     .text = &arguments.optimizer,
     .help = "sgd, adam or adamw. Default: adamw."},
    {.name = "lr",
     .value = "X",
     .number = &arguments.rate,
     .least = 0,
     .most = 1e6,
     .above_least = true,
     .help = "Learning rate. Default: 0.001, for sgd 0.01."},
    {.name = "weight-decay",
     .value = "X",
     .number = &arguments.weight_decay,
     .given = &arguments.given_decay,
     .least = 0,
     .most = 1e6,
     .help = "Weight decay of weights, not of biases. Default: 0.01 for adamw, else 0."},
    {.name = "momentum",
     .value = "X",
     .number = &arguments.momentum,
     .given = &arguments.given_momentum,
     .least = 0,
     .most = 0.9999,
     .help = "Momentum of sgd, beta 1 of Adam. Default: 0.9."},
    {.name = "clip",
     .value = "NORM",
     .number = &arguments.clip,
     .given = &arguments.given_clip,
     .least = 0,
     .most = 1e9,
     .help = "Largest norm of the whole gradient; 0: no limit. Default: 5."},
    {.name = "schedule",
     .value = "NAME",
     .text = &arguments.schedule,
     .choices = schedule_choices,
     .help = "How the rate falls: cosine, constant, or step (a tenth after each third). Default: cosine."},
    {.name = "warmup",
     .value = "SHARE",
     .number = &arguments.warmup,
     .given = &arguments.given_warmup,
     .least = 0,
     .most = 1,
     .help = "Share of the run over which the rate rises. Default: 0.05."},
    {.name = "batch",
     .letter = 'b',
     .value = "PAIRS",
     .integer = &arguments.batch,
     .least = 1,
     .most = 1 << 20,
     .help = "Pairs of a step, so twice as many pictures. Default: 64."},
    {.name = "per-class",
     .value = "N",
     .integer = &arguments.images_per_class,
     .least = 2,
     .most = 1 << 16,
     .help = "With --pairs all: pictures of each class in a batch. Default: 4."},
    {.name = "within-parent",
     .value = "PERCENT",
     .integer = &arguments.within_parent,
     .least = 0,
     .most = 100,
     .help = "Of 100 batches of classes, or of 100 different drawn pairs, so many are of one parent folder, "
             "which is harder; thresholds are then fitted on such different pairs. Default: 0."},
    {.heading = "Length"},
    {.name = "steps",
     .value = "N",
     .integer = &arguments.steps,
     .least = 1,
     .most = UINT32_MAX - 1.0,
     .help = "Train so many steps. Default: 2000."},
    {.name = "epochs",
     .value = "N",
     .number = &arguments.epochs,
     .least = 0,
     .most = 1e9,
     .above_least = true,
     .help = "Train so many walks over the data instead."},
    {.name = "minutes",
     .value = "M",
     .number = &arguments.minutes,
     .least = 0,
     .most = 1e6,
     .above_least = true,
     .help = "Train so long instead."},
    {.name = "seed",
     .value = "N",
     .integer = &arguments.seed,
     .least = 0,
     .most = 9.0e18,
     .help = "Of every random choice; the same seed on the same device gives the same model. Default: 1."},
    {.name = "resume", .flag = &arguments.resume, .help = "Go on from MODEL.checkpoint."},
    {.name = "checkpoint-seconds",
     .value = "S",
     .number = &arguments.checkpoint_seconds,
     .least = 0,
     .most = 1e9,
     .above_least = true,
     .help = "Time between checkpoints. Default: 60."},
    {.heading = "Program"},
    APP_OPTION_DEVICE(&arguments.device),
    APP_OPTION_JSON(&arguments.json),
    APP_OPTION_QUIET(&arguments.quiet),
    {0}};

static const app_note examples[] = {
    {"siamese-train pictures/ -o shapes.siamese", "Train on class folders with the standard settings."},
    {"siamese-train pictures/ -o shapes.siamese --minutes 10 --augment characters --size 56",
     "Ten minutes, strongly varied, larger pictures."},
    {"siamese-train pairs.csv -o faces.siamese --val held-out.csv --channels 3 --augment photos --log "
     "log.csv",
     "Train on a list of pairs in colour, and log every step."},
    {"siamese-train pictures/ -o shapes.siamese --report shapes.html", "A page that shows how well it went."},
    {"siamese-train pictures/ -o next.siamese --init shapes.siamese",
     "Go on from the weights of another model."},
    {"siamese-train pictures/ -o start.siamese --reconstruct tied",
     "Pre-train the encoder without labels, for --init."},
    {"siamese-train pictures/ --check", "Find broken, blank and repeated pictures before training."},
    {NULL, NULL}};

static const app_note exit_codes[] = {
    {"0", "The model was written; with --check: the data can be trained on."},
    {"2", "Trouble, or stopped by Ctrl-C after saving a checkpoint; the last line says how to go on."},
    {NULL, NULL}};

static const app_command command = {
    .name = "siamese-train",
    .summary = "train a Siamese network on pictures",
    .arguments = "DATA",
    .least = 1,
    .most = 1,
    .description =
        "DATA is a folder whose leaf folders are classes, a folder with same/ and different/, a CSV file "
        "with "
        "the header a,b,label, or a folder with LFW's pairs.txt. One encoder runs on both pictures of each "
        "pair; the loss pulls embeddings of same pairs together and pushes those of different pairs apart.\n"
        "At the end, thresholds and a calibration are fitted on pairs that were not trained on, and "
        "everything "
        "that siamese-compare needs is written to one file.\n",
    .options = options,
    .examples = examples,
    .exit_codes = exit_codes,
};

static volatile sig_atomic_t stop_requests;

/// The first Ctrl-C asks the run to end after its step; the second leaves at once.
static void request_stop(int signal_number) {
  if (stop_requests++ > 0) _exit(128 + signal_number);
}

static void catch_interrupts(void) {
  struct sigaction action = {.sa_handler = request_stop};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

static bool show_progress(void *context, const siam_train_progress *progress) {
  (void)context;
  if (arguments.reconstruct != NULL)
    app_progress_update(progress->step, progress->steps, "loss %.4f  %.0f pictures/s", progress->loss,
                        2 * progress->pairs_per_second);
  else
    app_progress_update(progress->step, progress->steps, "loss %.4f  same %.3f  different %.3f  %.0f pairs/s",
                        progress->loss, progress->same_distance, progress->different_distance,
                        progress->pairs_per_second);
  return stop_requests == 0;
}

static bool show_preparing(void *context, const char *what, uint32_t done, uint32_t count) {
  (void)context;
  app_progress_update(done, count, "%s", what);
  return stop_requests == 0;
}

/// What the library takes: 0 means "default" there, so a typed 0 becomes "none", which is below 0.
static double typed(bool given, double value) {
  return given && value == 0 ? -1 : value;
}

/// 0 means "default" to the library, so a typed 0 becomes one byte, which holds no picture.
static uint64_t picture_bytes(void) {
  if (!arguments.given_memory) return 0;
  return arguments.picture_memory > 0 ? (uint64_t)(arguments.picture_memory * 1048576) + 1 : 1;
}

static siam_train_options train_options(const char *data) {
  const train_arguments *a = &arguments;
  siam_train_options train = {
      .data = data,
      .output = a->output,
      .validation = a->validation,
      .holdout = typed(a->given_holdout, a->holdout),
      .model = {.encoder = a->encoder,
                .size = (int)a->size,
                .channels = (int)a->channels,
                .embedding = (int)a->embedding},
      .init = a->init,
      .reconstruct = a->reconstruct,
      .loss = a->loss,
      .pairs = a->pairs,
      .hardest = (uint32_t)a->hardest,
      .turned_classes = a->turned_classes,
      .branches = a->branches,
      .margin = a->margin,
      .optimizer = a->optimizer,
      .rate = a->rate,
      .weight_decay = typed(a->given_decay, a->weight_decay),
      .momentum = typed(a->given_momentum, a->momentum),
      .clip = typed(a->given_clip, a->clip),
      .schedule = a->schedule,
      .warmup = typed(a->given_warmup, a->warmup),
      .augment = a->augment,
      .batch = (uint32_t)a->batch,
      .images_per_class = (uint32_t)a->images_per_class,
      .within_parent_percent = (uint32_t)a->within_parent,
      .far = a->far,
      .picture_bytes = picture_bytes(),
      .steps = (uint32_t)a->steps,
      .epochs = a->epochs,
      .minutes = a->minutes,
      .seed = (uint64_t)a->seed,
      .resume = a->resume,
      .checkpoint_seconds = a->checkpoint_seconds,
      .log = a->log,
      .report = a->report,
      .command = a->line,
      .logger = app_logger(a->quiet || a->json),
      .progress = show_progress,
      .preparing = show_preparing,
  };
  return train;
}

/// What the validation pairs say.
static void print_separation(const siam_train_report *report) {
  printf("          ROC AUC %.4f, equal error rate %.1f %%, accuracy %.1f %% at distance %.3f\n", report->auc,
         100 * report->eer, 100 * report->accuracy, report->threshold);
}

/// What the validation pictures say.
static void print_reconstruction(const siam_train_report *report) {
  double error = report->reconstruction_error, mean = report->mean_picture_error;
  printf("          mean squared error %.5f, that of the mean picture %.5f: %.1f %% of it is left\n", error,
         mean, mean > 0 ? 100 * error / mean : NAN);
}

/// On which pictures the figures were taken. Classes of a validation set may be those of the training.
static void print_measured(const siam_train_report *report) {
  if (report->calibrated_on_training) {
    printf("\nMeasured  on the training pictures, since nothing was held out: hopeful figures\n");
    return;
  }
  printf("\nMeasured  on %u pictures", report->validation_images);
  if (report->validation_common > 0)
    printf(", of which %u were trained on: hopeful figures\n", report->validation_common);
  else if (report->validation_classes == 0)
    printf(" never trained on\n");
  else if (arguments.validation != NULL)
    printf(" never trained on, of %u classes\n", report->validation_classes);
  else
    printf(" of %u classes never trained on\n", report->validation_classes);
}

static void print_report(const siam_train_report *report, const char *device) {
  bool reconstructs = arguments.reconstruct != NULL;
  printf("Trained   %u steps in %.1f s on %s, %.0f %s/s\n", report->steps, report->seconds, app_show(device),
         (reconstructs ? 2 : 1) * report->pairs_per_second, reconstructs ? "pictures" : "pairs");
  if (arguments.init != NULL)
    printf("Started   from %s: %u of %u parameters\n", app_show(arguments.init), report->init_taken,
           report->init_parameters);
  printf("Pictures  %u", report->images);
  if (report->classes > 0) printf(" of %u classes", report->classes);
  if (report->broken > 0) printf("; %u broken ones left out", report->broken);
  print_measured(report);
  if (reconstructs)
    print_reconstruction(report);
  else
    print_separation(report);
  printf("Model     %s%s\n", app_show(arguments.output),
         reconstructs ? ", an encoder to start from with --init" : "");
  if (arguments.report != NULL) printf("Report    %s\n", app_show(arguments.report));
}

static json_t *init_json(const siam_train_report *report) {
  if (arguments.init == NULL) return json_null();
  json_t *object = json_object();
  json_object_set_new(object, "file", app_json_text(arguments.init));
  json_object_set_new(object, "taken", json_integer(report->init_taken));
  json_object_set_new(object, "parameters", json_integer(report->init_parameters));
  return object;
}

/// Figures that this run did not measure are left out.
static void add_figures(json_t *object, const siam_train_report *report) {
  if (arguments.reconstruct != NULL) {
    json_object_set_new(object, "reconstruct", json_string(arguments.reconstruct));
    json_object_set_new(object, "measured_on_training", json_boolean(report->calibrated_on_training));
    json_object_set_new(object, "reconstruction_error", app_json_number(report->reconstruction_error));
    json_object_set_new(object, "mean_picture_error", app_json_number(report->mean_picture_error));
    return;
  }
  json_object_set_new(object, "calibrated_on_training", json_boolean(report->calibrated_on_training));
  json_object_set_new(object, "roc_auc", app_json_number(report->auc));
  json_object_set_new(object, "equal_error_rate", app_json_number(report->eer));
  json_object_set_new(object, "accuracy", app_json_number(report->accuracy));
  json_object_set_new(object, "threshold", app_json_number(report->threshold));
}

static int print_json(const siam_train_report *report, const char *device) {
  json_t *object = json_object();
  json_object_set_new(object, "model", app_json_text(arguments.output));
  json_object_set_new(object, "device", app_json_text(device));
  json_object_set_new(object, "init", init_json(report));
  json_object_set_new(object, "steps", json_integer(report->steps));
  json_object_set_new(object, "seconds", app_json_number(report->seconds));
  json_object_set_new(object, "pairs_per_second", app_json_number(report->pairs_per_second));
  json_object_set_new(object, "images", json_integer(report->images));
  json_object_set_new(object, "classes", json_integer(report->classes));
  json_object_set_new(object, "broken", json_integer(report->broken));
  json_object_set_new(object, "validation_images", json_integer(report->validation_images));
  json_object_set_new(object, "validation_classes", json_integer(report->validation_classes));
  json_object_set_new(object, "validation_common", json_integer(report->validation_common));
  add_figures(object, report);
  json_object_set_new(object, "arena_bytes", json_integer((json_int_t)report->arena_bytes));
  json_object_set_new(object, "separate_bytes", json_integer((json_int_t)report->separate_bytes));
  json_object_set_new(object, "warning",
                      report->warning[0] != '\0' ? json_string(report->warning) : json_null());
  return app_print_json(object);
}

static bool draws_pairs(void) {
  return arguments.pairs != NULL && strcmp(arguments.pairs, "drawn") == 0;
}

static int train(siam_device *device, const char *data) {
  siam_train_options train = train_options(data);
  if (arguments.resize != NULL && siam_resize_mode_parse(arguments.resize, &train.model.resize) != SIAM_OK)
    return app_fail_library();
  catch_interrupts();
  app_progress_begin("training", arguments.quiet || arguments.json);
  siam_train_report report;
  siam_status status = siam_train(device, &train, &report);
  app_progress_end();
  if (status != SIAM_OK) return app_fail_library();
  const char *name = siam_device_get_info(device)->name;
  if (arguments.json) return print_json(&report, name);
  print_report(&report, name);
  return APP_SUCCESS;
}

// --check

static bool show_checking(void *context, uint32_t done, uint32_t count) {
  (void)context;
  app_progress_update(done, count, "pictures");
  return stop_requests == 0;
}

static json_t *three(const uint32_t *numbers) {
  return json_pack("[I, I, I]", (json_int_t)numbers[0], (json_int_t)numbers[1], (json_int_t)numbers[2]);
}

static json_t *list_findings(const siam_check_report *report) {
  static const char *const kinds[SIAM_FINDING_KINDS] = {"broken", "two labels", "in validation", "repeated"};
  json_t *list = json_array();
  for (uint32_t i = 0; i < report->finding_count; i++) {
    const siam_finding *finding = &report->findings[i];
    json_t *entry = json_object();
    json_object_set_new(entry, "kind", json_string(kinds[finding->kind]));
    json_object_set_new(entry, "path", app_json_text(finding->path));
    json_object_set_new(entry, "other", finding->other != NULL ? app_json_text(finding->other) : json_null());
    json_object_set_new(entry, "reason", app_json_text(finding->reason));
    json_array_append_new(list, entry);
  }
  return list;
}

static void print_check_json(const siam_check_report *report) {
  json_t *object = json_object();
  const struct {
    const char *name;
    uint64_t number;
  } counts[] = {
      {"pictures", report->pictures},       {"readable", report->readable},     {"skipped", report->skipped},
      {"rotated", report->rotated},         {"alpha", report->alpha},           {"grey", report->grey},
      {"sixteen_bit", report->sixteen_bit}, {"blank", report->blank},           {"classes", report->classes},
      {"parents", report->parents},         {"singletons", report->singletons}, {"same", report->same},
      {"different", report->different}};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    json_object_set_new(object, counts[i].name, json_integer((json_int_t)counts[i].number));
  json_object_set_new(object, "class_size", three(report->class_size));
  json_object_set_new(object, "width", three(report->width));
  json_object_set_new(object, "height", three(report->height));
  json_object_set_new(object, "findings", list_findings(report));
  json_object_set_new(object, "can_train", json_boolean(report->can_train));
  json_object_set_new(object, "reason", app_json_text(report->reason));
  app_print_json(object);
}

static int check_opened(const siam_dataset *data, const siam_dataset *validation) {
  siam_check_report *report = NULL;
  siam_check_options check = {.validation = validation, .progress = show_checking};
  app_progress_begin("checking", arguments.quiet || arguments.json);
  siam_status status = siam_dataset_check(data, &check, &report);
  app_progress_end();
  if (status != SIAM_OK) return app_fail_library();
  if (arguments.json)
    print_check_json(report);
  else
    fputs(report->text, stdout);
  int code = report->can_train
                 ? APP_SUCCESS
                 : app_fail("%s: cannot be trained on: %s", siam_dataset_get_path(data), report->reason);
  siam_check_report_free(report);
  return code;
}

static int check(const char *path) {
  siam_dataset *data = NULL, *validation = NULL;
  siam_dataset_options open = {.logger = app_logger(arguments.quiet || arguments.json)};
  siam_status status = siam_dataset_open(path, &open, &data);
  if (status == SIAM_OK && arguments.validation != NULL)
    status = siam_dataset_open(arguments.validation, &open, &validation);
  int code = status == SIAM_OK ? check_opened(data, validation) : app_fail_library();
  siam_dataset_destroy(data);
  siam_dataset_destroy(validation);
  return code;
}

int main(int argc, char **argv) {
  unsigned count = 0;
  arguments.line = app_line(argc, argv);
  char **names = app_begin(&command, argc, argv, &count);
  if (arguments.check) {
    catch_interrupts();
    return check(names[0]);
  }
  if (arguments.output == NULL) return app_fail("no model to write to; give one with -o MODEL");
  if ((arguments.steps > 0) + (arguments.epochs > 0) + (arguments.minutes > 0) > 1)
    return app_fail("--steps, --epochs and --minutes exclude each other; give one");
  if (arguments.validation != NULL && arguments.given_holdout)
    return app_fail("--val and --holdout exclude each other; give one");
  if (draws_pairs() && (arguments.hardest > 0 || arguments.images_per_class > 0))
    return app_fail("--hardest and --per-class are for --pairs all; leave them out with --pairs drawn");
  siam_device *device = NULL;
  siam_device_options device_options = {.selector = arguments.device, .logger = app_logger(arguments.quiet)};
  if (siam_device_create(&device_options, &device) != SIAM_OK) return app_fail_library();
  int code = train(device, names[0]);
  siam_device_destroy(device);
  free(arguments.line);
  return code;
}
