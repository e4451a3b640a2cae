/// Same content: pictures are sorted by the hash of what they show, so that equal ones lie side by side.
#include "data/check.h"

#include "base/memory.h"
#include "data/key_map.h"

#include <stdlib.h>

/// A readable picture of either side. In sorted order, training comes before validation, and the pictures of
/// a class lie together.
typedef struct content {
  uint64_t hash;
  uint32_t side, class_index, image;
} content;

static int compare_numbers(uint64_t first, uint64_t second) {
  return first < second ? -1 : first > second;
}

static int compare_contents(const void *left, const void *right) {
  const content *first = left, *second = right;
  if (first->hash != second->hash) return compare_numbers(first->hash, second->hash);
  if (first->side != second->side) return compare_numbers(first->side, second->side);
  if (first->class_index != second->class_index)
    return compare_numbers(first->class_index, second->class_index);
  return compare_numbers(first->image, second->image);
}

static const siam_dataset *side_of(const siam_check *check, uint32_t side) {
  return side == 0 ? check->training : check->validation;
}

static siam_status add(siam_check *check, siam_finding_kind kind, const content *which, const content *other,
                       const char *reason) {
  const siam_look *mine = &check->looks[which->side][which->image],
                  *its = &check->looks[other->side][other->image];
  siam_text sentence = {0};
  siam_text_add(&sentence, "%s%s", reason, mine->file == its->file ? " (the files are equal)" : "");
  siam_status status = siam_text_status(&sentence);
  if (status == SIAM_OK)
    status = siam_check_add(
        check, kind, siam_dataset_get_image_path(side_of(check, which->side), which->image),
        siam_dataset_get_image_path(side_of(check, other->side), other->image), sentence.bytes);
  siam_text_clear(&sentence);
  return status;
}

/// Judges a picture that shows what `first`, the first of its group, and `before`, the one before it, show.
static siam_status judge(siam_check *check, const content *first, const content *before,
                         const content *which) {
  if (which->side == 1 && first->side == 0)
    return add(check, SIAM_FINDING_LEAK, which, first, "it is in the training data too");
  // What repeats inside validation is for a look at that set itself.
  if (which->side == 1) return SIAM_OK;
  if (which->class_index == before->class_index)
    return add(check, SIAM_FINDING_REPEATED, which, before, "the same content once more");
  return add(check, SIAM_FINDING_CONTRADICTION, which, first, "the same content in another class");
}

static siam_status judge_groups(siam_check *check, const content *contents, size_t count) {
  for (size_t i = 1, first = 0; i < count; i++) {
    if (contents[i].hash != contents[first].hash)
      first = i;
    else
      SIAM_RETURN_IF_FAILED(judge(check, &contents[first], &contents[i - 1], &contents[i]));
  }
  return SIAM_OK;
}

/// Two pairs with the same two contents must have the same label, and a content is not different from itself.
static siam_status judge_pair(siam_check *check, siam_key_map *labels, const siam_pair *pair) {
  const siam_look *a = &check->looks[0][pair->a], *b = &check->looks[0][pair->b];
  content first = {.image = pair->a}, second = {.image = pair->b};
  uint64_t low = a->content < b->content ? a->content : b->content;
  uint64_t high = a->content < b->content ? b->content : a->content;
  uint32_t label = 0;
  bool found = false;
  if (a->broken || b->broken) return SIAM_OK;
  if (low == high && !pair->same)
    return add(check, SIAM_FINDING_CONTRADICTION, &second, &first, "a `different` pair of the same content");
  SIAM_RETURN_IF_FAILED(siam_key_map_put(labels, low, high, pair->same, &label, &found));
  if (!found || label == (uint32_t)pair->same) return SIAM_OK;
  return add(check, SIAM_FINDING_CONTRADICTION, &second, &first,
             "a pair that is labelled both `same` and `different`");
}

static siam_status judge_pairs(siam_check *check) {
  siam_status status = SIAM_OK;
  siam_key_map labels = {0};
  const siam_pair *pairs = siam_dataset_get_pairs(check->training);
  for (uint32_t p = 0; p < siam_dataset_count_pairs(check->training); p++)
    SIAM_TRY(judge_pair(check, &labels, &pairs[p]));
cleanup:
  siam_key_map_clear(&labels);
  return status;
}

siam_status siam_check_contents(siam_check *check) {
  siam_status status = SIAM_OK;
  content *contents = NULL;
  size_t count = 0;
  uint32_t images[2] = {siam_dataset_count_images(check->training),
                        check->validation != NULL ? siam_dataset_count_images(check->validation) : 0};
  SIAM_TRY_ALLOCATE(contents, (size_t)images[0] + images[1]);
  for (uint32_t side = 0; side < 2; side++)
    for (uint32_t i = 0; i < images[side]; i++) {
      if (check->looks[side][i].broken) continue;
      contents[count++] = (content){check->looks[side][i].content, side,
                                    siam_dataset_get_image_class(side_of(check, side), i), i};
    }
  if (count > 0) qsort(contents, count, sizeof *contents, compare_contents);
  SIAM_TRY(judge_groups(check, contents, count));
  SIAM_TRY(judge_pairs(check));
cleanup:
  siam_free(contents);
  return status;
}
