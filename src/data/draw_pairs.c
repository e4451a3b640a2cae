/// Pairs to evaluate on. `same` pairs are shared out evenly among the classes, and a class's share is drawn
/// from its pairs without repetition. `different` pairs take two classes by turns and a picture of each;
/// where hardly more exist than are wanted, all are listed and shuffled instead.
#include "data/dataset.h"

#include "base/memory.h"
#include "base/random.h"
#include "data/key_map.h"

#include <math.h>

/// What a draw is for: the `step` of siam_random().
enum { DRAW_ORDER = 0, DRAW_SAME, DRAW_DIFFERENT, DRAW_LISTED, DRAW_OWN };

enum { DEFAULT_COUNT = 6000 };

/// Where all pairs of different classes are no more than this they may be listed.
#define LARGEST_LISTING (UINT64_C(1) << 22)

typedef struct pair_drawer {
  const siam_dataset *dataset;
  siam_pairs_options options;
  uint32_t classes;
  uint32_t *order; ///< Of the classes, shuffled.
  /// Classes that may face each other are a group: those of one parent, or all. `members` lists the classes
  /// group by group, group g from group_first[g] on.
  uint32_t groups, *group, *group_first, *members;
  siam_key_map taken;
  siam_pair *pairs;
  size_t count, capacity;
} pair_drawer;

static uint64_t count_same(const pair_drawer *drawer, uint32_t class_index) {
  uint32_t images = 0;
  siam_dataset_get_class_images(drawer->dataset, class_index, &images);
  return (uint64_t)images * (images - 1) / 2;
}

/// Adds a pair unless it is there; `*added` says which.
static siam_status add(pair_drawer *drawer, uint32_t a, uint32_t b, bool same, bool *added) {
  bool found = false;
  uint64_t low = a < b ? a : b, high = a < b ? b : a;
  SIAM_RETURN_IF_FAILED(siam_key_map_put(&drawer->taken, low, high, 0, NULL, &found));
  *added = !found;
  if (found) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(SIAM_GROW(drawer->pairs, drawer->count, drawer->capacity));
  drawer->pairs[drawer->count++] = (siam_pair){a, b, same};
  return SIAM_OK;
}

/// Shares `wanted` out evenly among the classes, none more than it has; `quota` by class.
static void share_out(const pair_drawer *drawer, uint64_t wanted, uint64_t *quota) {
  uint64_t left = wanted;
  for (bool given = true; left > 0 && given;) {
    uint64_t open = 0;
    for (uint32_t c = 0; c < drawer->classes; c++) open += quota[c] < count_same(drawer, c);
    uint64_t share = open > 0 && left > open ? left / open : 1;
    given = false;
    for (uint32_t i = 0; i < drawer->classes && left > 0; i++) {
      uint32_t c = drawer->order[i];
      uint64_t room = count_same(drawer, c) - quota[c], part = room < share ? room : share;
      if (part > left) part = left;
      quota[c] += part;
      left -= part;
      given = given || part > 0;
    }
  }
}

/// Pair number `rank` of n pictures: (1,0), (2,0), (2,1), (3,0) … The root only guesses the row; integers
/// decide.
static void unrank(uint64_t rank, uint32_t *high, uint32_t *low) {
  uint64_t row = (uint64_t)((1 + sqrt(1 + 8 * (double)rank)) / 2);
  while (row * (row - 1) / 2 > rank) row--;
  while (row * (row + 1) / 2 <= rank) row++;
  *high = (uint32_t)row;
  *low = (uint32_t)(rank - row * (row - 1) / 2);
}

/// Draws a class's share: Floyd's way to choose k of n without repetition (Bentley and Floyd 1987).
static siam_status draw_same_of_class(pair_drawer *drawer, uint32_t class_index, uint64_t quota) {
  uint32_t images = 0, high = 0, low = 0;
  const uint32_t *members = siam_dataset_get_class_images(drawer->dataset, class_index, &images);
  uint64_t all = count_same(drawer, class_index);
  for (uint64_t j = all - quota; j < all; j++) {
    siam_draw draw = siam_random(drawer->options.seed, SIAM_STREAM_EVALUATE, DRAW_SAME,
                                 (uint64_t)class_index << 32 | (uint32_t)j);
    uint64_t word = (uint64_t)draw.word[0] << 32 | draw.word[1], rank = word % (j + 1);
    bool added = false;
    unrank(rank, &high, &low);
    SIAM_RETURN_IF_FAILED(add(drawer, members[low], members[high], true, &added));
    if (added) continue;
    unrank(j, &high, &low);
    SIAM_RETURN_IF_FAILED(add(drawer, members[low], members[high], true, &added));
  }
  return SIAM_OK;
}

static siam_status draw_same(pair_drawer *drawer, uint64_t wanted) {
  siam_status status = SIAM_OK;
  uint64_t *quota = NULL;
  SIAM_TRY_ALLOCATE(quota, drawer->classes);
  share_out(drawer, wanted, quota);
  for (uint32_t c = 0; c < drawer->classes; c++) SIAM_TRY(draw_same_of_class(drawer, c, quota[c]));
cleanup:
  siam_free(quota);
  return status;
}

static siam_status make_groups(pair_drawer *drawer) {
  siam_status status = SIAM_OK;
  uint32_t *next = NULL, parents = siam_dataset_count_parents(drawer->dataset);
  // A class that is the data set's own folder has no parent, and is a group of its own behind the others.
  drawer->groups = drawer->options.within_parent ? parents + 1 : 1;
  SIAM_TRY_ALLOCATE(drawer->group, drawer->classes);
  SIAM_TRY_ALLOCATE(drawer->group_first, (size_t)drawer->groups + 1);
  SIAM_TRY_ALLOCATE(drawer->members, drawer->classes);
  SIAM_TRY_ALLOCATE(next, drawer->groups);
  for (uint32_t c = 0; c < drawer->classes; c++) {
    uint32_t parent = siam_dataset_get_class_parent(drawer->dataset, c);
    if (drawer->options.within_parent) drawer->group[c] = parent == SIAM_NO_CLASS ? parents : parent;
    drawer->group_first[drawer->group[c] + 1]++;
  }
  for (uint32_t g = 0; g < drawer->groups; g++) {
    drawer->group_first[g + 1] += drawer->group_first[g];
    next[g] = drawer->group_first[g];
  }
  for (uint32_t c = 0; c < drawer->classes; c++) drawer->members[next[drawer->group[c]]++] = c;
cleanup:
  siam_free(next);
  return status;
}

/// How many pairs of different classes there are: half of what is left of a group's square when the squares
/// of its classes are taken out.
static uint64_t count_different(const pair_drawer *drawer) {
  uint64_t all = 0;
  for (uint32_t g = 0; g < drawer->groups; g++) {
    uint64_t sum = 0, squares = 0;
    for (uint32_t m = drawer->group_first[g]; m < drawer->group_first[g + 1]; m++) {
      uint32_t images = 0;
      siam_dataset_get_class_images(drawer->dataset, drawer->members[m], &images);
      sum += images;
      squares += (uint64_t)images * images;
    }
    all += (sum * sum - squares) / 2;
  }
  return all;
}

/// Tries draw number `index`: the next class of the order, another of its group, a picture of each.
static siam_status try_different(pair_drawer *drawer, uint64_t index) {
  uint32_t first = drawer->order[index % drawer->classes], begin = drawer->group_first[drawer->group[first]];
  uint32_t size = drawer->group_first[drawer->group[first] + 1] - begin, images = 0;
  if (size < 2) return SIAM_OK;
  siam_draw draw = siam_random(drawer->options.seed, SIAM_STREAM_EVALUATE, DRAW_DIFFERENT, index);
  uint32_t second = drawer->members[begin + siam_below(draw.word[0], size - 1)];
  // The last of the group stands in for the class itself, which is thus never drawn.
  if (second == first) second = drawer->members[begin + size - 1];
  const uint32_t *of_first = siam_dataset_get_class_images(drawer->dataset, first, &images);
  uint32_t a = of_first[siam_below(draw.word[1], images)];
  const uint32_t *of_second = siam_dataset_get_class_images(drawer->dataset, second, &images);
  uint32_t b = of_second[siam_below(draw.word[2], images)];
  bool added = false;
  return add(drawer, a, b, false, &added);
}

/// Lists the pairs of one class with the later classes of its group.
static uint64_t list_class(const pair_drawer *drawer, uint32_t place, siam_pair *listed) {
  uint32_t c = drawer->members[place], end = drawer->group_first[drawer->group[c] + 1], many = 0, others = 0;
  const uint32_t *images = siam_dataset_get_class_images(drawer->dataset, c, &many);
  uint64_t count = 0;
  for (uint32_t m = place + 1; m < end; m++) {
    const uint32_t *other = siam_dataset_get_class_images(drawer->dataset, drawer->members[m], &others);
    for (uint32_t i = 0; i < many; i++)
      for (uint32_t j = 0; j < others; j++) listed[count++] = (siam_pair){images[i], other[j], false};
  }
  return count;
}

static siam_status draw_from_listing(pair_drawer *drawer, uint64_t all, size_t goal) {
  siam_status status = SIAM_OK;
  siam_pair *listed = NULL;
  uint32_t *order = NULL;
  uint64_t count = 0;
  SIAM_TRY_ALLOCATE(listed, all);
  SIAM_TRY_ALLOCATE(order, all);
  for (uint32_t m = 0; m < drawer->classes; m++) count += list_class(drawer, m, listed + count);
  for (uint32_t i = 0; i < count; i++) order[i] = i;
  siam_shuffle(order, (uint32_t)count, drawer->options.seed, SIAM_STREAM_EVALUATE, DRAW_LISTED);
  for (uint64_t i = 0; i < count && drawer->count < goal; i++) {
    bool added = false;
    SIAM_TRY(add(drawer, listed[order[i]].a, listed[order[i]].b, false, &added));
  }
cleanup:
  siam_free(listed);
  siam_free(order);
  return status;
}

static siam_status draw_different(pair_drawer *drawer, uint64_t wanted) {
  SIAM_RETURN_IF_FAILED(make_groups(drawer));
  uint64_t all = count_different(drawer);
  size_t goal = drawer->count + wanted;
  // With more than twice the wanted number to draw from, each try is new with a fair chance.
  uint64_t tries = all > 2 * wanted ? 100 * wanted + drawer->classes : 0;
  for (uint64_t i = 0; i < tries && drawer->count < goal; i++)
    SIAM_RETURN_IF_FAILED(try_different(drawer, i));
  if (drawer->count == goal || all > LARGEST_LISTING) return SIAM_OK;
  return draw_from_listing(drawer, all, goal);
}

/// Pairs of a pair set: all, or a shuffled half of each kind.
static siam_status draw_own(pair_drawer *drawer) {
  siam_status status = SIAM_OK;
  const siam_pair *own = siam_dataset_get_pairs(drawer->dataset);
  uint32_t count = siam_dataset_count_pairs(drawer->dataset), limit = drawer->options.count;
  uint32_t left[2] = {limit - limit / 2, limit / 2}, *order = NULL;
  SIAM_TRY_ALLOCATE(order, count);
  for (uint32_t i = 0; i < count; i++) order[i] = i;
  bool all = limit == 0 || limit >= count;
  if (!all) siam_shuffle(order, count, drawer->options.seed, SIAM_STREAM_EVALUATE, DRAW_OWN);
  for (uint32_t i = 0; i < count; i++) {
    const siam_pair *pair = &own[order[i]];
    if (!all && left[pair->same] == 0) continue;
    SIAM_TRY(SIAM_GROW(drawer->pairs, drawer->count, drawer->capacity));
    drawer->pairs[drawer->count++] = *pair;
    left[pair->same]--;
  }
cleanup:
  siam_free(order);
  return status;
}

static siam_status draw_from_classes(pair_drawer *drawer) {
  siam_status status = SIAM_OK;
  uint64_t wanted = drawer->options.count > 0 ? drawer->options.count : DEFAULT_COUNT;
  SIAM_TRY_ALLOCATE(drawer->order, drawer->classes);
  for (uint32_t c = 0; c < drawer->classes; c++) drawer->order[c] = c;
  siam_shuffle(drawer->order, drawer->classes, drawer->options.seed, SIAM_STREAM_EVALUATE, DRAW_ORDER);
  SIAM_TRY(draw_same(drawer, wanted - wanted / 2));
  size_t same = drawer->count;
  SIAM_TRY(draw_different(drawer, wanted / 2));
  if (same == 0 || drawer->count == same)
    status =
        siam_fail(SIAM_ERROR_DATA, "%s: no `%s` pair is possible%s", siam_dataset_get_path(drawer->dataset),
                  same == 0 ? "same" : "different",
                  drawer->options.within_parent ? " within one parent folder" : "; add classes or pictures");
cleanup:
  return status;
}

siam_status siam_dataset_draw_pairs(const siam_dataset *dataset, const siam_pairs_options *options,
                                    siam_pair **pairs, uint32_t *count) {
  siam_status status = SIAM_OK;
  pair_drawer drawer = {.dataset = dataset, .classes = siam_dataset_count_classes(dataset)};
  if (options != NULL) drawer.options = *options;
  if (siam_dataset_count_pairs(dataset) > 0) {
    SIAM_TRY(draw_own(&drawer));
  } else if (drawer.classes > 0) {
    SIAM_TRY(draw_from_classes(&drawer));
  } else {
    status = siam_fail(SIAM_ERROR_ARGUMENT, "%s: pictures without labels make no pairs",
                       siam_dataset_get_path(dataset));
    goto cleanup;
  }
  *pairs = drawer.pairs;
  *count = (uint32_t)drawer.count;
  drawer.pairs = NULL;
cleanup:
  siam_free(drawer.order);
  siam_free(drawer.group);
  siam_free(drawer.group_first);
  siam_free(drawer.members);
  siam_key_map_clear(&drawer.taken);
  siam_free(drawer.pairs);
  return status;
}

void siam_pairs_free(siam_pair *pairs) {
  siam_free(pairs);
}
