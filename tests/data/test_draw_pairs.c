#include "data/dataset.h"
#include "sets.h"

#include <criterion/criterion.h>
#include <string.h>

static siam_dataset *dataset;
static siam_pair *pairs;
static uint32_t count;
static void end(void) {
  siam_pairs_free(pairs);
  siam_dataset_destroy(dataset);
}
TestSuite(draw_pairs, .fini = end);

static siam_status draw(uint32_t wanted, uint64_t seed, bool within) {
  siam_pairs_free(pairs);
  pairs = NULL;
  siam_pairs_options options = {wanted, seed, within};
  return siam_dataset_draw_pairs(dataset, &options, &pairs, &count);
}

static uint32_t class_of(uint32_t image) {
  return siam_dataset_get_image_class(dataset, image);
}

/// Labels are right, nothing repeats in either order; gives how many are same.
static uint32_t check(void) {
  uint32_t same = 0;
  for (uint32_t i = 0; i < count; i++) {
    cr_assert_neq(pairs[i].a, pairs[i].b);
    cr_assert_eq(pairs[i].same, class_of(pairs[i].a) == class_of(pairs[i].b));
    same += pairs[i].same;
    for (uint32_t j = 0; j < i; j++)
      cr_assert_not((pairs[i].a == pairs[j].a && pairs[i].b == pairs[j].b) ||
                    (pairs[i].a == pairs[j].b && pairs[i].b == pairs[j].a));
  }
  return same;
}

Test(draw_pairs, half_are_same_and_classes_take_part_evenly) {
  uint32_t sizes[30];
  for (uint32_t c = 0; c < 30; c++) sizes[c] = c < 15 ? 5 : 40;
  dataset = siam_test_classes(sizes, NULL, 30);
  cr_assert_eq(draw(600, 1, false), SIAM_OK);
  cr_assert_eq(count, 600);
  cr_assert_eq(check(), 300);
  uint32_t same[30] = {0}, different[30] = {0};
  for (uint32_t i = 0; i < count; i++) {
    same[class_of(pairs[i].a)] += pairs[i].same;
    different[class_of(pairs[i].a)] += !pairs[i].same;
    different[class_of(pairs[i].b)] += !pairs[i].same;
  }
  for (uint32_t c = 0; c < 30; c++) {
    cr_assert_eq(same[c], 10, "class %u: %u", c, same[c]);
    // Ten as the first of a pair, and as the second a binomial share of 300: mean 10, six deviations of 3.1.
    cr_assert(different[c] >= 10 && different[c] <= 20 + 19, "class %u: %u", c, different[c]);
  }
}

Test(draw_pairs, the_seed_decides) {
  static const uint32_t sizes[] = {9, 9, 9, 9, 9};
  dataset = siam_test_classes(sizes, NULL, 5);
  siam_pair first[100];
  cr_assert_eq(draw(100, 5, false), SIAM_OK);
  memcpy(first, pairs, sizeof first);
  cr_assert_eq(draw(100, 5, false), SIAM_OK);
  for (int i = 0; i < 100; i++) cr_assert(first[i].a == pairs[i].a && first[i].b == pairs[i].b);
  cr_assert_eq(draw(100, 6, false), SIAM_OK);
  int equal = 0;
  for (int i = 0; i < 100; i++) equal += first[i].a == pairs[i].a && first[i].b == pairs[i].b;
  cr_assert_lt(equal, 50);
}

Test(draw_pairs, a_small_set_gives_all_it_has) {
  static const uint32_t sizes[] = {3, 2, 1};
  dataset = siam_test_classes(sizes, NULL, 3);
  cr_assert_eq(draw(1000, 1, false), SIAM_OK);
  // 3 + 1 same; 3·2 + 3·1 + 2·1 different.
  cr_assert_eq(check(), 4);
  cr_assert_eq(count, 4 + 11);
}

Test(draw_pairs, different_pairs_stay_within_a_parent_when_asked) {
  uint32_t sizes[12], parents[12];
  for (uint32_t c = 0; c < 12; c++) {
    sizes[c] = 8;
    parents[c] = c < 11 ? c / 4 : 3;
  }
  dataset = siam_test_classes(sizes, parents, 12);
  for (int wanted = 100; wanted <= 5000; wanted += 4900) {
    cr_assert_eq(draw((uint32_t)wanted, 2, true), SIAM_OK);
    uint32_t same = check();
    for (uint32_t i = 0; i < count; i++)
      cr_assert_eq(siam_dataset_get_class_parent(dataset, class_of(pairs[i].a)),
                   siam_dataset_get_class_parent(dataset, class_of(pairs[i].b)));
    // Parents of 4, 4 and 3 classes: (6 + 6 + 3) · 64 different pairs in all, 12 · 28 same ones.
    cr_assert_eq(same, wanted == 100 ? 50 : 336);
    cr_assert_eq(count - same, wanted == 100 ? 50 : 960);
  }
}

Test(draw_pairs, a_pair_set_gives_its_own) {
  static const siam_pair own[] = {{0, 1, true}, {1, 2, false}, {2, 3, true}, {3, 0, false}, {0, 2, false}};
  dataset = siam_test_pairs(4, own, 5);
  cr_assert_eq(draw(0, 1, false), SIAM_OK);
  cr_assert_eq(count, 5);
  for (int i = 0; i < 5; i++) cr_assert(pairs[i].a == own[i].a && pairs[i].b == own[i].b);
  cr_assert_eq(draw(2, 1, false), SIAM_OK);
  cr_assert_eq(count, 2);
  cr_assert_neq(pairs[0].same, pairs[1].same);
}

Test(draw_pairs, the_impossible_is_refused) {
  static const uint32_t sizes[] = {3, 3}, parents[] = {0, 1};
  dataset = siam_test_classes(sizes, parents, 2);
  cr_assert_eq(draw(10, 1, true), SIAM_ERROR_DATA);
  cr_assert_not_null(strstr(siam_last_error(), "within one parent folder"));
  cr_assert_null(pairs);
}
