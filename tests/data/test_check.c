#include "base/file.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "pictures.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *folder;
static siam_dataset *dataset, *validation;
static siam_check_report *report;
static void begin(void) {
  folder = siam_scratch_create();
}
static void end(void) {
  // The report must not need the data sets.
  siam_dataset_destroy(dataset);
  siam_dataset_destroy(validation);
  if (report != NULL) cr_assert_gt(strlen(report->text), 0);
  siam_check_report_free(report);
  siam_scratch_remove(folder);
}
TestSuite(check, .init = begin, .fini = end);

static void flat(const char *name, uint32_t size, uint8_t shade) {
  siam_test_write_flat(siam_scratch_path(folder, name), size, shade);
}

static void copy_fixture(const char *fixture, const char *name) {
  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_assert_eq(siam_file_read(siam_test_fixture(fixture), 1 << 20, &bytes, &count), SIAM_OK);
  siam_test_write(siam_scratch_path(folder, name), bytes, count);
  siam_free(bytes);
}

static siam_dataset *open_it(const char *name) {
  siam_dataset *opened = NULL;
  cr_assert_eq(siam_dataset_open(siam_scratch_path(folder, name), NULL, &opened), SIAM_OK, "%s",
               siam_last_error());
  return opened;
}

static void check(const char *name) {
  dataset = open_it(name);
  siam_check_options options = {.validation = validation, .threads = 3};
  cr_assert_eq(siam_dataset_check(dataset, &options, &report), SIAM_OK, "%s", siam_last_error());
}

static bool ends_with(const char *text, const char *end_of_text) {
  size_t length = strlen(text), count = strlen(end_of_text);
  return length >= count && strcmp(text + length - count, end_of_text) == 0;
}

static void expect(uint32_t place, siam_finding_kind kind, const char *path, const char *other) {
  cr_assert_lt(place, report->finding_count);
  const siam_finding *finding = &report->findings[place];
  cr_assert_eq(finding->kind, kind, "%s: %s", finding->path, finding->reason);
  cr_assert(ends_with(finding->path, path), "%s", finding->path);
  if (other != NULL)
    cr_assert(ends_with(finding->other, other), "%s", finding->other);
  else
    cr_assert_null(finding->other);
}

Test(check, counts_what_pictures_are_and_changes_nothing) {
  copy_fixture("png_6_8.png", "d/a/alpha.png");
  copy_fixture("png_2_16.png", "d/a/deep.png");
  copy_fixture("jpeg_orientation_6_big.jpg", "d/b/turned.jpg");
  copy_fixture("jpeg_grey.jpg", "d/b/grey.jpg");
  copy_fixture("bad_gif.gif", "d/b/film.gif");
  flat("d/c/blank.pgm", 5, 9);
  check("d");
  cr_assert_eq(report->pictures, 6);
  cr_assert_eq(report->readable, 5);
  cr_assert_eq(report->found[SIAM_FINDING_BROKEN], 1);
  cr_assert_eq(report->alpha, 1);
  cr_assert_eq(report->sixteen_bit, 1);
  cr_assert_eq(report->rotated, 1);
  cr_assert_eq(report->grey, 2);
  cr_assert_eq(report->blank, 1);
  cr_assert_eq(report->classes, 3);
  cr_assert_eq(report->singletons, 1);
  cr_assert_arr_eq(report->class_size, ((uint32_t[]){1, 2, 3}), sizeof report->class_size);
  // Widths 11, 11, 24, 24, 5 and heights 7, 7, 16, 16, 5.
  cr_assert_arr_eq(report->width, ((uint32_t[]){5, 11, 24}), sizeof report->width);
  cr_assert_arr_eq(report->height, ((uint32_t[]){5, 7, 16}), sizeof report->height);
  cr_assert_eq(report->same, 1 + 3);
  cr_assert_eq(report->different, 2 * 3 + 2 * 1 + 3 * 1);
  expect(0, SIAM_FINDING_BROKEN, "d/b/film.gif", NULL);
  cr_assert_not_null(strstr(report->findings[0].reason, "a GIF picture"));
  cr_assert(report->can_train);
  cr_assert_str_eq(report->reason, "");
  cr_assert_eq(siam_dataset_count_images(dataset), 6);
  cr_assert_not_null(strstr(report->text, "film.gif"));
  cr_assert_not_null(strstr(report->text, "These data can be trained on."));
}

Test(check, finds_the_same_content_under_two_labels_and_twice_under_one) {
  flat("d/a/1.pgm", 4, 10);
  flat("d/a/2.pgm", 4, 20);
  flat("d/a/3.pgm", 4, 10);
  flat("d/b/1.pgm", 4, 30);
  flat("d/b/2.pgm", 4, 10);
  flat("d/b/3.pgm", 5, 10);
  // The same pixels in another format, so that the files differ.
  static const char plain[] = "P2 4 4 255 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30";
  siam_test_write(siam_scratch_path(folder, "d/b/4.pgm"), plain, strlen(plain));
  check("d");
  cr_assert_eq(report->found[SIAM_FINDING_CONTRADICTION], 1);
  cr_assert_eq(report->found[SIAM_FINDING_REPEATED], 2);
  expect(0, SIAM_FINDING_CONTRADICTION, "d/b/2.pgm", "d/a/1.pgm");
  cr_assert_not_null(strstr(report->findings[0].reason, "the files are equal"));
  expect(1, SIAM_FINDING_REPEATED, "d/a/3.pgm", "d/a/1.pgm");
  expect(2, SIAM_FINDING_REPEATED, "d/b/4.pgm", "d/b/1.pgm");
  cr_assert_null(strstr(report->findings[2].reason, "the files are equal"));
}

Test(check, finds_training_pictures_in_validation) {
  for (int i = 0; i < 4; i++) {
    char name[32];
    snprintf(name, sizeof name, "d/c%d/%d.pgm", i / 2, i);
    flat(name, 4, (uint8_t)(10 * i));
    snprintf(name, sizeof name, "v/x%d/%d.pgm", i / 2, i);
    flat(name, 4, (uint8_t)(10 * i + 20));
  }
  validation = open_it("v");
  check("d");
  cr_assert_eq(report->found[SIAM_FINDING_LEAK], 2);
  cr_assert_eq(report->finding_count, 2);
  expect(0, SIAM_FINDING_LEAK, "v/x0/0.pgm", "d/c1/2.pgm");
  expect(1, SIAM_FINDING_LEAK, "v/x0/1.pgm", "d/c1/3.pgm");
  cr_assert_eq(report->pictures, 4);
}

Test(check, finds_pairs_that_contradict_each_other_or_themselves) {
  static const uint8_t shades[] = {1, 2, 1, 3, 2};
  for (int i = 0; i < 5; i++) {
    char name[32];
    snprintf(name, sizeof name, "d/%d.pgm", i);
    flat(name, 3, shades[i]);
  }
  // 0 and 2 look alike, and so do 1 and 4.
  static const char list[] = "a,b,label\n0.pgm,1.pgm,1\n0.pgm,2.pgm,0\n2.pgm,3.pgm,0\n4.pgm,2.pgm,0\n";
  siam_test_write(siam_scratch_path(folder, "d/p.csv"), list, strlen(list));
  check("d/p.csv");
  cr_assert_eq(report->found[SIAM_FINDING_CONTRADICTION], 2);
  expect(0, SIAM_FINDING_CONTRADICTION, "d/2.pgm", "d/0.pgm");
  expect(1, SIAM_FINDING_CONTRADICTION, "d/2.pgm", "d/4.pgm");
  cr_assert_eq(report->found[SIAM_FINDING_REPEATED], 2);
  cr_assert_eq(report->same, 1);
  cr_assert_eq(report->different, 3);
}

Test(check, says_why_data_cannot_be_trained_on) {
  flat("d/a/1.pgm", 3, 1);
  flat("d/a/2.pgm", 3, 2);
  siam_test_write(siam_scratch_path(folder, "d/b/1.pgm"), "x", 1);
  check("d");
  cr_assert_not(report->can_train);
  cr_assert_not_null(strstr(report->reason, "1 of the 1 pictures of class b"), "%s", report->reason);
  cr_assert_not_null(strstr(report->text, "Cannot be trained on"));
}

Test(check, text_names_ten_of_a_kind_and_counts_the_rest) {
  for (int i = 0; i < 25; i++) {
    char name[32];
    snprintf(name, sizeof name, "d/a/%02d.pgm", i);
    if (i < 12)
      siam_test_write(siam_scratch_path(folder, name), "x", 1);
    else
      flat(name, 2, (uint8_t)i);
  }
  flat("d/b/1.pgm", 3, 1);
  check("d");
  cr_assert_eq(report->finding_count, 12);
  cr_assert_not_null(strstr(report->text, "09.pgm"));
  cr_assert_null(strstr(report->text, "10.pgm"));
  cr_assert_not_null(strstr(report->text, "and 2 more"));
}

Test(check, text_shows_control_characters_in_names) {
  flat("d/a/1.pgm", 3, 1);
  flat("d/a/2.pgm", 3, 2);
  flat("d/a/3.pgm", 3, 2);
  flat("d/b/\x1b[31m\xc2\x9b.pgm", 3, 1);
  check("d");
  cr_assert_not_null(strstr(report->text, "d/b/\\x1b[31m\\xc2\\x9b.pgm"), "%s", report->text);
  cr_assert_null(strchr(report->text, '\x1b'));
}

static bool stop(void *context, uint32_t done, uint32_t count) {
  (void)context, (void)done, (void)count;
  return false;
}

Test(check, can_be_stopped) {
  for (int i = 0; i < 40; i++) {
    char name[32];
    snprintf(name, sizeof name, "d/c%d/%d.pgm", i / 20, i);
    flat(name, 200, (uint8_t)i);
  }
  dataset = open_it("d");
  siam_status status =
      siam_dataset_check(dataset, &(siam_check_options){.progress = stop, .threads = 1}, &report);
  // All may be done before the first report.
  cr_assert(status == SIAM_INTERRUPTED || status == SIAM_OK);
  if (status == SIAM_INTERRUPTED) cr_assert_null(report);
}
