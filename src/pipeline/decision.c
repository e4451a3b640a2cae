#include "pipeline/decision.h"

#include <stdio.h>
#include <string.h>

static const char points_key[] = "operating_points", calibration_key[] = "calibration";

siam_status siam_decision_store(const siam_decision *decision, siam_model *model) {
  siam_status status = SIAM_OK;
  siam_text points = {0}, calibration = {0};
  SIAM_TRY(siam_operating_points_write(&decision->points, &points));
  SIAM_TRY(siam_calibration_write(&decision->calibration, &calibration));
  SIAM_TRY(siam_model_set_fact(model, points_key, points.bytes));
  SIAM_TRY(siam_model_set_fact(model, calibration_key, calibration.bytes));
cleanup:
  siam_text_clear(&points);
  siam_text_clear(&calibration);
  return status;
}

static const char *origin_of(const siam_decision *decision) {
  return decision->origin != NULL ? decision->origin : "the model";
}

siam_status siam_decision_load(const siam_model *model, siam_decision *decision) {
  const char *points = siam_model_get_fact(model, points_key);
  const char *calibration = siam_model_get_fact(model, calibration_key);
  const char *purpose = siam_model_get_fact(model, SIAM_PURPOSE);
  *decision =
      (siam_decision){.origin = model->path,
                      .reconstructs = purpose != NULL && strcmp(purpose, SIAM_PURPOSE_RECONSTRUCT) == 0};
  if (points == NULL || calibration == NULL) return SIAM_OK;
  const char *origin = origin_of(decision);
  SIAM_RETURN_IF_FAILED(siam_operating_points_parse(origin, points, &decision->points));
  SIAM_RETURN_IF_FAILED(siam_calibration_parse(origin, calibration, &decision->calibration));
  decision->calibrated = true;
  return SIAM_OK;
}

void siam_decision_clear(siam_decision *decision) {
  siam_calibration_clear(&decision->calibration);
  *decision = (siam_decision){0};
}

siam_status siam_decision_threshold(const siam_decision *decision, const siam_compare_options *options,
                                    double *threshold, char *name, size_t name_size) {
  if (options->threshold != NULL) {
    if (!(*options->threshold >= 0))
      return siam_fail(SIAM_ERROR_ARGUMENT, "a threshold of %g; distances are 0 or more",
                       *options->threshold);
    *threshold = *options->threshold;
    snprintf(name, name_size, "given");
    return SIAM_OK;
  }
  if (!decision->calibrated && decision->reconstructs)
    return siam_fail(
        SIAM_ERROR_DATA,
        "%s: was trained to reconstruct pictures and not to compare them, so it has no thresholds; "
        "start from it with siamese-train --init, or give a threshold with --threshold",
        origin_of(decision));
  if (!decision->calibrated)
    return siam_fail(SIAM_ERROR_DATA, "%s: has no thresholds of its own; give one with --threshold",
                     origin_of(decision));
  const siam_operating_point *point = NULL;
  siam_status status = siam_operating_points_find(&decision->points, options->far, &point);
  if (status != SIAM_OK) return siam_fail_within(status, "%s", origin_of(decision));
  *threshold = point->threshold;
  snprintf(name, name_size, "%s", point->name);
  return SIAM_OK;
}
