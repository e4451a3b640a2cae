// siamese-compare: distance, similarity and verdict for pictures; exits as cmp does.
#include "common/command.h"
#include "common/decoders.h"
#include "common/message.h"
#include "common/model.h"
#include "common/progress.h"
#include "compare/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { EXIT_SAME = 0, EXIT_DIFFERENT = 1, MOST_FILES = 200 };

static struct {
  const char *model, *explain, *device;
  double threshold, far;
  int64_t nearest;
  bool given_threshold, given_far, json;
} arguments;

static const app_option options[] = {
    APP_OPTION_MODEL(&arguments.model),
    {.name = "threshold",
     .letter = 't',
     .value = "T",
     .number = &arguments.threshold,
     .given = &arguments.given_threshold,
     .least = 0,
     .most = 1e9,
     .help = "Call pairs same up to this distance. Default: the model's own, of best accuracy or of a "
             "false-accept rate."},
    {.name = "far",
     .value = "RATE",
     .number = &arguments.far,
     .given = &arguments.given_far,
     .least = 0,
     .most = 1,
     .above_least = true,
     .help =
         "Use the model's threshold at which so many of all different pairs were called same among pictures "
         "that it was not trained on, such as 0.01. It may be stricter or laxer than that of best accuracy."},
    {.name = "nearest",
     .value = "N",
     .integer = &arguments.nearest,
     .least = 1,
     .most = 1 << 20,
     .help = "With a folder: list so many of its files. Default: 10."},
    {.name = "explain",
     .value = "FILE.png",
     .text = &arguments.explain,
     .help = "With two pictures: draw both side by side, green where they speak for same and orange where "
             "against, and an outline where a part of one was compared."},
    APP_OPTIONS_LIMITS,
    APP_OPTION_DEVICE(&arguments.device),
    APP_OPTION_JSON(&arguments.json),
    {0}};

static const app_note examples[] = {
    {"siamese-compare a.png b.png", "Are these one picture, before and after edits?"},
    {"siamese-compare -m shapes.siamese a.png b.png", "Do they show the same, by a model of your own?"},
    {"siamese-compare -m shapes.siamese --far 0.01 a.png b.png && echo same",
     "Call about one of 100 different pairs same: stricter or laxer than otherwise, as the model has it."},
    {"siamese-compare -m shapes.siamese --json a.png b.png", "The same for programs."},
    {"siamese-compare -m shapes.siamese --explain why.png a.png b.png", "Draw what speaks for and against."},
    {"siamese-compare -m shapes.siamese pictures/letter0/*.png", "Every two of several pictures."},
    {"siamese-compare -m shapes.siamese a.png pictures/",
     "The files of a folder that are nearest to a picture."},
    {NULL, NULL}};

static const app_note exit_codes[] = {
    {"0",
     "The pictures are the same: their distance is at most the threshold. Of several: every two are. With "
     "a folder: at least one of its files is."},
    {"1", "They are different. Of several: some two are. With a folder: all of its files are."},
    {"2",
     "Trouble: the message says what, and what to do. Or a picture is blank, so that there is no verdict on "
     "it: one of two, one of several, or the one that a folder is searched for. Blank files of a folder are "
     "left out and counted."},
    {NULL, NULL}};

static const app_command command = {
    .name = "siamese-compare",
    .summary = "compare pictures",
    .arguments = "A B [C...] | A FOLDER",
    .least = 2,
    .description =
        "Runs one encoder on both pictures and prints the distance of their embeddings, the similarity "
        "(a calibrated probability that they show the same), the threshold and the verdict. With more "
        "pictures, a table of every two; with a folder in place of B, its nearest files.\n"
        "Without a model of your own, same means: one picture, before and after such edits as resizing, "
        "recompressing, cropping, turning a little, mirroring, blur, noise, other light or colours, text or "
        "a logo on top, a border or a screenshot around it. Blank pictures are called so and not "
        "compared.\n",
    .options = options,
    .examples = examples,
    .exit_codes = exit_codes,
};

static int verdict(int printed, bool same) {
  if (printed != APP_SUCCESS) return printed;
  return same ? EXIT_SAME : EXIT_DIFFERENT;
}

/// On `pairs` comparisons: where there is nothing to compare there is no verdict either.
static int verdict_of(int printed, const siam_comparison *table, size_t pairs) {
  bool same = true;
  for (size_t i = 0; i < pairs; i++) {
    if (printed == APP_SUCCESS && (table[i].blank[0] || table[i].blank[1])) return APP_TROUBLE;
    same = same && table[i].same;
  }
  return verdict(printed, same);
}

static int compare_two(siam_comparer *comparer, const compare_subject *subject) {
  siam_explanation explanation;
  siam_comparison *comparison = &explanation.comparison;
  const char *drawing = arguments.explain, *a = subject->names[0], *b = subject->names[1];
  siam_status status = drawing != NULL ? siam_explain(comparer, a, b, drawing, &explanation)
                                       : siam_compare(comparer, a, b, comparison);
  if (status != SIAM_OK) return app_fail_library();
  if (arguments.json)
    return verdict_of(compare_print_json(subject, comparison, drawing != NULL ? &explanation : NULL, drawing),
                      comparison, 1);
  compare_print(subject, comparison);
  if (drawing != NULL) printf("why         %s\n", app_show(drawing));
  return verdict_of(APP_SUCCESS, comparison, 1);
}

static int compare_several(siam_comparer *comparer, const compare_subject *subject) {
  size_t pairs = (size_t)subject->count * (subject->count - 1) / 2;
  siam_comparison *table = app_allocate(pairs, sizeof *table);
  if (siam_compare_all(comparer, (const char *const *)subject->names, subject->count, table) != SIAM_OK) {
    free(table);
    return app_fail_library();
  }
  int code = APP_SUCCESS;
  if (arguments.json)
    code = compare_print_table_json(subject, table);
  else
    compare_print_table(subject, table);
  code = verdict_of(code, table, pairs);
  free(table);
  return code;
}

static bool show_preparing(void *context, const char *what, uint32_t done, uint32_t count) {
  (void)context;
  app_progress_update(done, count, "%s", what);
  return true;
}

static int search_folder(siam_comparer *comparer, const compare_subject *subject) {
  siam_nearest nearest;
  siam_nearest_options search = {.count = (uint32_t)arguments.nearest,
                                 .logger = app_logger(arguments.json),
                                 .preparing = show_preparing};
  app_progress_begin("comparing", arguments.json);
  siam_status status =
      siam_compare_nearest(comparer, subject->names[0], subject->names[1], &search, &nearest);
  app_progress_end();
  if (status != SIAM_OK) return app_fail_library();
  int code = APP_SUCCESS;
  bool same = nearest.same > 0, none = nearest.files == 0;
  if (arguments.json)
    code = compare_print_nearest_json(subject, &nearest);
  else
    compare_print_nearest(&nearest);
  siam_nearest_clear(&nearest);
  if (code == APP_SUCCESS && none)
    return app_fail("%s: holds no picture to compare %s with; name another folder",
                    app_show(subject->names[1]), app_show(subject->names[0]));
  return verdict(code, same);
}

static bool is_folder(const char *path) {
  struct stat information;
  return stat(path, &information) == 0 && S_ISDIR(information.st_mode);
}

/// What a search has in place of a folder.
static int refuse_nearest(char *const *names, unsigned count) {
  struct stat information;
  if (count == 2 && stat(names[1], &information) != 0)
    return app_fail("%s: %s; --nearest wants the folder that is to be searched", app_show(names[1]),
                    errno == ENOENT ? "no such folder" : strerror(errno));
  return app_fail("--nearest is for a folder, as in A FOLDER; leave it out or name one");
}

static int compare(siam_device *device, siam_model *model, char *const *names, unsigned count) {
  siam_compare_options compare_options = {.threshold =
                                              arguments.given_threshold ? &arguments.threshold : NULL,
                                          .far = arguments.far,
                                          .decoders = app_decoders()};
  compare_subject subject = {names, count, arguments.model, siam_device_get_info(device)->name};
  siam_comparer *comparer = NULL;
  if (siam_comparer_create(model, &compare_options, &comparer) != SIAM_OK) return app_fail_library();
  int code = count > 2             ? compare_several(comparer, &subject)
             : is_folder(names[1]) ? search_folder(comparer, &subject)
                                   : compare_two(comparer, &subject);
  siam_comparer_destroy(comparer);
  return code;
}

/// What does not go together; 0 where all does.
static int check_arguments(char *const *names, unsigned count) {
  if (arguments.given_threshold && arguments.given_far)
    return app_fail("--threshold and --far exclude each other; give one");
  if (count > MOST_FILES)
    return app_fail(
        "%u pictures are too many for a table, %d are the most; siamese-embed writes the embeddings "
        "of any number",
        count, MOST_FILES);
  bool folder = count == 2 && is_folder(names[1]);
  for (unsigned i = 0; i < count; i++)
    if (is_folder(names[i]) && !(folder && i == 1 && !is_folder(names[0])))
      return app_fail("%s: is a folder; one can only stand behind a single picture, as in A FOLDER",
                      app_show(names[i]));
  if (arguments.explain != NULL && (count > 2 || folder))
    return app_fail("--explain takes two pictures; leave it out or name two");
  return arguments.nearest > 0 && !folder ? refuse_nearest(names, count) : APP_SUCCESS;
}

int main(int argc, char **argv) {
  unsigned count = 0;
  char **names = app_begin(&command, argc, argv, &count);
  int code = check_arguments(names, count);
  if (code != APP_SUCCESS) return code;
  if (app_begin_decoders() != APP_SUCCESS) return APP_TROUBLE;
  siam_device *device = NULL;
  siam_model *model = NULL;
  siam_device_options device_options = {.selector = arguments.device, .logger = app_logger(arguments.json)};
  if (siam_device_create(&device_options, &device) != SIAM_OK) return app_fail_library();
  code = app_load_model(device, arguments.model, &model) == SIAM_OK ? compare(device, model, names, count)
                                                                    : app_fail_library();
  siam_model_destroy(model);
  siam_device_destroy(device);
  return code;
}
