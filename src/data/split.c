/// Divides a data set by units that may not be torn: classes, parent folders, groups of pictures that pairs
/// connect, or single pictures where nothing is known of them. Units are taken into validation in a shuffled
/// order as long as that brings its share nearer to the wanted one; a division that leaves either side
/// without one kind of pair is shuffled again.
#include "data/dataset.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>

enum { ATTEMPTS = 100 };

typedef struct splitter {
  const siam_dataset *dataset;
  uint64_t seed;
  double fraction;
  uint32_t *unit_of_image;
  uint32_t units;
  uint64_t *weight; ///< Of a unit: what `fraction` is a share of.
  uint64_t total;
  uint32_t *order;
  bool *validation; ///< By unit.
} splitter;

/// Which kinds of pairs one side could have.
static bool side_is_possible(const splitter *split, bool validation) {
  const siam_dataset *dataset = split->dataset;
  uint32_t same = 0, different = 0;
  const siam_pair *pairs = siam_dataset_get_pairs(dataset);
  for (uint32_t p = 0; p < siam_dataset_count_pairs(dataset); p++) {
    bool inside = split->validation[split->unit_of_image[pairs[p].a]] == validation &&
                  split->validation[split->unit_of_image[pairs[p].b]] == validation;
    same += inside && pairs[p].same;
    different += inside && !pairs[p].same;
  }
  if (siam_dataset_count_pairs(dataset) > 0) return same > 0 && different > 0;
  uint32_t classes = 0;
  for (uint32_t c = 0; c < siam_dataset_count_classes(dataset); c++) {
    uint32_t count = 0;
    const uint32_t *images = siam_dataset_get_class_images(dataset, c, &count);
    if (split->validation[split->unit_of_image[images[0]]] != validation) continue;
    classes++;
    same += count >= 2;
  }
  return same > 0 && classes >= 2;
}

/// Takes units towards `wanted` and gives what was taken.
static double assign(splitter *split, double wanted, uint32_t attempt) {
  uint64_t taken = 0;
  for (uint32_t u = 0; u < split->units; u++) split->order[u] = u;
  siam_shuffle(split->order, split->units, split->seed, SIAM_STREAM_SPLIT, attempt);
  for (uint32_t i = 0; i < split->units; i++) {
    uint32_t unit = split->order[i];
    double with = fabs((double)(taken + split->weight[unit]) - wanted);
    split->validation[unit] = with < fabs((double)taken - wanted);
    if (split->validation[unit]) taken += split->weight[unit];
  }
  return (double)taken;
}

/// Whether a division was found. A strict one misses the wanted share by no more than half of it; otherwise
/// the share grows, up to a half, for a data set too small or units too large to meet it.
static bool find_division(splitter *split, bool strict) {
  double share = fmax(split->fraction * (double)split->total, 2);
  double most = fmax(share, (double)split->total / 2);
  for (uint32_t attempt = 0; attempt < ATTEMPTS; attempt++) {
    double wanted = strict ? share : fmin(most, share * (1 + 0.125 * attempt));
    double taken = assign(split, wanted, attempt);
    if (strict && fabs(taken - share) > share / 2) continue;
    if (side_is_possible(split, true) && side_is_possible(split, false)) return true;
  }
  return false;
}

/// Makes room for `units` and clears their weights.
static siam_status set_units(splitter *split, uint32_t units) {
  siam_status status = SIAM_OK;
  siam_free(split->weight);
  siam_free(split->order);
  siam_free(split->validation);
  split->weight = NULL;
  split->order = NULL;
  split->validation = NULL;
  split->units = units;
  SIAM_TRY_ALLOCATE(split->weight, units);
  SIAM_TRY_ALLOCATE(split->order, units);
  SIAM_TRY_ALLOCATE(split->validation, units);
cleanup:
  return status;
}

/// A class without a parent is a unit of its own, numbered behind the parents.
static siam_status divide_classes(splitter *split, bool whole_parents) {
  const siam_dataset *dataset = split->dataset;
  uint32_t classes = siam_dataset_count_classes(dataset), parents = siam_dataset_count_parents(dataset);
  SIAM_RETURN_IF_FAILED(set_units(split, whole_parents ? parents + classes : classes));
  for (uint32_t c = 0; c < classes; c++) {
    uint32_t count = 0, parent = siam_dataset_get_class_parent(dataset, c), unit = c;
    const uint32_t *images = siam_dataset_get_class_images(dataset, c, &count);
    if (whole_parents) unit = parent == SIAM_NO_CLASS ? parents + c : parent;
    for (uint32_t i = 0; i < count; i++) split->unit_of_image[images[i]] = unit;
    split->weight[unit]++;
  }
  split->total = classes;
  if (find_division(split, false)) return SIAM_OK;
  return siam_fail(SIAM_ERROR_DATA,
                   "%s: cannot set %s aside for validation: training and validation each need two classes, "
                   "one of them with two pictures; add data or name validation data of their own",
                   siam_dataset_get_path(dataset), whole_parents ? "whole parent folders" : "classes");
}

static siam_status divide_pairs(splitter *split) {
  const siam_dataset *dataset = split->dataset;
  const siam_pair *pairs = siam_dataset_get_pairs(dataset);
  uint32_t groups = 0;
  SIAM_RETURN_IF_FAILED(siam_dataset_find_groups(dataset, false, split->unit_of_image, &groups));
  SIAM_RETURN_IF_FAILED(set_units(split, groups));
  split->total = siam_dataset_count_pairs(dataset);
  for (uint64_t p = 0; p < split->total; p++) split->weight[split->unit_of_image[pairs[p].a]]++;
  if (find_division(split, true)) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_dataset_find_groups(dataset, true, split->unit_of_image, &groups));
  SIAM_RETURN_IF_FAILED(set_units(split, groups));
  split->total = siam_dataset_count_images(dataset);
  for (uint64_t i = 0; i < split->total; i++) split->weight[split->unit_of_image[i]]++;
  if (find_division(split, false)) return SIAM_OK;
  return siam_fail(SIAM_ERROR_DATA,
                   "%s: cannot set pairs aside for validation: its `same` pairs connect too many pictures; "
                   "name validation data of their own",
                   siam_dataset_get_path(dataset));
}

/// Any division will do that leaves either side a picture.
static siam_status divide_pictures(splitter *split) {
  uint32_t images = siam_dataset_count_images(split->dataset);
  if (images < 2)
    return siam_fail(SIAM_ERROR_DATA, "%s: one picture cannot be divided into two sets",
                     siam_dataset_get_path(split->dataset));
  SIAM_RETURN_IF_FAILED(set_units(split, images));
  for (uint32_t i = 0; i < images; i++) {
    split->unit_of_image[i] = i;
    split->weight[i] = 1;
  }
  split->total = images;
  assign(split, fmin(fmax(split->fraction * images, 1), images - 1), 0);
  return SIAM_OK;
}

static siam_status divide(splitter *split, bool whole_parents) {
  if (siam_dataset_count_pairs(split->dataset) > 0) return divide_pairs(split);
  if (siam_dataset_count_classes(split->dataset) > 0) return divide_classes(split, whole_parents);
  return divide_pictures(split);
}

static siam_status select_side(const splitter *split, bool validation, siam_dataset **side) {
  siam_status status = SIAM_OK;
  bool *keep = NULL;
  uint32_t images = siam_dataset_count_images(split->dataset);
  SIAM_TRY_ALLOCATE(keep, images);
  for (uint32_t i = 0; i < images; i++) keep[i] = split->validation[split->unit_of_image[i]] == validation;
  status = siam_dataset_select(split->dataset, keep, side);
cleanup:
  siam_free(keep);
  return status;
}

siam_status siam_dataset_split(const siam_dataset *dataset, const siam_split_options *options,
                               siam_dataset **training, siam_dataset **validation) {
  siam_status status = SIAM_OK;
  siam_split_options chosen = options != NULL ? *options : (siam_split_options){0};
  if (chosen.fraction == 0) chosen.fraction = 0.1;
  splitter split = {.dataset = dataset, .seed = chosen.seed, .fraction = chosen.fraction};
  siam_dataset *first = NULL, *second = NULL;
  if (!(chosen.fraction > 0 && chosen.fraction < 1))
    return siam_fail(SIAM_ERROR_ARGUMENT, "a share of %g for validation; it lies between 0 and 1",
                     chosen.fraction);
  uint32_t pairs = siam_dataset_count_pairs(dataset);
  SIAM_TRY_ALLOCATE(split.unit_of_image, siam_dataset_count_images(dataset));
  SIAM_TRY(divide(&split, chosen.whole_parents));
  SIAM_TRY(select_side(&split, false, &first));
  SIAM_TRY(select_side(&split, true, &second));
  uint32_t kept = siam_dataset_count_pairs(first) + siam_dataset_count_pairs(second);
  if (kept < pairs)
    siam_log(&chosen.logger, SIAM_LOG_WARNING,
             "%s: %u of %u pairs join training and validation pictures and are left out",
             siam_dataset_get_path(dataset), pairs - kept, pairs);
  *training = first;
  *validation = second;
  first = second = NULL;
cleanup:
  siam_dataset_destroy(first);
  siam_dataset_destroy(second);
  siam_free(split.unit_of_image);
  siam_free(split.weight);
  siam_free(split.order);
  siam_free(split.validation);
  return status;
}
