// siamese-train --check: what the data is like, before training on it.
#include "common/decoders.h"
#include "common/json.h"
#include "common/message.h"
#include "common/progress.h"
#include "train/train.h"

#include <stdio.h>

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

static int check_opened(const siam_dataset *data, const siam_dataset *validation, train_checked *progress) {
  siam_check_report *report = NULL;
  siam_check_options check = {.validation = validation, .decoders = app_decoders(), .progress = progress};
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

int train_check_data(const char *path, train_checked *progress) {
  siam_dataset *data = NULL, *validation = NULL;
  siam_dataset_options open = {.allow_outside = arguments.allow_outside,
                               .logger = app_logger(arguments.quiet || arguments.json)};
  siam_status status = siam_dataset_open(path, &open, &data);
  if (status == SIAM_OK && arguments.validation != NULL)
    status = siam_dataset_open(arguments.validation, &open, &validation);
  int code = status == SIAM_OK ? check_opened(data, validation, progress) : app_fail_library();
  siam_dataset_destroy(data);
  siam_dataset_destroy(validation);
  return code;
}
