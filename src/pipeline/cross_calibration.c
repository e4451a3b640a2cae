#include "pipeline/cross_calibration.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_FOLDS = 5, FEWEST_FOLDS = 3 };

typedef struct judged_pair {
  double similarity;
  uint8_t same;
} judged_pair;

/// What the fits of one call share.
typedef struct cross {
  const siam_measured_pairs *pairs;
  uint32_t folds;
  double odds;         ///< Same pairs to different ones, of all.
  float *distances;    ///< [pairs]: of those that are fitted on,
  uint8_t *same;       ///< and their kinds.
  judged_pair *judged; ///< [pairs]
} cross;

/// A pair is of two folds, which may be one; two units are left outside of any two folds.
static uint32_t count_folds(const siam_measured_pairs *pairs) {
  uint32_t folds = pairs->unit_a == NULL ? 0 : pairs->units / 2;
  if (folds < FEWEST_FOLDS) return 0;
  return folds < MOST_FOLDS ? folds : MOST_FOLDS;
}

/// Fits on the pairs without a unit of either fold; `*possible` is false where they are not of both kinds.
static siam_status fit_without(const cross *all, uint32_t first, uint32_t second, bool *possible,
                               siam_calibration *calibration) {
  siam_ranking ranking = {0};
  size_t count = 0, same = 0;
  for (size_t i = 0; i < all->pairs->count; i++) {
    uint32_t a = all->pairs->unit_a[i] % all->folds, b = all->pairs->unit_b[i] % all->folds;
    if (a == first || a == second || b == first || b == second) continue;
    same += all->pairs->same[i] != 0;
    all->distances[count] = all->pairs->distances[i];
    all->same[count++] = all->pairs->same[i];
  }
  *possible = same > 0 && same < count;
  if (!*possible) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_ranking_create(all->distances, all->same, count, &ranking));
  siam_status status = siam_calibration_fit_platt(&ranking, calibration);
  siam_ranking_clear(&ranking);
  // Without two folds a greater share of the different pairs is missing than of the same ones. Another mix
  // moves the logarithm of the odds, at every distance by as much (Prentice & Pyke 1979).
  calibration->offset -= log(all->odds * (double)(count - same) / (double)same);
  return status;
}

/// Judges the pairs between two folds, or within one.
static siam_status judge(const cross *all, uint32_t first, uint32_t second, bool *possible) {
  siam_calibration calibration = {0};
  SIAM_RETURN_IF_FAILED(fit_without(all, first, second, possible, &calibration));
  for (size_t i = 0; *possible && i < all->pairs->count; i++) {
    uint32_t a = all->pairs->unit_a[i] % all->folds, b = all->pairs->unit_b[i] % all->folds;
    if ((a != first || b != second) && (a != second || b != first)) continue;
    all->judged[i] = (judged_pair){siam_calibration_evaluate(&calibration, all->pairs->distances[i]),
                                   all->pairs->same[i] != 0};
  }
  return SIAM_OK;
}

static int compare(const void *left, const void *right) {
  const judged_pair *a = left, *b = right;
  return (a->similarity < b->similarity) - (a->similarity > b->similarity);
}

static siam_status sum_up(const cross *all, siam_calibration_quality *quality) {
  siam_status status = SIAM_OK;
  double *similarity = NULL;
  const size_t count = all->pairs->count;
  SIAM_TRY_ALLOCATE(similarity, count);
  qsort(all->judged, count, sizeof *all->judged, compare);
  for (size_t i = 0; i < count; i++) {
    similarity[i] = all->judged[i].similarity;
    all->same[i] = all->judged[i].same;
  }
  SIAM_TRY(siam_similarity_measure(similarity, all->same, count, quality));
cleanup:
  siam_free(similarity);
  return status;
}

siam_status siam_calibration_cross_measure(const siam_measured_pairs *pairs, uint32_t *folds,
                                           siam_calibration_quality *quality) {
  siam_status status = SIAM_OK;
  cross all = {.pairs = pairs, .folds = count_folds(pairs)};
  bool possible = all.folds > 0;
  size_t same = 0;
  *folds = 0;
  if (!possible) return SIAM_OK;
  for (size_t i = 0; i < pairs->count; i++) same += pairs->same[i] != 0;
  all.odds = (double)same / (double)(pairs->count - same);
  SIAM_TRY_ALLOCATE(all.distances, pairs->count);
  SIAM_TRY_ALLOCATE(all.same, pairs->count);
  SIAM_TRY_ALLOCATE(all.judged, pairs->count);
  for (uint32_t first = 0; first < all.folds; first++)
    for (uint32_t second = first; second < all.folds && possible; second++)
      SIAM_TRY(judge(&all, first, second, &possible));
  if (!possible) goto cleanup;
  SIAM_TRY(sum_up(&all, quality));
  *folds = all.folds;
cleanup:
  siam_free(all.distances);
  siam_free(all.same);
  siam_free(all.judged);
  return status;
}
