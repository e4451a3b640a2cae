// siamese-tune: finds the fastest way of each computation on a device and keeps it.
#include "common/command.h"
#include "common/json.h"
#include "common/message.h"
#include "common/progress.h"
#include "common/table.h"

#include <siamese/tune.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct {
  const char *device, *encoder, *clblast;
  int64_t batch;
  double minutes;
  bool json, quiet;
} arguments;

/// In the order of siam_tune_clblast.
static const char *const clblast_choices[] = {"auto", "on", "off", NULL};

static const app_option options[] = {
    APP_OPTION_DEVICE(&arguments.device),
    {.name = "encoder",
     .letter = 'e',
     .value = "NAME|FILE",
     .text = &arguments.encoder,
     .help = "Tune what conv4, resnet8, resnet12, lenet, koch or a description file computes; all: every "
             "built-in one. Default: "
             "conv4."},
    {.name = "batch",
     .letter = 'b',
     .value = "PAIRS",
     .integer = &arguments.batch,
     .least = 1,
     .most = 1 << 20,
     .help = "Pairs of a training step. Results hold for the sizes that follow from it. Default: 64."},
    {.name = "minutes",
     .value = "M",
     .number = &arguments.minutes,
     .least = 0,
     .most = 1e6,
     .above_least = true,
     .help = "Time for everything, building kernels included. Default: 2."},
    {.name = "clblast-sets",
     .value = "WHEN",
     .text = &arguments.clblast,
     .choices = clblast_choices,
     .help =
         "Try CLBlast with other parameters than its own: on, off, or auto: once for each device that is "
         "no CPU. A set that is better is kept, and what it matters to is measured again. Default: auto."},
    APP_OPTION_JSON(&arguments.json),
    APP_OPTION_QUIET(&arguments.quiet),
    {0}};

static const app_note examples[] = {
    {"siamese-tune", "Tune conv4 on the default device, in two minutes."},
    {"siamese-tune --encoder all --minutes 10", "Every built-in encoder, with more time."},
    {"siamese-tune --encoder lenet --batch 32 --json", "Another batch; results for programs."},
    {"siamese-tune --clblast-sets on --minutes 5", "CLBlast's parameters as well, on a CPU, too."},
    {NULL, NULL}};

static const app_command command = {
    .name = "siamese-tune",
    .summary = "find the fastest way of each computation on this device",
    .arguments = "",
    .description =
        "Tries the ways in which each matrix product and convolution of the encoder can be computed, checks "
        "each against a reference, and keeps the fastest in the cache folder. Every command uses the results "
        "from then on. Rounding may differ between ways: finish a training before tuning, or begin it "
        "after.\n",
    .options = options,
    .examples = examples,
};

static volatile sig_atomic_t stop_requested;

static void request_stop(int signal_number) {
  (void)signal_number;
  stop_requested = 1;
}

static bool show_progress(void *context, size_t done, size_t count, const char *name) {
  (void)context;
  app_progress_update(done, count, "%s", name);
  return !stop_requested;
}

static double gain(const siam_tune_row *row) {
  return row->seconds > 0 ? row->standard_seconds / row->seconds : 0;
}

static json_t *describe(const siam_tune_row *row) {
  json_t *object = json_pack("{ss ss ss si si si si}", "name", row->name, "choice", row->choice, "standard",
                             row->standard, "sound", (int)row->sound, "wrong", (int)row->wrong, "failed",
                             (int)row->failed, "untried", (int)row->untried);
  if (row->reason[0] != '\0') {
    json_object_set_new(object, "reason", app_json_text(row->reason));
    return object;
  }
  json_object_set_new(object, "seconds", app_json_number(row->seconds));
  json_object_set_new(object, "standard_seconds", app_json_number(row->standard_seconds));
  json_object_set_new(object, "speed", app_json_number(gain(row)));
  json_object_set_new(object, "error", app_json_number(row->error));
  return object;
}

static json_t *describe_clblast(const siam_tune_clblast_row *row) {
  if (!row->tried) return json_null();
  json_t *object = json_pack("{ss si si si si si}", "choice", row->choice, "products", (int)row->products,
                             "sound", (int)row->sound, "wrong", (int)row->wrong, "failed", (int)row->failed,
                             "untried", (int)row->untried);
  if (row->reason[0] != '\0') {
    json_object_set_new(object, "reason", app_json_text(row->reason));
    return object;
  }
  json_object_set_new(object, "seconds", app_json_number(row->seconds));
  json_object_set_new(object, "own_seconds", app_json_number(row->own_seconds));
  json_object_set_new(object, "speed", app_json_number(row->speed));
  json_object_set_new(object, "error", app_json_number(row->error));
  return object;
}

static int print_json(const siam_tune_report *report) {
  json_t *rows = json_array();
  for (size_t i = 0; i < report->row_count; i++) json_array_append_new(rows, describe(&report->rows[i]));
  return app_print_json(json_pack("{so so so so so}", "device", app_json_text(report->device.name), "driver",
                                  app_json_text(report->device.driver), "seconds",
                                  app_json_number(report->seconds), "rows", rows, "clblast",
                                  describe_clblast(&report->clblast)));
}

static void add_row(app_table *table, const siam_tune_row *row) {
  app_table_add(table, "%s", row->name);
  app_table_add(table, "%s", row->reason[0] != '\0' ? "none" : row->choice);
  if (row->seconds > 0) {
    app_table_add(table, "%.1f", 1e6 * row->standard_seconds);
    app_table_add(table, "%.1f", 1e6 * row->seconds);
    app_table_add(table, "%.2f", gain(row));
  } else {
    for (int i = 0; i < 3; i++) app_table_add(table, "%s", "");
  }
  app_table_add(table, "%u", row->sound);
  app_table_add(table, "%u", row->wrong);
  app_table_add(table, "%u", row->failed);
  app_table_add(table, "%u", row->untried);
}

static void print_clblast(const siam_tune_clblast_row *row) {
  if (!row->tried) return;
  if (row->reason[0] != '\0') {
    printf("CLBlast's parameters: %s\n", app_show(row->reason));
    return;
  }
  printf(
      "CLBlast's parameters: %s, %.2f times as fast as its own over %u products; sets: %u sound, %u wrong, "
      "%u failed, %u untried\n",
      row->choice, row->speed, row->products, row->sound, row->wrong, row->failed, row->untried);
}

static void print(const siam_tune_report *report) {
  static const app_column columns[] = {{"computation", false}, {"choice", false}, {"standard µs", true},
                                       {"chosen µs", true},    {"speed", true},   {"sound", true},
                                       {"wrong", true},        {"failed", true},  {"untried", true}};
  printf("device    %s, %s %s\n\n", app_show(report->device.name), app_show(report->device.platform),
         app_show(report->device.driver));
  app_table *table = app_table_create(columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < report->row_count; i++) add_row(table, &report->rows[i]);
  app_table_print(table, stdout);
  app_table_destroy(table);
  for (size_t i = 0; i < report->row_count; i++)
    if (report->rows[i].reason[0] != '\0')
      printf("%s: %s\n", report->rows[i].name, app_show(report->rows[i].reason));
  print_clblast(&report->clblast);
  printf("\n%zu computations in %.0f s; their ways are kept and used from now on\n", report->row_count,
         report->seconds);
}

static siam_tune_clblast find_clblast(const char *word) {
  int i = 0;
  while (word != NULL && clblast_choices[i] != NULL && strcmp(word, clblast_choices[i]) != 0) i++;
  return (siam_tune_clblast)i;
}

int main(int argc, char **argv) {
  unsigned count = 0;
  app_begin(&command, argc, argv, &count);
  struct sigaction action = {.sa_handler = request_stop, .sa_flags = SA_RESTART | SA_RESETHAND};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  const siam_tune_options tune = {.encoder = arguments.encoder,
                                  .batch = (int)arguments.batch,
                                  .minutes = arguments.minutes,
                                  .clblast = find_clblast(arguments.clblast),
                                  .progress = show_progress};
  const siam_device_options open = {.selector = arguments.device,
                                    .logger = app_logger(arguments.quiet || arguments.json)};
  siam_device *device = NULL;
  siam_tune_report *report = NULL;
  siam_status status = siam_device_create(&open, &device);
  if (status == SIAM_OK) {
    app_progress_begin("tuning", arguments.quiet || arguments.json);
    status = siam_tune(device, &tune, &report);
    app_progress_end();
  }
  int code = APP_SUCCESS;
  if (status != SIAM_OK)
    code = app_fail_library();
  else if (arguments.json)
    code = print_json(report);
  else
    print(report);
  siam_tune_report_free(report);
  siam_device_destroy(device);
  return code;
}
