#include "pipeline/metrics.h"

#include "base/memory.h"

#include <math.h>

bool siam_far_is_supported(size_t different_count, double rate) {
  // The tolerance is for rates such as 0.01, which have no exact double.
  return (double)different_count * rate >= SIAM_FALSE_ACCEPTS_NEEDED * (1 - 1e-12);
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

/// A threshold that accepts exactly the first `accepted` places, which must not end inside a tie.
static double threshold_after(const siam_ranking *ranking, size_t accepted) {
  if (accepted == ranking->count) return ranking->distances[accepted - 1];
  double next = ranking->distances[accepted];
  if (accepted > 0) return (ranking->distances[accepted - 1] + next) / 2;
  return next > 0 ? next / 2 : nextafter(next, -INFINITY);
}

siam_status siam_roc_curve(const siam_ranking *ranking, siam_roc_point **points, size_t *count) {
  siam_roc_point *curve = siam_allocate(ranking->count + 1, sizeof *curve);
  if (curve == NULL) return SIAM_ERROR_MEMORY;
  size_t same = 0, made = 1;
  curve[0] = (siam_roc_point){.threshold = threshold_after(ranking, 0)};
  for (size_t place = 0, end; place < ranking->count; place = end) {
    end = siam_ranking_tie_end(ranking, place);
    for (size_t i = place; i < end; i++) same += ranking->same[i];
    curve[made++] = (siam_roc_point){.threshold = threshold_after(ranking, end),
                                     .far = (double)(end - same) / (double)ranking->different_count,
                                     .tar = (double)same / (double)ranking->same_count};
  }
  *points = curve;
  *count = made;
  return SIAM_OK;
}

double siam_best_threshold(const siam_ranking *ranking) {
  // Accepting nothing is right for every different pair; each pair accepted wins one or loses one.
  int64_t right = 0, best = 0;
  size_t accepted = 0;
  for (size_t place = 0, end; place < ranking->count; place = end) {
    end = siam_ranking_tie_end(ranking, place);
    for (size_t i = place; i < end; i++) right += ranking->same[i] ? 1 : -1;
    if (right > best) {
      best = right;
      accepted = end;
    }
  }
  return threshold_after(ranking, accepted);
}

/// Whether a (weighted) count of false accepts keeps to a rate; the tolerance is for the rounding of the
/// product.
static bool keeps_to(double accepts, double rate, double total) {
  return accepts <= rate * total * (1 + 1e-12);
}

siam_status siam_threshold_at_far(const siam_ranking *ranking, double rate, double *threshold) {
  if (!(rate > 0 && rate < 1))
    return siam_fail(SIAM_ERROR_ARGUMENT, "%g is no false-accept rate; give one between 0 and 1", rate);
  if (!siam_far_is_supported(ranking->different_count, rate))
    return siam_fail(SIAM_ERROR_DATA,
                     "a false-accept rate of %g takes %.0f different pairs or more, there are %zu", rate,
                     ceil(SIAM_FALSE_ACCEPTS_NEEDED / rate * (1 - 1e-12)), ranking->different_count);
  size_t accepted = 0, accepts = 0;
  for (size_t place = 0, end; place < ranking->count; place = end) {
    end = siam_ranking_tie_end(ranking, place);
    for (size_t i = place; i < end; i++) accepts += !ranking->same[i];
    if (!keeps_to((double)accepts, rate, (double)ranking->different_count)) break;
    accepted = end;
  }
  *threshold = threshold_after(ranking, accepted);
  return SIAM_OK;
}

/// Weight of the pairs up to a place.
typedef struct amounts {
  double same, different;
} amounts;

static amounts add_places(const siam_ranking *ranking, const double *weights, size_t place, size_t end,
                          amounts sum) {
  for (; place < end; place++) {
    double weight = weights != NULL ? weights[place] : 1;
    if (ranking->same[place])
      sum.same += weight;
    else
      sum.different += weight;
  }
  return sum;
}

/// Where FAR and 1 − TAR cross on the line from one point of the curve to the next.
static double cross(amounts before, amounts after, amounts total) {
  double far_before = before.different / total.different, far_after = after.different / total.different;
  double gap_before = 1 - before.same / total.same - far_before;
  double gap_after = 1 - after.same / total.same - far_after;
  return far_before + gap_before / (gap_before - gap_after) * (far_after - far_before);
}

static double accuracy_of(const siam_ranking *ranking, amounts accepted, amounts total) {
  double right = (double)ranking->same_count * (accepted.same / total.same) +
                 (double)ranking->different_count * (1 - accepted.different / total.different);
  return right / (double)ranking->count;
}

bool siam_sweep_compute(const siam_ranking *ranking, const double *weights, const siam_sweep_query *query,
                        siam_sweep *sweep) {
  amounts total = add_places(ranking, weights, 0, ranking->count, (amounts){0}), before = {0}, accepted = {0};
  if (!(total.same > 0 && total.different > 0)) return false;
  *sweep = (siam_sweep){0};
  double ordered = 0;
  bool crossed = false;
  for (size_t place = 0, end; place < ranking->count; place = end) {
    end = siam_ranking_tie_end(ranking, place);
    amounts after = add_places(ranking, weights, place, end, before);
    // Mann & Whitney 1947: each same pair is nearer than the different pairs behind it, and half of its tie.
    ordered += (after.same - before.same) * (total.different - (before.different + after.different) / 2);
    if (!crossed && after.different / total.different >= 1 - after.same / total.same) {
      sweep->eer = cross(before, after, total);
      crossed = true;
    }
    if (ranking->distances[place] <= query->threshold) accepted = after;
    for (uint32_t i = 0; i < query->rate_count; i++)
      if (keeps_to(after.different, query->rates[i], total.different))
        sweep->tar[i] = after.same / total.same;
    before = after;
  }
  sweep->auc = ordered / (total.same * total.different);
  sweep->accuracy = accuracy_of(ranking, accepted, total);
  return true;
}
