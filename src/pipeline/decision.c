#include "pipeline/decision.h"

#include "base/number.h"

#include <stdio.h>
#include <string.h>

static const char points_key[] = "operating_points", calibration_key[] = "calibration",
                  rate_key[] = "verdict_rate";

siam_status siam_decision_store(const siam_decision *decision, siam_model *model) {
  siam_status status = SIAM_OK;
  siam_text points = {0}, calibration = {0}, rate = {0};
  SIAM_TRY(siam_operating_points_write(&decision->points, &points));
  SIAM_TRY(siam_calibration_write(&decision->calibration, &calibration));
  SIAM_TRY(siam_model_set_fact(model, points_key, points.bytes));
  SIAM_TRY(siam_model_set_fact(model, calibration_key, calibration.bytes));
  if (decision->on_training) SIAM_TRY(siam_model_set_fact(model, SIAM_FITTED_ON, SIAM_FITTED_ON_TRAINING));
  if (decision->rate == 0) goto cleanup;
  siam_number_add(&rate, (float)decision->rate);
  SIAM_TRY(siam_text_status(&rate));
  SIAM_TRY(siam_model_set_fact(model, rate_key, rate.bytes));
cleanup:
  siam_text_clear(&points);
  siam_text_clear(&calibration);
  siam_text_clear(&rate);
  return status;
}

static const char *origin_of(const siam_decision *decision) {
  return decision->origin != NULL ? decision->origin : "the model";
}

static siam_status load_rate(const siam_model *model, siam_decision *decision) {
  const char *text = siam_model_get_fact(model, rate_key), *end = NULL;
  if (text == NULL) return SIAM_OK;
  const siam_operating_point *point;
  if (!siam_number_read(text, &end, &decision->rate) || *end != '\0' || !(decision->rate > 0) ||
      siam_operating_points_find(&decision->points, decision->rate, &point) != SIAM_OK)
    return siam_fail(SIAM_ERROR_FORMAT, "%s: there is no threshold for its verdict_rate \"%.16s\"",
                     origin_of(decision), text);
  return SIAM_OK;
}

static bool says(const siam_model *model, const char *key, const char *value) {
  const char *fact = siam_model_get_fact(model, key);
  return fact != NULL && strcmp(fact, value) == 0;
}

siam_status siam_decision_load(const siam_model *model, siam_decision *decision) {
  const char *points = siam_model_get_fact(model, points_key);
  const char *calibration = siam_model_get_fact(model, calibration_key);
  *decision = (siam_decision){.origin = model->path,
                              .reconstructs = says(model, SIAM_PURPOSE, SIAM_PURPOSE_RECONSTRUCT),
                              .on_training = says(model, SIAM_FITTED_ON, SIAM_FITTED_ON_TRAINING)};
  if (points == NULL || calibration == NULL) return SIAM_OK;
  const char *origin = origin_of(decision);
  SIAM_RETURN_IF_FAILED(siam_operating_points_parse(origin, points, &decision->points));
  SIAM_RETURN_IF_FAILED(siam_calibration_parse(origin, calibration, &decision->calibration));
  decision->calibrated = true;
  return load_rate(model, decision);
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
    if (name != NULL) snprintf(name, name_size, "given");
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
  const double rate = options->far > 0 ? options->far : decision->rate;
  if (rate > 0 && decision->on_training)
    return siam_fail(SIAM_ERROR_DATA,
                     "%s: its thresholds were fitted on pictures that it was trained on, and how often those "
                     "are mistaken says nothing of others, so there is none for a false-accept rate; train "
                     "again with classes held out (without --holdout 0) or with other pictures in --val, or "
                     "give a threshold of your own (--threshold)",
                     origin_of(decision));
  const siam_operating_point *point = NULL;
  siam_status status = siam_operating_points_find(&decision->points, rate, &point);
  if (status != SIAM_OK) return siam_fail_within(status, "%s", origin_of(decision));
  *threshold = point->threshold;
  if (name != NULL) snprintf(name, name_size, "%s", point->name);
  return SIAM_OK;
}
