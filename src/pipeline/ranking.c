#include "pipeline/ranking.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

typedef struct ranked {
  float distance;
  uint32_t pair;
} ranked;

static int compare(const void *left, const void *right) {
  const ranked *a = left, *b = right;
  if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
  return (a->pair > b->pair) - (a->pair < b->pair);
}

static siam_status check(const float *distances, const uint8_t *same, size_t count, size_t *same_count) {
  if (count > UINT32_MAX)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%zu pairs are more than can be ranked; draw fewer", count);
  *same_count = 0;
  for (size_t i = 0; i < count; i++) {
    if (!isfinite(distances[i]))
      return siam_fail(SIAM_ERROR_NUMERIC,
                       "the distance of pair %zu is not finite; the model cannot be judged", i);
    *same_count += same[i] != 0;
  }
  if (*same_count == 0 || *same_count == count)
    return siam_fail(SIAM_ERROR_DATA, "of %zu pairs none is `%s`; both kinds are needed", count,
                     *same_count == 0 ? "same" : "different");
  return SIAM_OK;
}

siam_status siam_ranking_create(const float *distances, const uint8_t *same, size_t count,
                                siam_ranking *ranking) {
  siam_status status = SIAM_OK;
  siam_ranking made = {.count = count};
  ranked *order = NULL;
  SIAM_TRY(check(distances, same, count, &made.same_count));
  made.different_count = count - made.same_count;
  SIAM_TRY_ALLOCATE(order, count);
  SIAM_TRY_ALLOCATE(made.distances, count);
  SIAM_TRY_ALLOCATE(made.same, count);
  SIAM_TRY_ALLOCATE(made.pairs, count);
  for (size_t i = 0; i < count; i++) order[i] = (ranked){distances[i], (uint32_t)i};
  qsort(order, count, sizeof *order, compare);
  for (size_t place = 0; place < count; place++) {
    made.distances[place] = order[place].distance;
    made.pairs[place] = order[place].pair;
    made.same[place] = same[order[place].pair] != 0;
  }
  *ranking = made;
  made = (siam_ranking){0};
cleanup:
  siam_ranking_clear(&made);
  siam_free(order);
  return status;
}

void siam_ranking_clear(siam_ranking *ranking) {
  siam_free(ranking->distances);
  siam_free(ranking->same);
  siam_free(ranking->pairs);
  *ranking = (siam_ranking){0};
}

size_t siam_ranking_tie_end(const siam_ranking *ranking, size_t place) {
  float distance = ranking->distances[place];
  while (place < ranking->count && ranking->distances[place] == distance) place++;
  return place;
}

double siam_quantile(const double *sorted, size_t count, double share) {
  double place = share * (double)(count - 1);
  size_t below = (size_t)place;
  if (below + 1 >= count) return sorted[count - 1];
  return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

siam_status siam_ranking_quantiles(const siam_ranking *ranking, bool same, const double *shares, size_t count,
                                   double *quantiles) {
  siam_status status = SIAM_OK;
  double *chosen = NULL;
  size_t found = 0;
  SIAM_TRY_ALLOCATE(chosen, ranking->count);
  for (size_t place = 0; place < ranking->count; place++)
    if ((ranking->same[place] != 0) == same) chosen[found++] = ranking->distances[place];
  for (size_t i = 0; i < count; i++) quantiles[i] = siam_quantile(chosen, found, shares[i]);
cleanup:
  siam_free(chosen);
  return status;
}
