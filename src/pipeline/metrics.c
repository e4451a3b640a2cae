#include "pipeline/metrics.h"

#include "base/memory.h"

#include <math.h>

siam_status siam_curve_create(const siam_ranking *ranking, siam_curve *curve) {
  siam_status status = SIAM_OK;
  siam_curve made = {.ranking = ranking};
  SIAM_TRY_ALLOCATE(made.steps, ranking->count);
  SIAM_TRY_ALLOCATE(made.distances, ranking->count);
  SIAM_TRY_ALLOCATE(made.same, ranking->count + 1);
  SIAM_TRY_ALLOCATE(made.different, ranking->count + 1);
  for (size_t place = 0; place < ranking->count; place++) {
    float distance = ranking->distances[place];
    if (made.count == 0 || made.distances[made.count - 1] != distance)
      made.distances[made.count++] = distance;
    made.steps[place] = (uint32_t)(made.count - 1);
  }
  siam_curve_weigh(&made, NULL);
  *curve = made;
  made = (siam_curve){0};
cleanup:
  siam_curve_clear(&made);
  return status;
}

void siam_curve_clear(siam_curve *curve) {
  siam_free(curve->distances);
  siam_free(curve->steps);
  siam_free(curve->same);
  siam_free(curve->different);
  *curve = (siam_curve){0};
}

bool siam_curve_weigh(siam_curve *curve, const double *weights) {
  const siam_ranking *ranking = curve->ranking;
  double same = 0, different = 0;
  // No branch on the kind of a pair, which cannot be predicted. Within a tie the last sum stays.
  for (size_t place = 0; place < ranking->count; place++) {
    double weight = weights != NULL ? weights[place] : 1, of_same = weight * ranking->same[place];
    same += of_same;
    different += weight - of_same;
    curve->same[curve->steps[place] + 1] = same;
    curve->different[curve->steps[place] + 1] = different;
  }
  return same > 0 && different > 0;
}

double siam_curve_auc(const siam_curve *curve) {
  const double *same = curve->same, *different = curve->different;
  double all_different = different[curve->count], ordered = 0;
  // The same pairs of a distance are nearer than the different pairs beyond it, and than half of those at it.
  for (size_t i = 0; i < curve->count; i++)
    ordered += (same[i + 1] - same[i]) * (all_different - (different[i] + different[i + 1]) / 2);
  return ordered / (same[curve->count] * all_different);
}

static double far_of(const siam_curve *curve, size_t accepted) {
  return curve->different[accepted] / curve->different[curve->count];
}

static double tar_of(const siam_curve *curve, size_t accepted) {
  return curve->same[accepted] / curve->same[curve->count];
}

/// How far 1 − TAR is above FAR when the first `accepted` distances are; it falls from 1 to −1.
static double gap_of(const siam_curve *curve, size_t accepted) {
  return 1 - tar_of(curve, accepted) - far_of(curve, accepted);
}

double siam_curve_eer(const siam_curve *curve) {
  size_t before = 0, after = curve->count;
  while (after - before > 1) {
    size_t middle = before + (after - before) / 2;
    if (gap_of(curve, middle) > 0)
      before = middle;
    else
      after = middle;
  }
  double share = gap_of(curve, before) / (gap_of(curve, before) - gap_of(curve, after));
  return far_of(curve, before) + share * (far_of(curve, after) - far_of(curve, before));
}

/// How many distances can be accepted at a false-accept rate; the tolerance is for the rounding of the
/// product.
static size_t accepted_at_far(const siam_curve *curve, double rate) {
  double most = rate * curve->different[curve->count] * (1 + 1e-12);
  size_t fits = 0, breaks = curve->count + 1;
  while (breaks - fits > 1) {
    size_t middle = fits + (breaks - fits) / 2;
    if (curve->different[middle] <= most)
      fits = middle;
    else
      breaks = middle;
  }
  return fits;
}

double siam_curve_tar(const siam_curve *curve, double rate) {
  return tar_of(curve, accepted_at_far(curve, rate));
}

double siam_curve_accuracy(const siam_curve *curve, double threshold) {
  size_t accepted = 0, rejected = curve->count + 1;
  while (rejected - accepted > 1) {
    size_t middle = accepted + (rejected - accepted) / 2;
    if (curve->distances[middle - 1] <= threshold)
      accepted = middle;
    else
      rejected = middle;
  }
  const siam_ranking *ranking = curve->ranking;
  double right = (double)ranking->same_count * tar_of(curve, accepted) +
                 (double)ranking->different_count * (1 - far_of(curve, accepted));
  return right / (double)ranking->count;
}

/// A threshold that accepts exactly the first `accepted` distances.
static double threshold_after(const siam_curve *curve, size_t accepted) {
  if (accepted == curve->count) return curve->distances[accepted - 1];
  double next = curve->distances[accepted];
  if (accepted > 0) return (curve->distances[accepted - 1] + next) / 2;
  return next > 0 ? next / 2 : nextafter(next, -INFINITY);
}

siam_status siam_curve_list(const siam_curve *curve, siam_roc_point **points) {
  siam_roc_point *list = siam_allocate(curve->count + 1, sizeof *list);
  if (list == NULL) return SIAM_ERROR_MEMORY;
  for (size_t i = 0; i <= curve->count; i++)
    list[i] = (siam_roc_point){threshold_after(curve, i), far_of(curve, i), tar_of(curve, i)};
  *points = list;
  return SIAM_OK;
}

double siam_best_threshold(const siam_curve *curve) {
  // Accepting nothing is right for every different pair; each pair accepted wins one or loses one.
  size_t best = 0;
  for (size_t i = 1; i <= curve->count; i++)
    if (curve->same[i] - curve->different[i] > curve->same[best] - curve->different[best]) best = i;
  return threshold_after(curve, best);
}

bool siam_far_is_supported(size_t different_count, double rate) {
  // The tolerance is for rates such as 0.01, which have no exact double.
  return (double)different_count * rate >= SIAM_FALSE_ACCEPTS_NEEDED * (1 - 1e-12);
}

siam_status siam_threshold_at_far(const siam_curve *curve, double rate, double *threshold) {
  size_t different = curve->ranking->different_count;
  if (!(rate > 0 && rate < 1))
    return siam_fail(SIAM_ERROR_ARGUMENT, "%g is no false-accept rate; give one between 0 and 1", rate);
  if (!siam_far_is_supported(different, rate))
    return siam_fail(SIAM_ERROR_DATA,
                     "a false-accept rate of %g takes %.0f different pairs or more, there are %zu", rate,
                     ceil(SIAM_FALSE_ACCEPTS_NEEDED / rate * (1 - 1e-12)), different);
  *threshold = threshold_after(curve, accepted_at_far(curve, rate));
  return SIAM_OK;
}

siam_confusion siam_confusion_at(const siam_ranking *ranking, double threshold) {
  siam_confusion counts = {0};
  for (size_t place = 0; place < ranking->count; place++) {
    bool accepted = ranking->distances[place] <= threshold;
    if (ranking->same[place]) {
      counts.same_accepted += accepted;
      counts.same_rejected += !accepted;
    } else {
      counts.different_accepted += accepted;
      counts.different_rejected += !accepted;
    }
  }
  return counts;
}
