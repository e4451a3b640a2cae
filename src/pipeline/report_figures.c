#include "base/memory.h"
#include "pipeline/cross_calibration.h"
#include "pipeline/report_parts.h"
#include "pipeline/roc_band.h"

#include <math.h>
#include <stdio.h>

static json_t *make_figure(const char *name, const siam_figure *figure, bool rate) {
  json_t *row = json_object();
  siam_status status = siam_report_set(row, "name", json_string(name));
  if (status == SIAM_OK) status = siam_report_set(row, "value", siam_report_number(figure->value));
  if (status == SIAM_OK) status = siam_report_set(row, "low", siam_report_number(figure->low));
  if (status == SIAM_OK) status = siam_report_set(row, "high", siam_report_number(figure->high));
  if (status == SIAM_OK) status = siam_report_set(row, "rate", json_boolean(rate));
  if (status == SIAM_OK) return row;
  json_decref(row);
  return NULL;
}

static siam_status add_verification(const siam_verification *judged, json_t *rows) {
  char name[64];
  snprintf(name, sizeof name, "Accuracy at distance %.3f", judged->threshold);
  SIAM_RETURN_IF_FAILED(siam_report_append(rows, make_figure(name, &judged->accuracy, true)));
  SIAM_RETURN_IF_FAILED(siam_report_append(rows, make_figure("ROC AUC", &judged->auc, false)));
  SIAM_RETURN_IF_FAILED(siam_report_append(rows, make_figure("Equal error rate", &judged->eer, true)));
  for (uint32_t i = 0; i < judged->rate_count; i++) {
    if (!judged->rates[i].supported) continue;
    snprintf(name, sizeof name, "TAR at FAR %g %%", 100 * judged->rates[i].rate);
    SIAM_RETURN_IF_FAILED(siam_report_append(rows, make_figure(name, &judged->rates[i].tar, true)));
  }
  return SIAM_OK;
}

siam_status siam_report_add_figures(siam_report *report) {
  const siam_evaluation *judged = report->evaluation;
  char name[64];
  json_t *rows = json_array();
  SIAM_RETURN_IF_FAILED(siam_report_set(report->root, "figures", rows));
  SIAM_RETURN_IF_FAILED(add_verification(&judged->verification, rows));
  if (judged->has_one_shot) {
    snprintf(name, sizeof name, "%u-way one-shot", judged->one_shot.ways);
    SIAM_RETURN_IF_FAILED(siam_report_append(rows, make_figure(name, &judged->one_shot.accuracy, true)));
  }
  if (!judged->has_retrieval) return SIAM_OK;
  for (uint32_t i = 0; i < SIAM_RECALL_RANKS; i++) {
    snprintf(name, sizeof name, "Recall@%u", judged->retrieval.recalls[i].rank);
    SIAM_RETURN_IF_FAILED(
        siam_report_append(rows, make_figure(name, &judged->retrieval.recalls[i].recall, true)));
  }
  return siam_report_append(rows, make_figure("mAP@R", &judged->retrieval.map_at_r, true));
}

/// Thresholds that the slider can stand at.
enum { STEPS = 400 };

/// A round number of at least `least`: 1, 2 or 5 times a power of ten.
static double round_up(double least) {
  double power = pow(10, floor(log10(least)));
  static const double steps[] = {1, 2, 5};
  for (size_t i = 0; i < 3; i++)
    if (steps[i] * power >= least) return steps[i] * power;
  return 10 * power;
}

static siam_status count_accepted(const siam_ranking *ranking, double step, json_t *same, json_t *different) {
  siam_status status = SIAM_OK;
  size_t place = 0, counts[2] = {0, 0};
  for (size_t i = 0; status == SIAM_OK; i++) {
    for (; place < ranking->count && ranking->distances[place] <= (double)i * step; place++)
      counts[ranking->same[place]]++;
    status = siam_report_append(different, json_integer((json_int_t)counts[0]));
    if (status == SIAM_OK) status = siam_report_append(same, json_integer((json_int_t)counts[1]));
    if (place == ranking->count) break;
  }
  return status;
}

static siam_status add_point(const siam_ranking *ranking, const char *name, double threshold,
                             json_t *points) {
  siam_confusion at = siam_confusion_at(ranking, threshold);
  json_t *point = json_object();
  SIAM_RETURN_IF_FAILED(siam_report_append(points, point));
  SIAM_RETURN_IF_FAILED(siam_report_set(point, "name", json_string(name)));
  SIAM_RETURN_IF_FAILED(siam_report_set(point, "threshold", json_real(threshold)));
  SIAM_RETURN_IF_FAILED(siam_report_set(point, "same", json_integer((json_int_t)at.same_accepted)));
  return siam_report_set(point, "different", json_integer((json_int_t)at.different_accepted));
}

/// The thresholds of the model, with what each accepts here; or the best of these pairs.
static siam_status add_points(const siam_report *report, const siam_ranking *ranking, json_t *points) {
  const siam_operating_points *known = &report->judgement->decision.points;
  if (!report->judgement->has_threshold)
    return add_point(ranking, "best on these pairs", report->evaluation->verification.threshold, points);
  for (uint32_t i = 0; i < known->count; i++)
    SIAM_RETURN_IF_FAILED(add_point(ranking, known->points[i].name, known->points[i].threshold, points));
  return SIAM_OK;
}

static siam_status rank(const siam_report *report, siam_ranking *ranking) {
  const siam_pair_set *pairs = &report->judgement->pairs;
  return siam_ranking_create(pairs->distances, pairs->same, pairs->measured.count, ranking);
}

/// How many pairs of each kind lie up to each of some evenly spaced distances: histogram and slider in one.
siam_status siam_report_add_distances(siam_report *report) {
  siam_status status = SIAM_OK;
  siam_ranking ranking = {0};
  json_t *object = json_object(), *same = json_array(), *different = json_array(), *points = json_array();
  SIAM_TRY(siam_report_set(report->root, "distances", json_incref(object)));
  SIAM_TRY(rank(report, &ranking));
  double farthest = ranking.distances[ranking.count - 1];
  double step = farthest > 0 ? round_up(farthest / STEPS) : 1;
  SIAM_TRY(siam_report_set(object, "step", json_real(step)));
  SIAM_TRY(siam_report_set(object, "threshold", json_real(report->evaluation->verification.threshold)));
  SIAM_TRY(count_accepted(&ranking, step, same, different));
  SIAM_TRY(add_points(report, &ranking, points));
  SIAM_TRY(siam_report_set(object, "same", json_incref(same)));
  SIAM_TRY(siam_report_set(object, "different", json_incref(different)));
  SIAM_TRY(siam_report_set(object, "points", json_incref(points)));
cleanup:
  siam_ranking_clear(&ranking);
  json_decref(object);
  json_decref(same);
  json_decref(different);
  json_decref(points);
  return status;
}

/// False-accept rates of the curve: 0, and from one false accept to all in steps of a sixteenth of a decade.
enum { MOST_RATES = 160, PER_DECADE = 16 };

siam_status siam_report_add_curve(siam_report *report) {
  const siam_measured_pairs *pairs = &report->judgement->pairs.measured;
  double rates[MOST_RATES] = {0};
  siam_figure tars[MOST_RATES];
  double least = log10((double)report->evaluation->verification.different_pairs);
  size_t count = 1;
  for (int i = -(int)ceil(least * PER_DECADE); i <= 0 && count < MOST_RATES; i++)
    rates[count++] = pow(10, (double)i / PER_DECADE);
  SIAM_RETURN_IF_FAILED(siam_roc_band(pairs, rates, count, report->judgement->options->seed,
                                      report->judgement->options->repetitions, tars));
  json_t *curve = json_array();
  SIAM_RETURN_IF_FAILED(siam_report_set(report->root, "curve", curve));
  for (size_t i = 0; i < count; i++) {
    json_t *point = json_array();
    const double values[] = {rates[i], tars[i].value, tars[i].low, tars[i].high};
    SIAM_RETURN_IF_FAILED(siam_report_append(curve, point));
    for (size_t v = 0; v < 4; v++)
      SIAM_RETURN_IF_FAILED(siam_report_append(point, siam_report_number(values[v])));
  }
  return SIAM_OK;
}

static siam_status add_bins(const siam_calibration_quality *quality, json_t *bins) {
  for (size_t i = 0; i < SIAM_CALIBRATION_BINS; i++) {
    double low, high;
    uint64_t count = quality->bins[i].count;
    json_t *bin = json_array();
    if (count > 0)
      siam_wilson_interval((uint64_t)llround(quality->bins[i].same * (double)count), count, &low, &high);
    const double values[] = {quality->bins[i].similarity, quality->bins[i].same, count > 0 ? low : NAN,
                             count > 0 ? high : NAN, (double)count};
    SIAM_RETURN_IF_FAILED(siam_report_append(bins, bin));
    for (size_t v = 0; v < 5; v++)
      SIAM_RETURN_IF_FAILED(siam_report_append(bin, siam_report_number(values[v])));
  }
  return SIAM_OK;
}

/// Pairs that the calibration was fitted on are judged by fits without their classes, where these are enough.
static siam_status measure_quality(const siam_report *report, uint32_t *folds,
                                   siam_calibration_quality *quality) {
  siam_ranking ranking = {0};
  *folds = 0;
  if (report->facts->fitted_here)
    SIAM_RETURN_IF_FAILED(siam_calibration_cross_measure(&report->judgement->pairs.measured, folds, quality));
  if (*folds > 0) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(rank(report, &ranking));
  siam_status status = siam_calibration_measure(&report->judgement->decision.calibration, &ranking, quality);
  siam_ranking_clear(&ranking);
  return status;
}

siam_status siam_report_add_reliability(siam_report *report) {
  siam_calibration_quality quality;
  uint32_t folds = 0;
  if (!report->judgement->decision.calibrated) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(measure_quality(report, &folds, &quality));
  json_t *object = json_object();
  SIAM_RETURN_IF_FAILED(siam_report_set(report->root, "reliability", object));
  json_t *bins = json_array();
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "bins", bins));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "expected_error", json_real(quality.expected_error)));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "brier", json_real(quality.brier)));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "folds", json_integer(folds)));
  SIAM_RETURN_IF_FAILED(
      siam_report_set(object, "in_sample", json_boolean(report->facts->fitted_here && folds == 0)));
  return add_bins(&quality, bins);
}
