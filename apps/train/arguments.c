// The options of siamese-train, and what the library makes of them.
#include "common/decoders.h"
#include "common/message.h"
#include "train/train.h"

#include <string.h>

train_arguments arguments = {.seed = 1};

static const char *const reconstruct_choices[] = {"tied", "untied", NULL};
static const char *const recipe_choices[] = {"fast", "balanced", "best", "plain", NULL};
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
     .help =
         "Let verdicts go by the threshold for this false-accept rate, from 0.00001 to 0.1. It takes "
         "pictures that are not trained on, as do thresholds for 0.01, 0.001 and 0.0001, which are fitted "
         "without this, too. Default: by that of best accuracy."},
    {.name = "holdout",
     .value = "SHARE",
     .number = &arguments.holdout,
     .given = &arguments.given_holdout,
     .least = 0,
     .most = 0.9,
     .help = "Share of the classes (with --reconstruct: pictures) held out without --val; 0: none, and then "
             "the model has no thresholds for false-accept rates. Default: 0.1."},
    {.name = "holdout-parents",
     .flag = &arguments.holdout_parents,
     .help = "Hold out whole parent folders, so that nothing of their kind is trained on."},
    {.name = "check",
     .flag = &arguments.check,
     .help =
         "Train nothing; look at every picture of DATA, and with --val for what both have, and report. Needs "
         "no -o and no device."},
    APP_OPTION_ALLOW_OUTSIDE(&arguments.allow_outside),
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
    {.name = "composed-classes",
     .value = "PERCENT",
     .integer = &arguments.composed,
     .least = 0,
     .most = 100,
     .help = "Of 100 classes of a batch, put so many together with another one of it, over it or beside it, "
             "which makes a new class of the two: for drawings on a plain ground that are few, such as "
             "characters. Default: 0."},
    {.name = "picture-memory",
     .value = "MIB",
     .number = &arguments.picture_memory,
     .given = &arguments.given_memory,
     .least = 0,
     .most = 1e9,
     .help =
         "Keep the decoded pictures in memory up to this size; where they are more, they are decoded again "
         "for every step, which changes the speed and nothing else. Default: 2048."},
    {.name = "picture-cache",
     .value = "FILE",
     .text = &arguments.picture_cache,
     .help =
         "Keep decoded pictures in this file, and those of validation in FILE.validation, from one run "
         "to the next: pictures whose path, size and time are as before are read from there. Default: none."},
    APP_OPTIONS_LIMITS,
    {.heading = "Network and loss"},
    {.name = "recipe",
     .value = "NAME",
     .text = &arguments.recipe,
     .choices = recipe_choices,
     .help = "fast, balanced or best: options that go well together, for length, loss, learning rate, "
             "average and patience, with --encoder auto; what is given besides goes before. plain: the "
             "library's own defaults, which stand beside options as plain: X. Default: balanced."},
    {.name = "encoder",
     .letter = 'e',
     .value = "NAME|FILE",
     .text = &arguments.encoder,
     .help = "conv4, resnet8, resnet12, lenet, koch, a description file, or auto: by size and number of the "
             "pictures, with --size and --channels. Default: auto, with --init the file's; plain: conv4."},
    {.name = "init",
     .value = "FILE",
     .text = &arguments.init,
     .help = "Start from this model file: parameters of equal name and shape are taken over, with the "
             "normalisation of pictures that belongs to them, and what is not is said. "
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
     .help = "Height and width of the network's pictures. Default: as the encoder says, or auto chooses."},
    {.name = "channels",
     .value = "N",
     .integer = &arguments.channels,
     .least = 1,
     .most = 3,
     .help = "1 for grey, 3 for colour. Default: as the encoder says, or auto chooses."},
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
         "one argument: \"triplet hardest margin=0.3\" (docs/losses.md). Default: \"contrastive margin=0.6 "
         "hardest=5\", for pair data and --pairs drawn contrastive; plain: contrastive."},
    {.name = "margin",
     .value = "M",
     .number = &arguments.margin,
     .least = 0,
     .most = 1e6,
     .above_least = true,
     .help =
         "The loss's margin: for contrastive, the distance beyond which different pairs are left alone. "
         "Default: what --loss says or has; where that is not given, 0.6, but 1 for pair data, --pairs drawn "
         "and plain."},
    {.name = "pairs",
     .value = "KIND",
     .text = &arguments.pairs,
     .choices = pairs_choices,
     .help = "drawn: half same, half different; all: every two pictures of a batch of classes. Default: all "
             "for class folders, drawn for pair data."},
    {.name = "hardest",
     .value = "K",
     .integer = &arguments.hardest,
     .least = 1,
     .most = 65536,
     .help =
         "With --pairs all: of the different pictures, only the K nearest of each picture count. Default: "
         "as --loss says; where that is not given, 5; --loss contrastive and plain: all within the margin."},
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
     .help = "Learning rate. Default: 0.002, with recipe fast 0.004; plain, and where --optimizer is given: "
             "0.001, for sgd 0.01."},
    {.name = "find-lr",
     .flag = &arguments.find_rate,
     .help = "Write nothing; run up to 120 steps while the learning rate rises, and say from the losses "
             "which rate to train with. Needs no -o."},
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
    {.name = "ema",
     .value = "DECAY",
     .number = &arguments.average,
     .least = 0,
     .most = 0.999999,
     .help = "Keep the exponential moving average of the weights with this decay, such as 0.999, instead of "
             "those of the last step. Default: 0, no average; with recipe best 0.999."},
    {.name = "batch",
     .letter = 'b',
     .value = "PAIRS",
     .integer = &arguments.batch,
     .word = "auto",
     .word_value = SIAM_BATCH_AUTO,
     .least = 1,
     .most = 1 << 20,
     .help =
         "Pairs of a step, so twice as many pictures; auto: as many as the device has memory for, at most "
         "all pictures. Default: 64."},
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
    {.name = "views",
     .value = "NAME",
     .text = &arguments.views,
     .help =
         "Let the model look more than once when it compares: copies, at parts of pictures, too, for "
         "finding copies that were cut, framed, mirrored or turned; closely, at the same, and at the "
         "colours and the structure of both, which tells copies from pictures of one series; average, at the "
         "picture moved a little each way, of which it takes the mean. Default: at the whole alone."},
    {.heading = "Length"},
    {.name = "steps",
     .value = "N",
     .integer = &arguments.steps,
     .least = 1,
     .most = UINT32_MAX - 1.0,
     .help = "Train so many steps. Default: 2000, with recipe fast 500, best at most 8000."},
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
    {.name = "patience",
     .value = "N",
     .integer = &arguments.patience,
     .least = 1,
     .most = 1 << 30,
     .help =
         "Look at what is held out after every 100 steps, keep the weights with the best ROC AUC, and end "
         "after N looks without a better one. Default: no looks; with recipe best, where something is held "
         "out, 15."},
    {.name = "look-every",
     .value = "STEPS",
     .integer = &arguments.look_every,
     .least = 1,
     .most = 1 << 30,
     .help = "With --patience: steps from look to look. Default: 100."},
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
    {"siamese-train pictures/ -o shapes.siamese", "Train on class folders with the recipe balanced."},
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
    {"siamese-train pictures/ -o shapes.siamese --ema 0.999 --patience 10 --steps 20000",
     "Train until ten looks at what is held out find nothing better."},
    {"siamese-train pictures/ --find-lr", "Find a learning rate for the data and the loss."},
    {"siamese-train pictures/ --check", "Find broken, blank and repeated pictures before training."},
    {NULL, NULL}};

static const app_note exit_codes[] = {
    {"0", "The model was written; with --check: the data can be trained on."},
    {"2", "Trouble, or stopped by Ctrl-C after saving a checkpoint; the last line says how to go on."},
    {NULL, NULL}};

const app_command train_command = {
    .name = "siamese-train",
    .summary = "train a Siamese network on pictures",
    .arguments = "DATA",
    .least = 1,
    .most = 1,
    .description =
        "DATA is a folder whose leaf folders are classes, a folder with same/ and different/, a CSV file "
        "with the header a,b,label, or a folder with LFW's pairs.txt. One encoder runs on both pictures "
        "of each pair; the loss pulls embeddings of same pairs together and pushes those of different "
        "pairs apart.\n"
        "At the end, thresholds and a calibration are fitted on pairs that were held out, and everything "
        "that siamese-compare needs is written to one file.\n",
    .options = options,
    .examples = examples,
    .exit_codes = exit_codes,
};

static bool draws_pairs(void) {
  return arguments.pairs != NULL && strcmp(arguments.pairs, "drawn") == 0;
}

int train_check_arguments(void) {
  if (arguments.output == NULL && !arguments.find_rate)
    return app_fail("no model to write to; give one with -o MODEL");
  if ((arguments.steps > 0) + (arguments.epochs > 0) + (arguments.minutes > 0) > 1)
    return app_fail("--steps, --epochs and --minutes exclude each other; give one");
  if (arguments.validation != NULL && arguments.given_holdout)
    return app_fail("--val and --holdout exclude each other; give one");
  if (arguments.holdout_parents && (arguments.validation != NULL || arguments.reconstruct != NULL ||
                                    (arguments.given_holdout && arguments.holdout == 0)))
    return app_fail(
        "--holdout-parents says what is held out of classes; leave it out with --val, --reconstruct "
        "and --holdout 0");
  if (draws_pairs() && (arguments.hardest > 0 || arguments.images_per_class > 0))
    return app_fail("--hardest and --per-class are for --pairs all; leave them out with --pairs drawn");
  return APP_SUCCESS;
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

/// Reconstruction looks at no pairs, which recipes are for.
static const char *chosen_recipe(void) {
  if (arguments.recipe == NULL && arguments.reconstruct == NULL) return "balanced";
  return arguments.recipe;
}

siam_status train_options(const char *data, siam_train_options *train) {
  const train_arguments *a = &arguments;
  *train = (siam_train_options){
      .data = data,
      .decoders = app_decoders(),
      .output = a->output,
      .validation = a->validation,
      .holdout = typed(a->given_holdout, a->holdout),
      .holdout_parents = a->holdout_parents,
      .model = {.encoder = a->encoder,
                .size = (int)a->size,
                .channels = (int)a->channels,
                .embedding = (int)a->embedding},
      .recipe = chosen_recipe(),
      .init = a->init,
      .reconstruct = a->reconstruct,
      .loss = a->loss,
      .pairs = a->pairs,
      .hardest = (uint32_t)a->hardest,
      .allow_outside = a->allow_outside,
      .turned_classes = a->turned_classes,
      .composed_percent = (uint32_t)a->composed,
      .branches = a->branches,
      .margin = a->margin,
      .optimizer = a->optimizer,
      .rate = a->rate,
      .weight_decay = typed(a->given_decay, a->weight_decay),
      .momentum = typed(a->given_momentum, a->momentum),
      .clip = typed(a->given_clip, a->clip),
      .average = a->average,
      .schedule = a->schedule,
      .warmup = typed(a->given_warmup, a->warmup),
      .augment = a->augment,
      .batch = (uint32_t)a->batch,
      .images_per_class = (uint32_t)a->images_per_class,
      .within_parent_percent = (uint32_t)a->within_parent,
      .far = a->far,
      .views = a->views,
      .picture_bytes = picture_bytes(),
      .picture_cache = a->picture_cache,
      .steps = (uint32_t)a->steps,
      .epochs = a->epochs,
      .minutes = a->minutes,
      .patience = (uint32_t)a->patience,
      .look_every = (uint32_t)a->look_every,
      .seed = (uint64_t)a->seed,
      .resume = a->resume,
      .checkpoint_seconds = a->checkpoint_seconds,
      .log = a->log,
      .report = a->report,
      .command = a->line,
      .logger = app_logger(a->quiet || a->json),
  };
  return a->resize != NULL ? siam_resize_mode_parse(a->resize, &train->model.resize) : SIAM_OK;
}
