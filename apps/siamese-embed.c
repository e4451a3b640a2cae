// siamese-embed: embeddings of many pictures as a NumPy matrix or a CSV file.
#include "common/command.h"
#include "common/decoders.h"
#include "common/json.h"
#include "common/message.h"
#include "common/model.h"
#include "common/progress.h"

#include <siamese/embed.h>

static struct {
  const char *model, *output, *device;
  int64_t batch;
  bool views, json, quiet;
} arguments;

static const app_option options[] = {
    APP_OPTION_MODEL(&arguments.model),
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .text = &arguments.output,
     .help = "Write to this file: .npy (float32 [pictures, numbers], with the paths in a .txt beside it) or "
             ".csv."},
    {.name = "batch",
     .letter = 'b',
     .value = "N",
     .integer = &arguments.batch,
     .word = "auto",
     .word_value = SIAM_BATCH_AUTO,
     .least = 1,
     .most = 65536,
     .help =
         "Pictures at a time, or views of them where the model looks more than once; auto: as many as the "
         "device has memory for, at most all. Default: 128, or fewer on a device with little memory."},
    {.name = "views",
     .flag = &arguments.views,
     .help = "Write a row for each view that the model compares by, the whole picture's first; models "
             "without views have one row."},
    APP_OPTIONS_LIMITS,
    APP_OPTION_DEVICE(&arguments.device),
    APP_OPTION_JSON(&arguments.json),
    APP_OPTION_QUIET(&arguments.quiet),
    {0}};

static const app_note examples[] = {
    {"siamese-embed -m shapes.siamese pictures/ -o shapes.npy",
     "Every picture of a folder, for NumPy or FAISS."},
    {"siamese-embed -m shapes.siamese a.png b.png -o two.csv", "Two pictures, readable."},
    {NULL, NULL}};

static const app_command command = {
    .name = "siamese-embed",
    .summary = "write the embeddings of pictures to a file",
    .arguments = "PATH...",
    .least = 1,
    .description =
        "Each PATH is a picture or a folder, of which every picture at any depth is taken. A picture that "
        "cannot be read is named and left out.\n",
    .options = options,
    .examples = examples,
};

static bool show_preparing(void *context, const char *what, uint32_t done, uint32_t count) {
  (void)context;
  app_progress_update(done, count, "%s", what);
  return true;
}

static int print_report(const siam_embed_report *report, const char *device) {
  if (!arguments.json) {
    printf("%u %s, ", report->images, app_plural(report->images, "picture", "pictures"));
    if (report->views > 1)
      printf("%u views of %d numbers", report->views, report->embedding);
    else
      printf("%d %s", report->embedding, app_plural((uint64_t)report->embedding, "number", "numbers"));
    printf(" each, in %.1f s: %s\n", report->seconds, app_show(arguments.output));
    if (arguments.batch == SIAM_BATCH_AUTO)
      printf("%u pictures, or views of them, at a time, the largest batch that fits\n", report->batch);
    if (report->broken > 0)
      printf("%u broken %s left out\n", report->broken, app_plural(report->broken, "picture", "pictures"));
    return APP_SUCCESS;
  }
  json_t *object = json_object();
  json_object_set_new(object, "output", app_json_text(arguments.output));
  json_object_set_new(object, "images", json_integer(report->images));
  json_object_set_new(object, "broken", json_integer(report->broken));
  json_object_set_new(object, "embedding", json_integer(report->embedding));
  json_object_set_new(object, "views", json_integer(report->views));
  json_object_set_new(object, "part_factor", json_real(report->part_factor));
  json_t *against = json_array();
  for (uint32_t view = 0; view < report->views; view++)
    json_array_append_new(against, json_integer(report->against[view]));
  json_object_set_new(object, "against", against);
  json_object_set_new(object, "batch", json_integer(report->batch));
  json_object_set_new(object, "seconds", app_json_number(report->seconds));
  json_object_set_new(object, "model", app_model_json(arguments.model));
  json_object_set_new(object, "device", app_json_text(device));
  return app_print_json(object);
}

static int embed(siam_device *device, siam_model *model, char **paths, unsigned count) {
  siam_embed_options embed_options = {.batch = (uint32_t)arguments.batch,
                                      .views = arguments.views,
                                      .decoders = app_decoders(),
                                      .logger = app_logger(arguments.quiet || arguments.json),
                                      .preparing = show_preparing};
  siam_embed_report report;
  app_progress_begin("embedding", arguments.quiet || arguments.json);
  siam_status status =
      siam_embed(model, (const char *const *)paths, count, arguments.output, &embed_options, &report);
  app_progress_end();
  return status == SIAM_OK ? print_report(&report, siam_device_get_info(device)->name) : app_fail_library();
}

int main(int argc, char **argv) {
  unsigned count = 0;
  char **paths = app_begin(&command, argc, argv, &count);
  if (arguments.output == NULL) return app_fail("nowhere to write to; give a .npy or .csv file with -o FILE");
  if (app_begin_decoders() != APP_SUCCESS) return APP_TROUBLE;
  siam_device *device = NULL;
  siam_model *model = NULL;
  siam_device_options device_options = {.selector = arguments.device, .logger = app_logger(arguments.quiet)};
  if (siam_device_create(&device_options, &device) != SIAM_OK) return app_fail_library();
  int code = app_load_model(device, arguments.model, &model) == SIAM_OK ? embed(device, model, paths, count)
                                                                        : app_fail_library();
  siam_model_destroy(model);
  siam_device_destroy(device);
  return code;
}
