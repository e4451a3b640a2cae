#include "base/memory.h"
#include "data/dataset.h"
#include "pictures.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *folder;
static siam_dataset *dataset, *training, *validation;
static void begin(void) {
  folder = siam_scratch_create();
}
static void end(void) {
  siam_dataset_destroy(dataset);
  siam_dataset_destroy(training);
  siam_dataset_destroy(validation);
  siam_scratch_remove(folder);
}
TestSuite(split, .init = begin, .fini = end);

static void classes(int parents, int per_parent, int images) {
  char name[64];
  for (int p = 0; p < parents; p++)
    for (int c = 0; c < per_parent; c++)
      for (int i = 0; i < images; i++) {
        snprintf(name, sizeof name, "d/p%d/c%d/%d.pgm", p, c, i);
        siam_test_write_flat(siam_scratch_path(folder, name), 1, 0);
      }
  cr_assert_eq(siam_dataset_open(siam_scratch_path(folder, "d"), NULL, &dataset), SIAM_OK);
}

/// Pairs (a, b, label) between pictures 0 … images − 1.
static void pairs(int images, const siam_pair *list, int count) {
  char name[64];
  for (int i = 0; i < images; i++) {
    snprintf(name, sizeof name, "d/%d.pgm", i);
    siam_test_write_flat(siam_scratch_path(folder, name), 1, 0);
  }
  FILE *file = fopen(siam_scratch_path(folder, "d/pairs.csv"), "w");
  fprintf(file, "a,b,label\n");
  for (int i = 0; i < count; i++) fprintf(file, "%u.pgm,%u.pgm,%d\n", list[i].a, list[i].b, list[i].same);
  fclose(file);
  cr_assert_eq(siam_dataset_open(siam_scratch_path(folder, "d/pairs.csv"), NULL, &dataset), SIAM_OK);
}

static siam_status split(double fraction, uint64_t seed, bool whole_parents) {
  siam_dataset_destroy(training);
  siam_dataset_destroy(validation);
  training = validation = NULL;
  return siam_dataset_split(
      dataset, &(siam_split_options){.fraction = fraction, .seed = seed, .whole_parents = whole_parents},
      &training, &validation);
}

/// No path is in both, and together they hold as many as there are.
static void check_disjoint(void) {
  uint32_t first = siam_dataset_count_images(training), second = siam_dataset_count_images(validation);
  cr_assert_eq(first + second, siam_dataset_count_images(dataset));
  for (uint32_t i = 0; i < first; i++)
    for (uint32_t j = 0; j < second; j++)
      cr_assert_str_neq(siam_dataset_get_image_path(training, i), siam_dataset_get_image_path(validation, j));
}

Test(split, goes_by_whole_classes_and_meets_the_share) {
  classes(4, 10, 3);
  for (uint64_t seed = 0; seed < 5; seed++) {
    cr_assert_eq(split(0.25, seed, false), SIAM_OK);
    cr_assert_eq(siam_dataset_count_classes(validation), 10);
    cr_assert_eq(siam_dataset_count_classes(training), 30);
    cr_assert_eq(siam_dataset_count_images(validation), 30);
    check_disjoint();
  }
}

Test(split, depends_on_the_seed_alone) {
  classes(1, 40, 2);
  char *first[2];
  for (int turn = 0; turn < 2; turn++) {
    cr_assert_eq(split(0.1, 3, false), SIAM_OK);
    first[turn] = siam_copy_text(siam_dataset_get_class_name(validation, 0));
  }
  cr_assert_str_eq(first[0], first[1]);
  siam_free(first[0]);
  siam_free(first[1]);
  int differing = 0;
  for (uint64_t seed = 4; seed < 12; seed++) {
    siam_dataset *before = validation;
    validation = NULL;
    cr_assert_eq(split(0.1, seed, false), SIAM_OK);
    differing +=
        strcmp(siam_dataset_get_class_name(before, 0), siam_dataset_get_class_name(validation, 0)) != 0;
    siam_dataset_destroy(before);
  }
  cr_assert_gt(differing, 2);
}

Test(split, can_set_whole_parents_aside) {
  classes(5, 8, 2);
  cr_assert_eq(split(0.2, 1, true), SIAM_OK);
  cr_assert_eq(siam_dataset_count_parents(validation), 1);
  cr_assert_eq(siam_dataset_count_parents(training), 4);
  check_disjoint();
}

Test(split, gives_a_small_data_set_the_least_that_is_possible) {
  classes(1, 4, 2);
  cr_assert_eq(split(0.01, 1, false), SIAM_OK);
  cr_assert_eq(siam_dataset_count_classes(validation), 2);
  cr_assert_eq(siam_dataset_count_classes(training), 2);
}

Test(split, refuses_what_leaves_a_side_without_pairs) {
  classes(1, 3, 2);
  cr_assert_eq(split(0.3, 1, false), SIAM_ERROR_DATA);
  cr_assert_not_null(strstr(siam_last_error(), "two classes"));
  cr_assert_eq(split(0.3, 1, true), SIAM_ERROR_DATA);
  cr_assert_not_null(strstr(siam_last_error(), "parent folders"));
  cr_assert_eq(split(1.0, 1, false), SIAM_ERROR_ARGUMENT);
  cr_assert_null(training);
}

Test(split, keeps_pictures_that_pairs_connect_on_one_side) {
  // Twenty groups of four pictures, each with pairs of both kinds inside.
  siam_pair list[60];
  int count = 0;
  for (uint32_t g = 0; g < 20; g++) {
    list[count++] = (siam_pair){4 * g, 4 * g + 1, true};
    list[count++] = (siam_pair){4 * g + 2, 4 * g + 3, true};
    list[count++] = (siam_pair){4 * g + 1, 4 * g + 2, false};
  }
  pairs(80, list, count);
  cr_assert_eq(split(0.2, 7, false), SIAM_OK);
  cr_assert_eq(siam_dataset_count_pairs(validation), 12);
  cr_assert_eq(siam_dataset_count_pairs(training), 48);
  check_disjoint();
}

static void check_both_kinds(void) {
  for (int side = 0; side < 2; side++) {
    const siam_dataset *part = side == 0 ? training : validation;
    uint32_t same = 0, count = siam_dataset_count_pairs(part);
    for (uint32_t p = 0; p < count; p++) same += siam_dataset_get_pairs(part)[p].same;
    cr_assert(same > 0 && same < count, "side %d: %u of %u", side, same, count);
  }
}

Test(split, leaves_both_kinds_of_pairs_on_both_sides) {
  // Most groups have one kind only, so that a careless choice leaves validation without the other.
  siam_pair list[36];
  for (uint32_t g = 0; g < 36; g++) list[g] = (siam_pair){2 * g, 2 * g + 1, g % 6 != 0};
  pairs(72, list, 36);
  for (uint64_t seed = 0; seed < 20; seed++) {
    cr_assert_eq(split(0.1, seed, false), SIAM_OK);
    check_both_kinds();
  }
}

static char said[512];
static void keep(void *context, siam_log_level level, const char *message) {
  (void)context, (void)level;
  snprintf(said, sizeof said, "%s", message);
}

Test(split, leaves_out_different_pairs_that_would_join_the_sides) {
  // A ring: different pairs connect all, same pairs only two each.
  siam_pair list[80];
  for (uint32_t g = 0; g < 40; g++) {
    list[2 * g] = (siam_pair){2 * g, 2 * g + 1, true};
    list[2 * g + 1] = (siam_pair){2 * g + 1, (2 * g + 2) % 80, false};
  }
  pairs(80, list, 80);
  siam_split_options options = {.fraction = 0.25, .seed = 2, .logger = {keep, NULL}};
  cr_assert_eq(siam_dataset_split(dataset, &options, &training, &validation), SIAM_OK, "%s",
               siam_last_error());
  check_disjoint();
  uint32_t kept = siam_dataset_count_pairs(training) + siam_dataset_count_pairs(validation);
  cr_assert_eq(siam_dataset_count_images(validation), 20);
  cr_assert_lt(kept, 80);
  char expected[32];
  snprintf(expected, sizeof expected, "%u of 80 pairs", 80 - kept);
  cr_assert_not_null(strstr(said, expected), "%s", said);
  // Few neighbours of the ring are both among the one in ten that validation gets.
  for (uint64_t seed = 0; seed < 20; seed++) {
    cr_assert_eq(split(0.1, seed, false), SIAM_OK);
    check_both_kinds();
  }
}

Test(split, numbers_groups_by_what_connects_them) {
  static const siam_pair list[] = {{0, 1, true}, {2, 3, true}, {3, 4, false}, {5, 0, true}};
  pairs(6, list, 4);
  // Pictures are numbered as the list names them: 0 1 2 3 4 5.
  uint32_t group[6], groups = 0;
  cr_assert_eq(siam_dataset_find_groups(dataset, false, group, &groups), SIAM_OK);
  cr_assert_eq(groups, 2);
  cr_assert_arr_eq(group, ((uint32_t[]){0, 0, 1, 1, 1, 0}), sizeof group);
  cr_assert_eq(siam_dataset_find_groups(dataset, true, group, &groups), SIAM_OK);
  cr_assert_eq(groups, 3);
  cr_assert_arr_eq(group, ((uint32_t[]){0, 0, 1, 1, 2, 0}), sizeof group);
}

Test(split, pictures_without_labels_go_one_by_one_in_the_share_that_is_wanted) {
  char name[64];
  for (int i = 0; i < 40; i++) {
    snprintf(name, sizeof name, "d/%d.pgm", i);
    siam_test_write_flat(siam_scratch_path(folder, name), 1, 0);
  }
  const char *path = siam_scratch_path(folder, "d");
  cr_assert_eq(siam_dataset_collect(&path, 1, NULL, &dataset), SIAM_OK);
  static const struct {
    double fraction;
    uint32_t images;
  } rows[] = {{0, 4}, {0.25, 10}, {0.001, 1}, {0.999, 39}};
  for (uint32_t i = 0; i < 4; i++) {
    cr_assert_eq(split(rows[i].fraction, i, false), SIAM_OK, "%s", siam_last_error());
    check_disjoint();
    cr_expect_eq(siam_dataset_count_images(validation), rows[i].images);
  }
  siam_dataset_destroy(dataset);
  path = siam_scratch_path(folder, "d/7.pgm");
  cr_assert_eq(siam_dataset_collect(&path, 1, NULL, &dataset), SIAM_OK);
  cr_expect_eq(split(0.5, 1, false), SIAM_ERROR_DATA);
  cr_expect_not_null(strstr(siam_last_error(), "one picture cannot be divided"), "%s", siam_last_error());
}
