#include "devices/self_test.h"

#include "common/command.h"
#include "common/json.h"
#include "common/message.h"
#include "common/model.h"
#include "common/table.h"
#include "reference/self_test.h"

#include <math.h>
#include <stdio.h>

static const char *const words[] = {"right", "WRONG", "BROKEN", "not reached"};

static void print_table(const siam_self_test_report *report) {
  static const app_column columns[] = {{"what", false},   {"cases", true}, {"error / bound", true},
                                       {"error", true},   {"bound", true}, {"result", false},
                                       {"because", false}};
  app_table *table = app_table_create(columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < report->count; i++) {
    const siam_self_test_row *row = &report->rows[i];
    const bool ran = row->cases > 0;
    app_table_add(table, "%s", row->name);
    app_table_add(table, "%u", row->cases);
    if (ran)
      app_table_add(table, "%.2g", row->share);
    else
      app_table_add(table, "–");
    app_table_add(table, row->bound > 0 ? "%.2g" : "–", row->error);
    app_table_add(table, row->bound > 0 ? "%.2g" : "–", row->bound);
    app_table_add(table, "%s", words[row->status]);
    app_table_add(table, "%s", row->reason);
  }
  app_table_print(table, stdout);
  app_table_destroy(table);
}

static void print_model(const siam_self_test_model *model) {
  printf("\nEmbeddings of %zu made pictures, %zu pairs at threshold %.4f:\n", model->pictures, model->pairs,
         model->threshold);
  printf("  from float64       50 %% %.2e  90 %% %.2e  99 %% %.2e  most %.2e   %zu verdicts flip\n",
         model->quantiles[0], model->quantiles[1], model->quantiles[2], model->quantiles[3], model->flips);
  printf("  alone, in a batch  most %.2e   %zu verdicts flip\n", model->batch_quantile, model->batch_flips);
  if (model->base == SIAM_BASE_WRITTEN) printf("  base file written, to be compared with elsewhere\n");
  if (model->base == SIAM_BASE_WITHHELD) printf("  base file not written: these embeddings are wrong\n");
  if (model->base == SIAM_BASE_COMPARED)
    printf("  from base file     most %.2e   %zu verdicts flip\n", model->base_quantile, model->base_flips);
}

static size_t count_rows(const siam_self_test_report *report, siam_self_test_status status) {
  size_t count = 0;
  for (size_t i = 0; i < report->count; i++) count += report->rows[i].status == status;
  return count;
}

static void print_text(const siam_device_info *device, const siam_self_test_report *report) {
  printf("%s, %s %s\n\n", app_show(device->name), device->platform, device->driver);
  print_table(report);
  if (report->has_model) print_model(&report->model);
  printf("\n%zu right, %zu wrong, %zu broken, %zu not reached in %.1f s%s\n",
         count_rows(report, SIAM_SELF_TEST_PASSED), count_rows(report, SIAM_SELF_TEST_WRONG),
         count_rows(report, SIAM_SELF_TEST_BROKEN), count_rows(report, SIAM_SELF_TEST_NOT_REACHED),
         report->seconds, report->struck > 0 ? "; tuned ways that were wrong are forgotten" : "");
  if (!report->complete) printf("warning: not all was tested, for want of time; --seconds gives more\n");
}

/// A number, or null where it is not finite.
static json_t *number(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t *describe_model(const siam_self_test_model *model) {
  json_t *made =
      json_pack("{sI sI so s[o,o,o,o] sI so sI}", "pictures", (json_int_t)model->pictures, "pairs",
                (json_int_t)model->pairs, "threshold", number(model->threshold),
                "error_quantiles_50_90_99_100", number(model->quantiles[0]), number(model->quantiles[1]),
                number(model->quantiles[2]), number(model->quantiles[3]), "flips", (json_int_t)model->flips,
                "batch_error", number(model->batch_quantile), "batch_flips", (json_int_t)model->batch_flips);
  if (model->base == SIAM_BASE_WRITTEN || model->base == SIAM_BASE_WITHHELD)
    json_object_set_new(made, "base_written", json_boolean(model->base == SIAM_BASE_WRITTEN));
  if (model->base == SIAM_BASE_COMPARED) {
    json_object_set_new(made, "base_error", number(model->base_quantile));
    json_object_set_new(made, "base_flips", json_integer((json_int_t)model->base_flips));
  }
  return made;
}

static int print_json(const siam_device_info *device, const siam_self_test_report *report) {
  json_t *rows = json_array();
  for (size_t i = 0; i < report->count; i++) {
    const siam_self_test_row *row = &report->rows[i];
    json_array_append_new(rows, json_pack("{ss ss sI so so so so}", "name", row->name, "result",
                                          words[row->status], "cases", (json_int_t)row->cases, "share",
                                          number(row->share), "error", number(row->error), "bound",
                                          number(row->bound), "reason", app_json_text(row->reason)));
  }
  json_t *object = json_pack("{so so so sb sb sI sf so}", "device", app_json_text(device->name), "platform",
                             app_json_text(device->platform), "driver", app_json_text(device->driver),
                             "passed", (int)report->passed, "complete", (int)report->complete, "struck",
                             (json_int_t)report->struck, "seconds", report->seconds, "rows", rows);
  if (report->has_model) json_object_set_new(object, "model", describe_model(&report->model));
  return app_print_json(object);
}

static void show(void *context, const char *name) {
  (void)context;
  fprintf(stderr, "%s\n", name);
}

int run_self_test(const self_test_arguments *arguments) {
  siam_device *device = NULL;
  siam_self_test_report *report = NULL;
  const bool by_default = arguments->model != NULL && app_model_is_default(arguments->model);
  const siam_self_test_options options = {.seconds = arguments->seconds,
                                          .model = by_default ? NULL : arguments->model,
                                          .default_model = by_default,
                                          .basefile = arguments->basefile,
                                          .progress = arguments->quiet ? NULL : show};
  if (siam_device_create(
          &(siam_device_options){.selector = arguments->device, .logger = app_logger(arguments->quiet)},
          &device) != SIAM_OK)
    return app_fail_library();
  int code = APP_SUCCESS;
  if (siam_self_test(device, &options, &report) != SIAM_OK) {
    code = app_fail_library();
  } else {
    const siam_device_info *info = siam_device_get_info(device);
    if (arguments->json)
      code = print_json(info, report);
    else
      print_text(info, report);
    if (code == APP_SUCCESS && !report->passed) code = 1;
  }
  siam_self_test_free(report);
  siam_device_destroy(device);
  return code;
}
