#include "data/images.h"
#include "data/picture_cache.h"
#include "pictures.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CLASSES = 3, EACH = 4, COUNT = CLASSES * EACH, SIDE = 7, BYTES = SIDE * SIDE };

static char *folder;
static siam_dataset *dataset;
static siam_images *images;
static char messages[4096];
static uint8_t found[COUNT * BYTES];

static void keep(void *context, siam_log_level level, const char *message) {
  (void)context, (void)level;
  strncat(messages, message, sizeof messages - strlen(messages) - 2);
  strcat(messages, "\n");
}

static const char *path_of(int c, int i) {
  char name[64];
  snprintf(name, sizeof name, "d/c%d/%d.pgm", c, i);
  return siam_scratch_path(folder, name);
}

/// Gives a file a time of change so many seconds ago.
static void set_age(const char *path, long seconds) {
  struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - seconds, .tv_nsec = 5}};
  cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

/// A picture whose pixels all depend on `seed`, changed so many seconds ago. All are equally long.
static void write_aged(int c, int i, int seed, long seconds) {
  uint8_t pixels[9 * 8];
  for (int k = 0; k < 9 * 8; k++) pixels[k] = (uint8_t)(k * 5 + seed * 37);
  siam_test_write_pnm(path_of(c, i), 9, 8, 1, pixels);
  set_age(path_of(c, i), seconds);
}

static void begin(void) {
  folder = siam_scratch_create();
  for (int c = 0; c < CLASSES; c++)
    for (int i = 0; i < EACH; i++) write_aged(c, i, c * EACH + i, 1000);
}
static void close_all(void) {
  siam_images_destroy(images);
  siam_dataset_destroy(dataset);
  images = NULL;
  dataset = NULL;
}
static void end(void) {
  close_all();
  siam_scratch_remove(folder);
}
TestSuite(picture_cache, .init = begin, .fini = end);

static const siam_images_options plain = {
    .shape = {SIDE, SIDE, 1, SIAM_RESIZE_STRETCH, 0}, .threads = 3, .logger = {keep, NULL}};

static siam_status open_with(const siam_images_options *options) {
  close_all();
  messages[0] = '\0';
  memset(found, 0, sizeof found);
  cr_assert_eq(siam_dataset_open(siam_scratch_path(folder, "d"), NULL, &dataset), SIAM_OK);
  SIAM_RETURN_IF_FAILED(siam_images_open(dataset, options, &images));
  for (uint32_t i = 0; i < siam_images_count(images); i++)
    cr_assert_eq(siam_images_read(images, &i, 1, found + (size_t)i * BYTES), SIAM_OK, "%s",
                 siam_last_error());
  return SIAM_OK;
}

static const char *cache_path(void) {
  return siam_scratch_path(folder, "pictures.cache");
}

/// Opens with the cache and says how many pictures it had.
static unsigned open_cached(bool streams) {
  siam_images_options options = plain;
  options.cache = cache_path();
  options.resident_bytes = streams;
  cr_assert_eq(open_with(&options), SIAM_OK, "%s", siam_last_error());
  const char *has = strstr(messages, "has ");
  unsigned count = 0;
  cr_assert(has != NULL && sscanf(has, "has %u", &count) == 1, "%s", messages);
  return count;
}

/// What the pictures are without a cache.
static void decode(uint8_t *expected) {
  cr_assert_eq(open_with(&plain), SIAM_OK, "%s", siam_last_error());
  memcpy(expected, found, sizeof found);
}

/// Keeps the times, so that only a decoder could notice.
static void spoil_pictures(void) {
  for (int c = 0; c < CLASSES; c++)
    for (int i = 0; i < EACH; i++) {
      struct stat before;
      cr_assert_eq(stat(path_of(c, i), &before), 0);
      char *noise = calloc(1, (size_t)before.st_size);
      siam_test_write(path_of(c, i), noise, (size_t)before.st_size);
      free(noise);
      cr_assert_eq(utimensat(AT_FDCWD, path_of(c, i), (struct timespec[]){before.st_atim, before.st_mtim}, 0),
                   0);
    }
}

Test(picture_cache, the_second_time_nothing_is_decoded) {
  uint8_t expected[COUNT * BYTES];
  decode(expected);
  for (int streams = 0; streams < 2; streams++) {
    cr_expect_eq(open_cached(streams), streams == 0 ? 0 : COUNT);
    cr_expect_arr_eq(found, expected, sizeof expected);
  }
  const siam_images_facts facts = *siam_images_get_facts(images);
  spoil_pictures();
  for (int streams = 0; streams < 2; streams++) {
    cr_expect_eq(open_cached(streams), COUNT);
    cr_expect_arr_eq(found, expected, sizeof expected);
    cr_expect_arr_eq(siam_images_get_facts(images), &facts, sizeof facts);
  }
}

Test(picture_cache, what_changed_is_decoded_again_and_the_rest_is_kept) {
  uint8_t expected[COUNT * BYTES];
  open_cached(false);
  write_aged(1, 2, 90, 500); // Another time.
  uint8_t pixels[40] = {7};
  siam_test_write_pnm(path_of(2, 0), 5, 8, 1, pixels);
  set_age(path_of(2, 0), 1000); // Another size.
  decode(expected);
  cr_expect_eq(open_cached(true), COUNT - 2);
  cr_expect_arr_eq(found, expected, sizeof expected);
  cr_expect_eq(open_cached(false), COUNT);
  cr_expect_arr_eq(found, expected, sizeof expected);
}

Test(picture_cache, pictures_are_found_by_their_paths_when_others_come_and_go) {
  uint8_t expected[COUNT * BYTES];
  open_cached(false);
  unlink(path_of(0, 0));
  decode(expected);
  cr_expect_eq(open_cached(true), COUNT - 1);
  cr_expect_arr_eq(found, expected, sizeof expected);
  write_aged(0, 0, 55, 700);
  decode(expected);
  cr_expect_eq(open_cached(false), COUNT - 1);
  cr_expect_arr_eq(found, expected, sizeof expected);
}

Test(picture_cache, pictures_changed_just_now_are_not_kept) {
  write_aged(1, 1, 3, 0);
  open_cached(false);
  cr_expect_eq(open_cached(false), COUNT - 1);
}

Test(picture_cache, broken_pictures_are_named_each_time_and_shift_the_others) {
  uint8_t expected[COUNT * BYTES];
  siam_test_write(path_of(0, 1), "GIF89a", 6);
  set_age(path_of(0, 1), 1000);
  decode(expected);
  for (int streams = 0; streams < 4; streams++) {
    cr_expect_eq(open_cached(streams % 2), streams == 0 ? 0 : COUNT - 1);
    cr_expect_eq(siam_images_count(images), COUNT - 1);
    cr_expect_not_null(strstr(messages, "c0/1.pgm: a GIF picture"), "%s", messages);
    cr_expect_arr_eq(found, expected, sizeof expected);
  }
}

static time_t time_of_cache(void) {
  struct stat information;
  cr_assert_eq(stat(cache_path(), &information), 0);
  return information.st_mtim.tv_sec;
}

Test(picture_cache, a_file_that_has_all_is_not_written_again) {
  siam_test_write(path_of(2, 3), "?", 1);
  set_age(path_of(2, 3), 1000);
  open_cached(false);
  set_age(cache_path(), 100);
  const time_t before = time_of_cache();
  open_cached(false);
  cr_expect_eq(time_of_cache(), before);
}

/// Changes a byte of the cache file, or cuts it there.
static void damage(long at, bool cuts) {
  const int descriptor = open(cache_path(), O_RDWR);
  uint8_t byte = 0;
  cr_assert_geq(descriptor, 0);
  if (cuts) {
    cr_assert_eq(ftruncate(descriptor, at), 0);
  } else {
    cr_assert_eq(pread(descriptor, &byte, 1, at), 1);
    byte ^= 0x10;
    cr_assert_eq(pwrite(descriptor, &byte, 1, at), 1);
  }
  close(descriptor);
}

Test(picture_cache, no_damaged_byte_reaches_a_picture) {
  uint8_t expected[COUNT * BYTES];
  struct stat information;
  decode(expected);
  open_cached(false);
  cr_assert_eq(stat(cache_path(), &information), 0);
  // The first bytes say what kind of file it is; without them it is refused.
  for (long at = 8; at < information.st_size; at += 11) {
    damage(at, false);
    cr_assert_lt(open_cached(at % 2), COUNT, "byte %ld", at);
    cr_assert_arr_eq(found, expected, sizeof expected, "byte %ld", at);
    cr_assert_eq(open_cached(true), COUNT);
    damage(at, true);
    cr_assert_lt(open_cached(at % 2), COUNT, "cut at %ld", at);
    cr_assert_arr_eq(found, expected, sizeof expected, "cut at %ld", at);
  }
}

Test(picture_cache, damage_during_a_run_is_noticed) {
  uint8_t expected[BYTES], bytes[BYTES];
  struct stat information;
  const uint32_t last = COUNT - 1;
  open_cached(true);
  cr_assert_eq(siam_images_read(images, &last, 1, expected), SIAM_OK);
  cr_assert_eq(stat(cache_path(), &information), 0);
  damage(information.st_size - 1, false);
  cr_assert_eq(siam_images_read(images, &last, 1, bytes), SIAM_OK);
  cr_expect_arr_eq(bytes, expected, BYTES);
}

Test(picture_cache, another_shape_is_another_cache) {
  siam_images_options options = plain;
  open_cached(false);
  options.cache = cache_path();
  options.shape.mode = SIAM_RESIZE_CROP;
  cr_assert_eq(open_with(&options), SIAM_OK, "%s", siam_last_error());
  cr_expect_not_null(strstr(messages, "has 0 of 12"), "%s", messages);
  cr_expect_eq(open_cached(false), 0);
}

Test(picture_cache, other_files_are_refused_and_left_alone) {
  siam_images_options options = plain;
  siam_test_write(cache_path(), "my diary\n", 9);
  options.cache = cache_path();
  cr_expect_eq(open_with(&options), SIAM_ERROR_FILE);
  cr_expect_not_null(strstr(siam_last_error(), "pictures.cache: exists and is no cache of pictures"), "%s",
                     siam_last_error());
  struct stat information;
  cr_assert_eq(stat(cache_path(), &information), 0);
  cr_expect_eq(information.st_size, 9);
  options.cache = siam_scratch_path(folder, "nowhere/pictures.cache");
  cr_expect_eq(open_with(&options), SIAM_ERROR_FILE);
}

static bool stop(void *context, uint32_t done, uint32_t count) {
  (void)context, (void)done, (void)count;
  return false;
}

Test(picture_cache, a_run_that_stops_leaves_the_old_file) {
  uint8_t expected[COUNT * BYTES];
  decode(expected);
  open_cached(false);
  write_aged(0, 0, 99, 400);
  siam_images_options options = plain;
  options.cache = cache_path();
  options.progress = stop;
  cr_expect_eq(open_with(&options), SIAM_INTERRUPTED);
  write_aged(0, 0, 0, 1000); // As it was; the nanoseconds too.
  cr_expect_geq(open_cached(false), COUNT - 1);
  cr_expect_arr_eq(found, expected, sizeof expected);
}
