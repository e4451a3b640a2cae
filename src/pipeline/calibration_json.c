#include "base/json.h"
#include "base/memory.h"
#include "pipeline/calibration.h"

#include <math.h>
#include <string.h>

static json_t *pack_knots(const siam_calibration *calibration) {
  json_t *knots = json_array();
  for (size_t i = 0; i < calibration->knot_count; i++) {
    const siam_calibration_knot *knot = &calibration->knots[i];
    if (json_array_append_new(knots, json_pack("[f, f]", knot->distance, knot->similarity)) == 0) continue;
    json_decref(knots);
    return NULL;
  }
  return knots;
}

siam_status siam_calibration_write(const siam_calibration *calibration, siam_text *json) {
  json_t *root = calibration->kind == SIAM_CALIBRATION_PLATT
                     ? json_pack("{s:s, s:f, s:f}", "kind", "platt", "slope", calibration->slope, "offset",
                                 calibration->offset)
                     : json_pack("{s:s, s:o}", "kind", "isotonic", "knots", pack_knots(calibration));
  json_int_t same = (json_int_t)calibration->same_pairs, different = (json_int_t)calibration->different_pairs;
  bool whole = json_object_set_new(root, "same_pairs", json_integer(same)) == 0 &&
               json_object_set_new(root, "different_pairs", json_integer(different)) == 0;
  if (whole) return siam_json_add(json, root);
  json_decref(root);
  return siam_json_add(json, NULL);
}

/// Takes the kind, and with it the rest: unknown, missing and surplus keys are refused alike.
static siam_status unpack(json_t *root, siam_calibration *made, const json_t **knots) {
  const char *kind = json_string_value(json_object_get(root, "kind"));
  json_int_t same, different;
  if (kind != NULL && strcmp(kind, "platt") == 0) {
    made->kind = SIAM_CALIBRATION_PLATT;
    SIAM_RETURN_IF_FAILED(siam_json_unpack(root, "{s:s, s:F, s:F, s:I, s:I !}", "kind", &kind, "slope",
                                           &made->slope, "offset", &made->offset, "same_pairs", &same,
                                           "different_pairs", &different));
  } else if (kind != NULL && strcmp(kind, "isotonic") == 0) {
    made->kind = SIAM_CALIBRATION_ISOTONIC;
    SIAM_RETURN_IF_FAILED(siam_json_unpack(root, "{s:s, s:o, s:I, s:I !}", "kind", &kind, "knots", knots,
                                           "same_pairs", &same, "different_pairs", &different));
  } else {
    return SIAM_ERROR_FORMAT;
  }
  if (same < 0 || different < 0 || made->slope < 0) return SIAM_ERROR_FORMAT;
  made->same_pairs = (uint64_t)same;
  made->different_pairs = (uint64_t)different;
  return SIAM_OK;
}

static siam_status read_knots(const char *name, const json_t *array, siam_calibration *made) {
  size_t count = json_array_size(array);
  if (count == 0) return siam_fail(SIAM_ERROR_FORMAT, "%s: its calibration has no knots", name);
  made->knots = siam_allocate(count, sizeof *made->knots);
  if (made->knots == NULL) return SIAM_ERROR_MEMORY;
  made->knot_count = count;
  for (size_t i = 0; i < count; i++) {
    siam_calibration_knot *knot = &made->knots[i];
    siam_status status =
        siam_json_unpack(json_array_get(array, i), "[F, F !]", &knot->distance, &knot->similarity);
    if (status == SIAM_ERROR_MEMORY) return status;
    bool sound = status == SIAM_OK && knot->similarity >= 0 && knot->similarity <= 1;
    if (sound && i > 0) sound = knot->distance > knot[-1].distance && knot->similarity <= knot[-1].similarity;
    if (!sound) return siam_fail(SIAM_ERROR_FORMAT, "%s: knot %zu of its calibration is unsound", name, i);
  }
  return SIAM_OK;
}

siam_status siam_calibration_parse(const char *name, const char *json, siam_calibration *calibration) {
  siam_status status = SIAM_OK;
  json_t *root = NULL;
  const json_t *knots = NULL;
  siam_calibration made = {0};
  SIAM_TRY(siam_json_parse(name, "calibration", json, &root));
  status = unpack(root, &made, &knots);
  if (status == SIAM_ERROR_FORMAT) siam_fail(status, "%s: its calibration is of no known form", name);
  if (status != SIAM_OK) goto cleanup;
  if (made.kind == SIAM_CALIBRATION_ISOTONIC) SIAM_TRY(read_knots(name, knots, &made));
  *calibration = made;
  made = (siam_calibration){0};
cleanup:
  siam_calibration_clear(&made);
  json_decref(root);
  return status;
}
