#include "pipeline/report.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "data/fingerprint.h"
#include "pipeline/report_page.h"
#include "pipeline/report_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

siam_status siam_report_set(json_t *object, const char *key, json_t *value) {
  if (value != NULL && json_object_set_new(object, key, value) == 0) return SIAM_OK;
  return siam_fail(SIAM_ERROR_MEMORY, "out of memory while making a report");
}

siam_status siam_report_append(json_t *array, json_t *value) {
  if (value != NULL && json_array_append_new(array, value) == 0) return SIAM_OK;
  return siam_fail(SIAM_ERROR_MEMORY, "out of memory while making a report");
}

json_t *siam_report_number(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

static siam_status set_text(json_t *object, const char *key, const char *text) {
  return text != NULL ? siam_report_set(object, key, siam_json_text(text)) : SIAM_OK;
}

static siam_status add_origin(siam_report *report) {
  const siam_judgement *judgement = report->judgement;
  const siam_device_info *device = siam_device_get_info(judgement->model->device);
  char text[1024];
  json_t *root = report->root;
  SIAM_RETURN_IF_FAILED(set_text(root, "version", SIAMESE_VERSION));
  SIAM_RETURN_IF_FAILED(set_text(root, "command", report->facts->command));
  SIAM_RETURN_IF_FAILED(siam_report_set(root, "seed", json_integer((json_int_t)judgement->options->seed)));
  snprintf(text, sizeof text, "%s (%s, driver %s)", device->name, device->platform, device->driver);
  SIAM_RETURN_IF_FAILED(set_text(root, "device", text));
  SIAM_RETURN_IF_FAILED(siam_report_set(root, "hopeful", json_boolean(report->facts->hopeful)));
  return siam_report_set(root, "fitted_here", json_boolean(report->facts->fitted_here));
}

static siam_status add_model(siam_report *report) {
  siam_model_info info = siam_model_get_info(report->judgement->model);
  json_t *model = json_object();
  SIAM_RETURN_IF_FAILED(siam_report_set(report->root, "model", model));
  SIAM_RETURN_IF_FAILED(set_text(model, "path", report->facts->model));
  SIAM_RETURN_IF_FAILED(set_text(model, "encoder", siam_model_get_encoder(report->judgement->model)));
  SIAM_RETURN_IF_FAILED(set_text(model, "settings", report->facts->settings));
  SIAM_RETURN_IF_FAILED(siam_report_set(model, "weights", json_integer((json_int_t)info.weights)));
  SIAM_RETURN_IF_FAILED(siam_report_set(model, "embedding", json_integer(info.embedding)));
  return siam_report_set(model, "input", json_pack("[i, i, i]", info.height, info.width, info.channels));
}

static siam_status set_fingerprint(json_t *object, const char *key, const siam_dataset *dataset) {
  uint64_t fingerprint = 0;
  char text[32];
  SIAM_RETURN_IF_FAILED(siam_dataset_fingerprint(dataset, &fingerprint));
  snprintf(text, sizeof text, "%016" PRIx64, fingerprint);
  return set_text(object, key, text);
}

static siam_status add_data(siam_report *report) {
  const siam_judgement *judgement = report->judgement;
  const siam_verification *judged = &report->evaluation->verification;
  json_t *data = json_object();
  SIAM_RETURN_IF_FAILED(siam_report_set(report->root, "data", data));
  SIAM_RETURN_IF_FAILED(set_fingerprint(data, "fingerprint", judgement->dataset));
  if (report->facts->training != NULL)
    SIAM_RETURN_IF_FAILED(set_fingerprint(data, "training_fingerprint", report->facts->training));
  SIAM_RETURN_IF_FAILED(set_text(data, "path", siam_dataset_get_path(judgement->dataset)));
  const struct {
    const char *key;
    uint64_t count;
  } counts[] = {{"images", report->evaluation->images},
                {"broken", report->evaluation->broken},
                {"classes", report->evaluation->classes},
                {"same_pairs", judged->same_pairs},
                {"different_pairs", judged->different_pairs},
                {"rate_different_pairs", report->evaluation->rate_different_pairs}};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    SIAM_RETURN_IF_FAILED(siam_report_set(data, counts[i].key, json_integer((json_int_t)counts[i].count)));
  return SIAM_OK;
}

static siam_status add_history(siam_report *report) {
  static const char *const keys[SIAM_HISTORY_VALUES] = {"loss",   "same", "different",
                                                        "spread", "norm", "rate"};
  const siam_history *history = report->facts->history;
  if (history == NULL || history->count == 0) return SIAM_OK;
  json_t *object = json_object();
  SIAM_RETURN_IF_FAILED(siam_report_set(report->root, "training", object));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "first", json_integer(history->first)));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "stride", json_integer(history->stride)));
  for (uint32_t v = 0; v < SIAM_HISTORY_VALUES; v++) {
    json_t *values = json_array();
    SIAM_RETURN_IF_FAILED(siam_report_set(object, keys[v], values));
    for (uint32_t i = 0; i < history->count; i++)
      SIAM_RETURN_IF_FAILED(siam_report_append(values, siam_report_number(siam_history_mean(history, i, v))));
  }
  return SIAM_OK;
}

static siam_status fill(siam_report *report) {
  SIAM_RETURN_IF_FAILED(add_origin(report));
  SIAM_RETURN_IF_FAILED(add_model(report));
  SIAM_RETURN_IF_FAILED(add_data(report));
  SIAM_RETURN_IF_FAILED(siam_report_add_leakage(report));
  SIAM_RETURN_IF_FAILED(add_history(report));
  SIAM_RETURN_IF_FAILED(siam_report_add_figures(report));
  SIAM_RETURN_IF_FAILED(siam_report_add_distances(report));
  SIAM_RETURN_IF_FAILED(siam_report_add_curve(report));
  SIAM_RETURN_IF_FAILED(siam_report_add_reliability(report));
  SIAM_RETURN_IF_FAILED(siam_report_add_examples(report));
  SIAM_RETURN_IF_FAILED(siam_report_add_map(report));
  return siam_report_add_classes(report);
}

/// The JSON goes into a script element, which only "</script" and "<!--" could end or change: no '<' is left
/// in it, and all else that is not ASCII is escaped too.
static void add_json(const char *json, siam_text *page) {
  for (; *json != '\0'; json++) {
    if (*json == '<')
      siam_text_add_bytes(page, "\\u003c", 6);
    else
      siam_text_add_bytes(page, json, 1);
  }
}

static siam_status write_page(const siam_report *report, const char *path) {
  static const char mark[] = "@data@";
  siam_text page = {0}, json = {0};
  siam_json_write(&json, report->root, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9));
  siam_status status = siam_text_status(&json);
  if (status != SIAM_OK) goto cleanup;
  const char *place = strstr(siam_report_page, mark);
  siam_text_add_bytes(&page, siam_report_page, (size_t)(place - siam_report_page));
  add_json(json.bytes, &page);
  siam_text_add(&page, "%s", place + strlen(mark));
  SIAM_TRY(siam_text_status(&page));
  SIAM_TRY(siam_file_replace(path, page.bytes, page.length));
cleanup:
  siam_text_clear(&json);
  siam_text_clear(&page);
  return status;
}

siam_status siam_report_check_place(const char *path) {
  SIAM_RETURN_IF_FAILED(siam_file_check_place(path));
  return siam_file_check_kind(path, 0, "<!doctype html>", "page");
}

siam_status siam_report_write(const char *path, const siam_judgement *judgement,
                              const siam_evaluation *evaluation, const siam_report_facts *facts) {
  siam_status status = SIAM_OK;
  siam_report report = {
      .judgement = judgement, .evaluation = evaluation, .facts = facts, .root = json_object()};
  report.pictures = json_array();
  SIAM_TRY(siam_report_set(report.root, "pictures", report.pictures));
  for (int size = 0; size < SIAM_REPORT_SIZES; size++)
    SIAM_TRY_ALLOCATE(report.numbers[size], siam_images_count(judgement->images));
  SIAM_TRY(fill(&report));
  SIAM_TRY(write_page(&report, path));
cleanup:
  for (int size = 0; size < SIAM_REPORT_SIZES; size++) siam_free(report.numbers[size]);
  json_decref(report.root);
  return status;
}
