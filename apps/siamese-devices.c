#include "common/command.h"
#include "common/decoders.h"
#include "common/json.h"
#include "common/message.h"
#include "common/table.h"
#include "devices/self_test.h"

#include <siamese/device.h>
#include <stdlib.h>

static const char *selector;
static bool wants_json, wants_self_test;
static self_test_arguments self_test;

static const app_option options[] = {
    {.name = "device",
     .letter = 'd',
     .value = "SEL",
     .text = &selector,
     .help = "Show which device this choice picks: an index of the list, PLATFORM:DEVICE, a part of the "
             "name, cpu or gpu. Default: the environment variable SIAMESE_DEVICE, else the fastest."},
    {.name = "self-test",
     .flag = &wants_self_test,
     .help =
         "Hold the device to a reference in float64: engines of products and convolutions, layers, losses, "
         "optimizers, augmentation, encoders, and what tuning chose, each within a derived bound and between "
         "guards."},
    {.name = "model",
     .letter = 'm',
     .value = "MODEL",
     .text = &self_test.model,
     .help = "With --self-test: embed made pictures with this model file, too, or with the built-in one, "
             "\"default\"; print how far embeddings are from float64, alone from in a batch, and how many "
             "verdicts that turns."},
    {.name = "basefile",
     .value = "FILE",
     .text = &self_test.basefile,
     .help = "With --model: compare the embeddings with those in FILE, made elsewhere by the same option; "
             "written where there is no such file. Another model's are refused, and verdicts that flip far "
             "from the threshold are wrong."},
    {.name = "seconds",
     .value = "S",
     .number = &self_test.seconds,
     .least = 1,
     .most = 86400,
     .help = "With --self-test: begin nothing new after so long. Default: 60."},
    APP_OPTION_JSON(&wants_json),
    APP_OPTION_QUIET(&self_test.quiet),
    {0},
};

static const app_note examples[] = {
    {"siamese-devices", "List the devices; the one marked * is used where nothing else is said."},
    {"siamese-devices --device cpu", "See which device --device cpu means in every command."},
    {"siamese-devices --self-test", "Find out whether everything is computed right on it."},
    {"siamese-devices --json", "The same list for programs, with all that is known."},
    {NULL, NULL},
};

static const app_note exit_codes[] = {
    {"0", "the list was printed; with --self-test: everything that was tested is right"},
    {"1", "with --self-test: something is wrong, or could not be built or run"},
    {"2", "trouble"},
    {NULL, NULL},
};

static const app_command command = {
    .name = "siamese-devices",
    .summary = "list OpenCL devices and the one that would be used",
    .arguments = "",
    .description =
        "Lists the devices of all OpenCL drivers, marks the one that would be used, and says why: GPUs come "
        "before accelerators, these before CPUs; among devices of one type the product of compute units and "
        "clock decides.\n",
    .options = options,
    .exit_codes = exit_codes,
    .examples = examples,
};

typedef struct choice {
  bool made;
  size_t device;
  char reason[512];
} choice;

static void print_table(const siam_device_info *devices, size_t count, const choice *chosen) {
  static const app_column columns[] = {{"", false},     {"index", true}, {"id", false},
                                       {"type", false}, {"name", false}, {"memory", true},
                                       {"units", true}, {"MHz", true},   {"driver", false}};
  enum { COLUMNS = sizeof columns / sizeof columns[0] };
  app_table *table = app_table_create(columns, COLUMNS);
  for (size_t i = 0; i < count; i++) {
    const siam_device_info *device = &devices[i];
    app_table_add(table, "%s", chosen->made && i == chosen->device ? "*" : "");
    app_table_add(table, "%u", device->index);
    app_table_add(table, "%u:%u", device->platform_index, device->device_index);
    app_table_add(table, "%s", device->type);
    app_table_add(table, "%s", device->name);
    app_table_add(table, "%.1f GiB", (double)device->global_bytes / 1073741824);
    app_table_add(table, "%u", device->compute_units);
    app_table_add(table, "%u", device->clock_mhz);
    app_table_add(table, "%s %s", device->platform, device->driver);
  }
  app_table_print(table, stdout);
  app_table_destroy(table);
  if (chosen->made) printf("\n* is used: %s.\n", app_show(chosen->reason));
}

/// Where pictures are decoded belongs to what a machine can do, too.
static void print_decoding(const siam_decoders_info *decoding) {
  if (decoding->in_process)
    puts("\nPictures are decoded in processes without rights.");
  else
    printf("\nPictures are decoded in the programs themselves, not in processes without rights: %s.\n",
           app_show(decoding->reason));
}

static json_t *describe(const siam_device_info *device) {
  return json_pack("{sI sI sI so so so so so ss sI sI sI sI}", "index", (json_int_t)device->index,
                   "platform_index", (json_int_t)device->platform_index, "device_index",
                   (json_int_t)device->device_index, "platform", app_json_text(device->platform), "name",
                   app_json_text(device->name), "vendor", app_json_text(device->vendor), "driver",
                   app_json_text(device->driver), "version", app_json_text(device->version), "type",
                   device->type, "compute_units", (json_int_t)device->compute_units, "clock_mhz",
                   (json_int_t)device->clock_mhz, "global_bytes", (json_int_t)device->global_bytes,
                   "local_bytes", (json_int_t)device->local_bytes);
}

static int print_json(const siam_device_info *devices, size_t count, const choice *chosen,
                      const siam_decoders_info *decoding) {
  json_t *list = json_array();
  for (size_t i = 0; i < count; i++) json_array_append_new(list, describe(&devices[i]));
  return app_print_json(
      json_pack("{so sI so sb so}", "devices", list, "picked", (json_int_t)devices[chosen->device].index,
                "reason", app_json_text(chosen->reason), "decoding_in_process", (int)decoding->in_process,
                "decoding_reason", app_json_text(decoding->reason)));
}

int main(int argc, char **argv) {
  unsigned argument_count = 0;
  app_begin(&command, argc, argv, &argument_count);
  if (self_test.basefile != NULL && self_test.model == NULL)
    return app_fail("--basefile needs --model: it holds the embeddings of one");
  if (wants_self_test) {
    self_test.device = selector;
    self_test.json = wants_json;
    return run_self_test(&self_test);
  }
  if (self_test.model != NULL || self_test.basefile != NULL)
    return app_fail("--model belongs to --self-test");
  siam_device_info *devices = NULL;
  siam_decoders_info decoding;
  size_t count = 0;
  if (app_begin_decoders() != APP_SUCCESS) return APP_TROUBLE;
  if (siam_decoders_get_info(app_decoders(), &decoding) != SIAM_OK) return app_fail_library();
  if (siam_devices_list(&devices, &count) != SIAM_OK) return app_fail_library();
  choice chosen = {0};
  chosen.made = siam_devices_pick(devices, count, selector, &chosen.device, chosen.reason,
                                  sizeof chosen.reason) == SIAM_OK;
  int code = APP_SUCCESS;
  if (!wants_json) {
    print_table(devices, count, &chosen);
    print_decoding(&decoding);
  }
  if (!chosen.made)
    code = app_fail_library();
  else if (wants_json)
    code = print_json(devices, count, &chosen, &decoding);
  siam_devices_free(devices);
  return code;
}
