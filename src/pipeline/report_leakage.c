#include "pipeline/report_parts.h"

/// Pairs of a test picture and a training picture that a report shows.
enum { LEAKS = 24 };

static siam_status set_file(siam_report *report, json_t *object, const char *key, const char *path_key,
                            const char *path) {
  json_t *place = NULL;
  SIAM_RETURN_IF_FAILED(siam_report_add_file(report, path, SIAM_REPORT_LARGE, &place));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, key, place));
  return siam_report_set(object, path_key, siam_json_text(path));
}

static siam_status add_leak(siam_report *report, const siam_leak *leak, json_t *list) {
  json_t *object = json_object();
  SIAM_RETURN_IF_FAILED(siam_report_append(list, object));
  SIAM_RETURN_IF_FAILED(set_file(report, object, "a", "path_a", leak->path));
  SIAM_RETURN_IF_FAILED(set_file(report, object, "b", "path_b", leak->training_path));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "kind", json_string(siam_leak_kind_name(leak->kind))));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "distance", siam_report_number(leak->distance)));
  return siam_report_set(object, "correlation", siam_report_number(leak->correlation));
}

siam_status siam_report_add_leakage(siam_report *report) {
  const siam_leakage *leakage = &report->evaluation->leakage;
  if (!report->evaluation->has_leakage) return SIAM_OK;
  json_t *object = json_object();
  SIAM_RETURN_IF_FAILED(siam_report_set(report->root, "leakage", object));
  json_t *list = json_array();
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "pairs", list));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "training_images", json_integer(leakage->training_images)));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "exact", json_integer(leakage->exact)));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "near", json_integer(leakage->near)));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "alike", json_integer(leakage->alike)));
  SIAM_RETURN_IF_FAILED(
      siam_report_set(object, "alike_by", json_string(leakage->by_default_model ? "default" : "model")));
  for (uint32_t i = 0; i < leakage->leak_count && i < LEAKS; i++)
    SIAM_RETURN_IF_FAILED(add_leak(report, &leakage->leaks[i], list));
  return SIAM_OK;
}
