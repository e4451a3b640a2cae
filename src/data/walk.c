#include "data/walk.h"

#include "base/memory.h"
#include "base/random.h"

#include <string.h>

enum { USE_SHIFT = 28 };

siam_status siam_walk_make(siam_walk *walk, uint64_t seed, siam_walk_use use, uint32_t sets,
                           const uint32_t *first, const uint32_t *things) {
  siam_status status = SIAM_OK;
  *walk = (siam_walk){.seed = seed, .use = use, .sets = sets, .first = first, .things = things};
  if (sets >= 1u << USE_SHIFT) return siam_fail(SIAM_ERROR_UNSUPPORTED, "too many classes; divide the data");
  SIAM_TRY_ALLOCATE(walk->order, first[sets]);
  SIAM_TRY_ALLOCATE(walk->held, sets);
cleanup:
  return status;
}

void siam_walk_clear(siam_walk *walk) {
  siam_free(walk->order);
  siam_free(walk->held);
  *walk = (siam_walk){0};
}

const uint32_t *siam_walk_order(siam_walk *walk, uint32_t set, uint64_t number) {
  uint32_t first = walk->first[set], count = walk->first[set + 1] - first;
  uint32_t *order = walk->order + first;
  if (walk->held[set] == number + 1) return order;
  memcpy(order, walk->things + first, count * sizeof *order);
  siam_shuffle_one(order, count, walk->seed, SIAM_STREAM_SAMPLE, (uint32_t)number,
                   (uint32_t)walk->use << USE_SHIFT | set);
  walk->held[set] = number + 1;
  return order;
}
