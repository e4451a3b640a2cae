// siamese-compare: distance, similarity and verdict for two pictures; exits as cmp does.
#include "common/command.h"
#include "common/json.h"
#include "common/message.h"

#include <math.h>
#include <siamese/compare.h>

enum { EXIT_SAME = 0, EXIT_DIFFERENT = 1 };

static struct {
  const char *model, *device;
  double threshold, far;
  bool given_threshold, given_far, json;
} arguments;

static const app_option options[] = {
    {.name = "model",
     .letter = 'm',
     .value = "MODEL",
     .text = &arguments.model,
     .help = "Model file from siamese-train."},
    {.name = "threshold",
     .letter = 't',
     .value = "T",
     .number = &arguments.threshold,
     .given = &arguments.given_threshold,
     .least = 0,
     .most = 1e9,
     .help = "Call pairs same up to this distance. Default: the model's threshold of best accuracy."},
    {.name = "far",
     .value = "RATE",
     .number = &arguments.far,
     .given = &arguments.given_far,
     .least = 0,
     .most = 1,
     .above_least = true,
     .help = "Use the model's threshold for this false-accept rate, such as 0.01."},
    APP_OPTION_DEVICE(&arguments.device),
    APP_OPTION_JSON(&arguments.json),
    {0}};

static const app_note examples[] = {
    {"siamese-compare -m shapes.siamese a.png b.png", "Compare two pictures."},
    {"siamese-compare -m shapes.siamese --far 0.01 a.png b.png && echo same",
     "Be stricter: of 100 different pairs about one would be called same."},
    {"siamese-compare -m shapes.siamese --json a.png b.png", "The same for programs."},
    {NULL, NULL}};

static const app_note exit_codes[] = {
    {"0", "The pictures are the same: their distance is at most the threshold."},
    {"1", "They are different."},
    {"2", "Trouble: the message says what, and what to do."},
    {NULL, NULL}};

static const app_command command = {
    .name = "siamese-compare",
    .summary = "compare two pictures with a trained model",
    .arguments = "A B",
    .least = 2,
    .most = 2,
    .description =
        "Runs one encoder on both pictures and prints the distance of their embeddings, the similarity "
        "(a calibrated probability that they show the same), the threshold and the verdict.\n",
    .options = options,
    .examples = examples,
    .exit_codes = exit_codes,
};

static int print_json(const char *a, const char *b, const siam_comparison *comparison, const char *device) {
  json_t *object = json_object();
  json_object_set_new(object, "a", app_json_text(a));
  json_object_set_new(object, "b", app_json_text(b));
  json_object_set_new(object, "distance", app_json_number(comparison->distance));
  json_object_set_new(object, "similarity", app_json_number(comparison->similarity));
  json_object_set_new(object, "threshold", app_json_number(comparison->threshold));
  json_object_set_new(object, "operating_point", json_string(comparison->point));
  json_object_set_new(object, "same", json_boolean(comparison->same));
  json_object_set_new(object, "model", app_json_text(arguments.model));
  json_object_set_new(object, "device", app_json_text(device));
  return app_print_json(object);
}

static void print_text(const siam_comparison *comparison) {
  printf("distance    %.4f\n", comparison->distance);
  if (isfinite(comparison->similarity)) printf("similarity  %.4f\n", comparison->similarity);
  printf("threshold   %.4f (%s)\n", comparison->threshold, app_show(comparison->point));
  app_colour colour = comparison->same ? APP_GREEN : APP_YELLOW;
  printf("verdict     %s%s%s\n", app_paint(stdout, colour), comparison->same ? "same" : "different",
         app_paint(stdout, APP_PLAIN));
}

static int compare(siam_device *device, siam_model *model, const char *a, const char *b) {
  siam_compare_options compare_options = {
      .threshold = arguments.given_threshold ? &arguments.threshold : NULL, .far = arguments.far};
  siam_comparer *comparer = NULL;
  siam_comparison comparison;
  siam_status status = siam_comparer_create(model, &compare_options, &comparer);
  if (status == SIAM_OK) status = siam_compare(comparer, a, b, &comparison);
  siam_comparer_destroy(comparer);
  if (status != SIAM_OK) return app_fail_library();
  int code = APP_SUCCESS;
  if (arguments.json)
    code = print_json(a, b, &comparison, siam_device_get_info(device)->name);
  else
    print_text(&comparison);
  if (code != APP_SUCCESS) return code;
  return comparison.same ? EXIT_SAME : EXIT_DIFFERENT;
}

int main(int argc, char **argv) {
  unsigned count = 0;
  char **names = app_begin(&command, argc, argv, &count);
  if (arguments.model == NULL) return app_fail("no model; give one with -m MODEL, made by siamese-train");
  if (arguments.given_threshold && arguments.given_far)
    return app_fail("--threshold and --far exclude each other; give one");
  siam_device *device = NULL;
  siam_model *model = NULL;
  siam_device_options device_options = {.selector = arguments.device, .logger = app_logger(arguments.json)};
  if (siam_device_create(&device_options, &device) != SIAM_OK) return app_fail_library();
  int code = siam_model_load(device, arguments.model, &model) == SIAM_OK
                 ? compare(device, model, names[0], names[1])
                 : app_fail_library();
  siam_model_destroy(model);
  siam_device_destroy(device);
  return code;
}
