#include "pipeline/operating_point.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void siam_wilson_interval(uint64_t hits, uint64_t count, double *low, double *high) {
  const double z = 1.959963984540054, n = (double)count, rate = (double)hits / n;
  double middle = rate + z * z / (2 * n), reach = z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n));
  // At the ends rounding would leave the interval a hair short of the rate itself.
  *low = hits == 0 ? 0 : (middle - reach) / (1 + z * z / n);
  *high = hits == count ? 1 : (middle + reach) / (1 + z * z / n);
}

static siam_operating_point describe(const siam_ranking *ranking, double rate, double threshold) {
  siam_operating_point point = {.rate = rate,
                                .threshold = threshold,
                                .same_pairs = ranking->same_count,
                                .different_pairs = ranking->different_count};
  siam_confusion counts = siam_confusion_at(ranking, threshold);
  point.far = (double)counts.different_accepted / (double)ranking->different_count;
  point.tar = (double)counts.same_accepted / (double)ranking->same_count;
  siam_wilson_interval(counts.different_accepted, ranking->different_count, &point.far_low, &point.far_high);
  return point;
}

enum { RATES = 3 };
static const double rates[RATES] = {1e-2, 1e-3, 1e-4};

bool siam_operating_rate_is_possible(double rate) {
  return rate >= SIAM_LEAST_RATE && rate <= SIAM_MOST_RATE;
}

/// The standard rates and `wanted`, falling; returns how many.
static int list_rates(double wanted, double *list) {
  int count = 0;
  bool listed = wanted == 0;
  for (int i = 0; i < RATES; i++) {
    if (!listed && wanted > rates[i]) list[count++] = wanted;
    listed = listed || wanted >= rates[i];
    list[count++] = rates[i];
  }
  if (!listed) list[count++] = wanted;
  return count;
}

static void name_rate(double rate, char *name, size_t size) {
  snprintf(name, size, "far %g", rate);
  for (int i = 0; i < RATES; i++)
    if (rates[i] == rate) snprintf(name, size, "far 1e-%d", i + 2);
}

siam_status siam_operating_points_fit(const siam_ranking *ranking, double wanted,
                                      siam_operating_points *points) {
  siam_status status = SIAM_OK;
  siam_operating_points made = {.count = 1};
  siam_curve curve = {0};
  double list[RATES + 1];
  const int count = list_rates(wanted, list);
  SIAM_TRY(siam_curve_create(ranking, &curve));
  made.points[0] = describe(ranking, 0, siam_best_threshold(&curve));
  snprintf(made.points[0].name, sizeof made.points[0].name, "best accuracy");
  for (int i = 0; i < count; i++) {
    double threshold;
    if (!siam_far_is_supported(ranking->different_count, list[i])) {
      made.unsupported[made.unsupported_count++] = list[i];
      continue;
    }
    SIAM_TRY(siam_threshold_at_far(&curve, list[i], &threshold));
    siam_operating_point *point = &made.points[made.count++];
    *point = describe(ranking, list[i], threshold);
    name_rate(list[i], point->name, sizeof point->name);
  }
  *points = made;
cleanup:
  siam_curve_clear(&curve);
  return status;
}

siam_status siam_operating_points_find(const siam_operating_points *points, double rate,
                                       const siam_operating_point **point) {
  char known[SIAM_OPERATING_POINTS * 32] = "";
  size_t length = 0;
  for (uint32_t i = 0; i < points->count; i++) {
    const siam_operating_point *tried = &points->points[i];
    if (fabs(tried->rate - rate) <= 1e-6 * rate) {
      *point = tried;
      return SIAM_OK;
    }
    if (tried->rate > 0 && length < sizeof known)
      length += (size_t)snprintf(known + length, sizeof known - length, "%s%g", length > 0 ? ", " : "",
                                 tried->rate);
  }
  return siam_fail(SIAM_ERROR_DATA,
                   "the model has no threshold for a false-accept rate of %g; it has %s; choose %sa "
                   "threshold of your own (--threshold)",
                   rate, length > 0 ? known : "none for any rate", length > 0 ? "one of these, or " : "");
}

siam_status siam_operating_points_write(const siam_operating_points *points, siam_text *json) {
  json_t *array = json_array();
  for (uint32_t i = 0; i < points->count; i++) {
    const siam_operating_point *point = &points->points[i];
    json_t *object =
        json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:I, s:I}", "name", point->name, "rate", point->rate,
                  "threshold", point->threshold, "far", point->far, "far_low", point->far_low, "far_high",
                  point->far_high, "tar", point->tar, "same_pairs", (json_int_t)point->same_pairs,
                  "different_pairs", (json_int_t)point->different_pairs);
    if (json_array_append_new(array, object) == 0) continue;
    json_decref(array);
    return siam_json_add(json, NULL);
  }
  return siam_json_add(json, array);
}

static bool is_share(double number) {
  return number >= 0 && number <= 1;
}

static siam_status unpack(json_t *object, siam_operating_point *point) {
  const char *name;
  json_int_t same, different;
  SIAM_RETURN_IF_FAILED(siam_json_unpack(
      object, "{s:s, s:F, s:F, s:F, s:F, s:F, s:F, s:I, s:I !}", "name", &name, "rate", &point->rate,
      "threshold", &point->threshold, "far", &point->far, "far_low", &point->far_low, "far_high",
      &point->far_high, "tar", &point->tar, "same_pairs", &same, "different_pairs", &different));
  size_t length = strlen(name);
  if (length >= sizeof point->name || same < 0 || different < 0) return SIAM_ERROR_FORMAT;
  memcpy(point->name, name, length + 1);
  point->same_pairs = (uint64_t)same;
  point->different_pairs = (uint64_t)different;
  bool sound = is_share(point->rate) && is_share(point->far) && is_share(point->tar) &&
               is_share(point->far_low) && is_share(point->far_high) && point->far_low <= point->far &&
               point->far <= point->far_high;
  return sound ? SIAM_OK : SIAM_ERROR_FORMAT;
}

siam_status siam_operating_points_parse(const char *name, const char *json, siam_operating_points *points) {
  siam_status status = SIAM_OK;
  json_t *array = NULL;
  siam_operating_points made = {0};
  SIAM_TRY(siam_json_parse(name, "list of operating points", json, &array));
  size_t count = json_array_size(array);
  if (count == 0 || count > SIAM_OPERATING_POINTS) {
    status = siam_fail(SIAM_ERROR_FORMAT, "%s: its operating points are no list of 1 to %d", name,
                       SIAM_OPERATING_POINTS);
    goto cleanup;
  }
  for (size_t i = 0; i < count; i++) {
    status = unpack(json_array_get(array, i), &made.points[i]);
    if (status == SIAM_ERROR_FORMAT) siam_fail(status, "%s: operating point %zu is unsound", name, i);
    if (status != SIAM_OK) goto cleanup;
  }
  made.count = (uint32_t)count;
  *points = made;
cleanup:
  json_decref(array);
  return status;
}
