#include "data/overlap.h"
#include "pictures.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

static char *folder;
static void begin(void) {
  folder = siam_scratch_create();
  char name[32];
  // The same four pictures in two folders: equal content, other files.
  for (int i = 0; i < 8; i++) {
    snprintf(name, sizeof name, "%s/%c/%d.pgm", i < 4 ? "first" : "second", "ab"[i % 2], i / 2 % 2);
    siam_test_write_flat(siam_scratch_path(folder, name), 4, (uint8_t)(i % 4));
  }
}
static void end(void) {
  siam_scratch_remove(folder);
}
TestSuite(overlap, .init = begin, .fini = end);

static siam_dataset *open_data(const char *name) {
  siam_dataset *dataset = NULL;
  cr_assert_eq(siam_dataset_open(siam_scratch_path(folder, name), NULL, &dataset), SIAM_OK, "%s",
               siam_last_error());
  return dataset;
}

static void assert_common(const char *a, const char *b, uint32_t expected) {
  siam_dataset *first = open_data(a), *second = open_data(b);
  uint32_t count = 77;
  cr_assert_eq(siam_dataset_count_common(first, second, &count), SIAM_OK);
  cr_assert_eq(count, expected, "%s, %s: %u", a, b, count);
  siam_dataset_destroy(first);
  siam_dataset_destroy(second);
}

Test(overlap, files_are_the_same_under_any_name_and_copies_are_not) {
  assert_common("first", "first", 4);
  assert_common("first", "second", 0);
  cr_assert_eq(symlink("../../first/b/1.pgm", siam_scratch_path(folder, "second/a/link.pgm")), 0);
  cr_assert_eq(link(siam_scratch_path(folder, "first/a/0.pgm"), siam_scratch_path(folder, "second/b/9.pgm")),
               0);
  assert_common("first", "second", 2);
  assert_common("second", "first", 2);
}

Test(overlap, what_repeats_within_the_second_or_is_gone_does_not_count) {
  cr_assert_eq(symlink("1.pgm", siam_scratch_path(folder, "second/a/again.pgm")), 0);
  assert_common("first", "second", 0);
  siam_dataset *first = open_data("first"), *second = open_data("first");
  uint32_t count = 77;
  cr_assert_eq(unlink(siam_scratch_path(folder, "first/a/1.pgm")), 0);
  cr_assert_eq(siam_dataset_count_common(first, second, &count), SIAM_OK);
  cr_assert_eq(count, 3);
  siam_dataset_destroy(first);
  siam_dataset_destroy(second);
}
