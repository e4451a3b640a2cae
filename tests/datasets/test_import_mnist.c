#include "command.h"
#include "data/picture.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char *folder;
static const char *images, *labels, *output;

// Three pictures, 2 wide and 3 high, of labels 7, 0 and 7.
static const unsigned char image_bytes[] = {0,  0,  8,  3,  0,  0,  0,  3,  0,  0,  0,  3,
                                            0,  0,  0,  2,  10, 11, 12, 13, 14, 15, 20, 21,
                                            22, 23, 24, 25, 30, 31, 32, 33, 34, 35};
static const unsigned char label_bytes[] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 7};

static void write_bytes(const char *path, const void *bytes, size_t count) {
  FILE *file = fopen(path, "wb");
  cr_assert_eq(fwrite(bytes, 1, count, file), count);
  fclose(file);
}

static void begin(void) {
  folder = siam_scratch_create();
  images = strdup(siam_scratch_path(folder, "images"));
  labels = strdup(siam_scratch_path(folder, "labels"));
  output = strdup(siam_scratch_path(folder, "out"));
  write_bytes(images, image_bytes, sizeof image_bytes);
  write_bytes(labels, label_bytes, sizeof label_bytes);
}
static void end(void) {
  free((char *)images);
  free((char *)labels);
  free((char *)output);
  siam_scratch_remove(folder);
}
TestSuite(import_mnist, .init = begin, .fini = end);

static siam_picture load(const char *name) {
  siam_picture picture = {0};
  cr_assert_eq(siam_picture_load(siam_scratch_path(output, name), NULL, &picture), SIAM_OK, "%s",
               siam_last_error());
  return picture;
}

Test(import_mnist, writes_each_picture_into_the_folder_of_its_label) {
  siam_command_result result = SIAM_RUN(NULL, "siamese-import-mnist", images, labels, "-o", output);
  cr_assert_eq(result.code, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.out, "/7: 2 pictures"));
  siam_command_release(&result);
  siam_picture picture = load("7/000002.png");
  cr_expect_eq(picture.width, 2);
  cr_expect_eq(picture.height, 3);
  for (int i = 0; i < 6; i++) cr_expect_eq(picture.pixels[i * (int)picture.channels], 30 + i);
  siam_picture_clear(&picture);
  picture = load("0/000001.png");
  cr_expect_eq(picture.pixels[0], 20);
  siam_picture_clear(&picture);
}

Test(import_mnist, reads_compressed_files_too) {
  siam_command_result result = SIAM_RUN(NULL, "/bin/gzip", images);
  cr_assert_eq(result.code, 0);
  siam_command_release(&result);
  result =
      SIAM_RUN(NULL, "siamese-import-mnist", siam_scratch_path(folder, "images.gz"), labels, "-o", output);
  cr_assert_eq(result.code, 0, "%s", result.err);
  siam_command_release(&result);
  siam_picture picture = load("7/000000.png");
  cr_expect_eq(picture.pixels[0], 10);
  siam_picture_clear(&picture);
}

Test(import_mnist, inverts_and_limits_on_request) {
  siam_command_result result =
      SIAM_RUN(NULL, "siamese-import-mnist", images, labels, "-o", output, "--invert", "--limit", "1");
  cr_assert_eq(result.code, 0, "%s", result.err);
  siam_command_release(&result);
  siam_picture picture = load("7/000000.png");
  cr_expect_eq(picture.pixels[0], 255 - 10);
  siam_picture_clear(&picture);
  cr_expect_neq(access(siam_scratch_path(output, "7/000002.png"), F_OK), 0);
}

static void expect_refusal(const char *path, const char *reason) {
  siam_command_result result = SIAM_RUN(NULL, "siamese-import-mnist", images, labels, "-o", output);
  cr_expect_eq(result.code, 2);
  cr_expect_not_null(strstr(result.err, path), "%s", result.err);
  cr_expect_not_null(strstr(result.err, reason), "%s", result.err);
  siam_command_release(&result);
  cr_expect_neq(access(output, F_OK), 0);
}

Test(import_mnist, refuses_every_file_that_is_cut_short) {
  for (size_t length = 0; length < sizeof image_bytes; length++) {
    write_bytes(images, image_bytes, length);
    expect_refusal("images", "ends early");
  }
}

Test(import_mnist, refuses_what_goes_on_after_the_end) {
  unsigned char longer[sizeof label_bytes + 1] = {0};
  memcpy(longer, label_bytes, sizeof label_bytes);
  write_bytes(labels, longer, sizeof longer);
  expect_refusal("labels", "goes on");
}

/// The pictures' file with the byte at `place` changed.
static void write_changed(size_t place, unsigned char value) {
  unsigned char changed[sizeof image_bytes];
  memcpy(changed, image_bytes, sizeof changed);
  changed[place] = value;
  write_bytes(images, changed, sizeof changed);
}

Test(import_mnist, refuses_headers_that_cannot_be) {
  write_changed(0, 1);
  expect_refusal("images", "not an IDX file");
  write_changed(2, 13);
  expect_refusal("images", "not an IDX file");
  write_changed(3, 1);
  expect_refusal("images", "dimensions");
  write_changed(3, 255);
  expect_refusal("images", "dimensions");
  write_changed(7, 0);
  expect_refusal("images", "dimension 1");
  // Sizes whose product is far beyond the file, and beyond 32 bits.
  write_changed(4, 255);
  expect_refusal("images", "cannot be");
  write_changed(8, 255);
  expect_refusal("images", "cannot be");
}

Test(import_mnist, refuses_files_that_do_not_belong_together) {
  static const unsigned char two[] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 0};
  write_bytes(labels, two, sizeof two);
  expect_refusal("labels", "2 labels");
  write_bytes(labels, image_bytes, sizeof image_bytes);
  expect_refusal("labels", "3 dimensions");
}

Test(import_mnist, names_a_file_that_is_not_there) {
  unlink(images);
  expect_refusal("images", "no such file");
}
