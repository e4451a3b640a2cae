#include "data/images.h"
#include "data/parallel.h"
#include "pictures.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CLASSES = 4, EACH = 6, COUNT = CLASSES * EACH, SIDE = 9, BYTES = SIDE * SIDE };

static char *folder;
static siam_dataset *dataset;
static siam_images *images;
static char messages[8192];

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

static void open_set(void) {
  cr_assert_eq(siam_dataset_open(siam_scratch_path(folder, "d"), NULL, &dataset), SIAM_OK);
}

/// Pictures of many sizes, each unlike the others.
static void begin(void) {
  folder = siam_scratch_create();
  for (int c = 0; c < CLASSES; c++)
    for (int i = 0; i < EACH; i++) {
      uint32_t width = 3 + (uint32_t)(7 * c + 3 * i) % 20, height = 3 + (uint32_t)(5 * i + c) % 17;
      uint8_t pixels[23 * 20 * 3];
      for (uint32_t k = 0; k < width * height * 3; k++)
        pixels[k] = (uint8_t)(k * 31 + (uint32_t)(c * 50 + i));
      siam_test_write_pnm(path_of(c, i), width, height, i % 2 ? 1 : 3, pixels);
    }
  open_set();
}
static void end(void) {
  siam_images_destroy(images);
  siam_dataset_destroy(dataset);
  siam_scratch_remove(folder);
}
TestSuite(images, .init = begin, .fini = end);

static const siam_images_options plain = {.shape = {SIDE, SIDE, 1, SIAM_RESIZE_LETTERBOX, 0},
                                          .logger = {keep, NULL}};

static siam_status open_with(uint64_t resident_bytes, uint32_t threads) {
  siam_images_options options = plain;
  options.resident_bytes = resident_bytes;
  options.threads = threads;
  siam_images_destroy(images);
  images = NULL;
  return siam_images_open(dataset, &options, &images);
}

Test(images, lie_in_the_order_of_the_data_set) {
  cr_assert_eq(open_with(0, 3), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_images_count(images), COUNT);
  const uint8_t *bytes = siam_images_get_bytes(images);
  for (uint32_t i = 0; i < COUNT; i++) {
    uint8_t expected[BYTES];
    cr_assert_eq(
        siam_picture_load_resized(siam_dataset_get_image_path(dataset, i), NULL, &plain.shape, expected),
        SIAM_OK);
    cr_assert_arr_eq(bytes + (size_t)i * BYTES, expected, BYTES);
  }
  cr_assert_eq(siam_images_get_facts(images)->readable, COUNT);
  cr_assert_eq(siam_images_get_facts(images)->grey, COUNT / 2);
  cr_assert_eq(siam_images_get_facts(images)->broken, 0);
  cr_assert_str_eq(messages, "");
}

Test(images, streaming_gives_the_same_bytes_with_any_number_of_threads) {
  static uint8_t resident[COUNT * BYTES], streamed[COUNT * BYTES];
  uint32_t numbers[COUNT];
  for (uint32_t i = 0; i < COUNT; i++) numbers[i] = i * 7 % COUNT;
  cr_assert_eq(open_with(0, 1), SIAM_OK);
  cr_assert_eq(siam_images_read(images, numbers, COUNT, resident), SIAM_OK);
  for (uint32_t threads = 1; threads <= 5; threads++) {
    cr_assert_eq(open_with(1, threads), SIAM_OK);
    cr_assert_null(siam_images_get_bytes(images));
    // Five orders at once, taken in their order.
    for (uint32_t part = 0; part < 4; part++)
      cr_assert_eq(siam_images_order(images, numbers + part * 6, 6), SIAM_OK);
    cr_assert_eq(siam_images_order(images, numbers, COUNT), SIAM_OK);
    for (uint32_t part = 0; part < 4; part++)
      cr_assert_eq(siam_images_take(images, streamed + (size_t)part * 6 * BYTES), SIAM_OK);
    cr_assert_arr_eq(streamed, resident, sizeof resident);
    memset(streamed, 0, sizeof streamed);
    cr_assert_eq(siam_images_take(images, streamed), SIAM_OK);
    cr_assert_arr_eq(streamed, resident, sizeof resident);
  }
}

Test(images, orders_have_a_limit_and_numbers_are_checked) {
  static uint8_t bytes[BYTES];
  for (uint64_t resident = 0; resident < 2; resident++) {
    cr_assert_eq(open_with(resident, 2), SIAM_OK);
    cr_assert_eq(siam_images_take(images, bytes), SIAM_ERROR_ARGUMENT);
    uint32_t number = 3, beyond = COUNT;
    cr_assert_eq(siam_images_order(images, &beyond, 1), SIAM_ERROR_ARGUMENT);
    for (int i = 0; i < SIAM_IMAGES_AHEAD; i++) cr_assert_eq(siam_images_order(images, &number, 1), SIAM_OK);
    cr_assert_eq(siam_images_order(images, &number, 1), SIAM_ERROR_ARGUMENT);
    for (int i = 0; i < SIAM_IMAGES_AHEAD; i++) cr_assert_eq(siam_images_take(images, bytes), SIAM_OK);
  }
  // Orders that nobody takes are given up with the images.
  for (int i = 0; i < SIAM_IMAGES_AHEAD; i++) {
    uint32_t number = (uint32_t)i;
    cr_assert_eq(siam_images_order(images, &number, 1), SIAM_OK);
  }
}

Test(images, broken_pictures_are_named_in_order_and_left_out) {
  siam_test_write(path_of(2, 5), "P5 2 2 255\n12", 13);
  siam_test_write(path_of(0, 1), "GIF89a", 6);
  for (uint64_t resident = 0; resident < 2; resident++) {
    siam_images_destroy(images);
    images = NULL;
    siam_dataset_destroy(dataset);
    open_set();
    messages[0] = '\0';
    cr_assert_eq(open_with(resident, 3), SIAM_OK, "%s", siam_last_error());
    cr_assert_eq(siam_images_count(images), COUNT - 2);
    cr_assert_eq(siam_dataset_count_images(dataset), COUNT - 2);
    cr_assert_eq(siam_images_get_facts(images)->broken, 2);
    const char *first = strstr(messages, "c0/1.pgm: a GIF picture"), *second = strstr(messages, "c2/5.pgm");
    cr_assert(first != NULL && second != NULL && first < second, "%s", messages);
    cr_assert_not_null(strstr(messages, "2 of 24 pictures"), "%s", messages);
    for (uint32_t i = 0; i < COUNT - 2; i++) {
      uint8_t expected[BYTES], got[BYTES];
      siam_picture_load_resized(siam_dataset_get_image_path(dataset, i), NULL, &plain.shape, expected);
      cr_assert_eq(siam_images_read(images, &i, 1, got), SIAM_OK);
      cr_assert_arr_eq(got, expected, BYTES);
    }
  }
}

Test(images, more_than_half_of_a_class_gone_is_an_error) {
  for (int i = 0; i < 3; i++) siam_test_write(path_of(1, i), "?", 1);
  cr_assert_eq(open_with(0, 2), SIAM_OK, "%s", siam_last_error());
  siam_images_destroy(images);
  images = NULL;
  siam_dataset_destroy(dataset);
  open_set();
  siam_test_write(path_of(1, 3), "?", 1);
  cr_assert_eq(open_with(0, 2), SIAM_ERROR_DATA);
  cr_assert_not_null(strstr(siam_last_error(), "4 of the 6 pictures of class c1"), "%s", siam_last_error());
  cr_assert_null(images);
}

Test(images, a_picture_that_vanishes_later_is_named_and_others_go_on) {
  cr_assert_eq(open_with(1, 2), SIAM_OK);
  unlink(path_of(0, 2));
  uint32_t numbers[] = {1, 2, 3}, other[] = {4};
  uint8_t bytes[3 * BYTES];
  cr_assert_eq(siam_images_order(images, numbers, 3), SIAM_OK);
  cr_assert_eq(siam_images_order(images, other, 1), SIAM_OK);
  cr_assert_eq(siam_images_take(images, bytes), SIAM_ERROR_FILE);
  cr_assert_not_null(strstr(siam_last_error(), "c0/2.pgm"));
  cr_assert_eq(siam_images_take(images, bytes), SIAM_OK);
}

typedef struct watcher {
  uint32_t calls, last, limit;
  pthread_t thread;
} watcher;
static bool watch(void *context, uint32_t done, uint32_t count) {
  watcher *mine = context;
  cr_assert_eq(count, COUNT);
  cr_assert(done >= mine->last && done <= count);
  cr_assert(pthread_equal(mine->thread, pthread_self()));
  mine->last = done;
  return ++mine->calls < mine->limit;
}

Test(images, progress_is_told_on_the_calling_thread_and_can_stop) {
  watcher mine = {.limit = UINT32_MAX, .thread = pthread_self()};
  siam_images_options options = plain;
  options.progress = watch;
  options.progress_context = &mine;
  cr_assert_eq(siam_images_open(dataset, &options, &images), SIAM_OK);
  cr_assert_eq(mine.last, COUNT);
}

static siam_status slow(void *context, uint32_t number) {
  (void)number;
  usleep(20000);
  __atomic_add_fetch((int *)context, 1, __ATOMIC_RELAXED);
  return SIAM_OK;
}
static bool stop(void *context, uint32_t done, uint32_t count) {
  (void)context, (void)done, (void)count;
  return false;
}

Test(images, a_stop_ends_the_pass_early) {
  int ran = 0;
  siam_parallel work = {.count = 1000, .threads = 4, .task = slow, .context = &ran, .progress = stop};
  cr_assert_eq(siam_parallel_run(&work), SIAM_INTERRUPTED);
  cr_assert_lt(ran, 200);
}

static siam_status fail_some(void *context, uint32_t number) {
  (void)context;
  return number >= 5 ? siam_fail(SIAM_ERROR_MEMORY, "task %u", number) : SIAM_OK;
}

Test(images, a_failing_task_passes_its_sentence_on) {
  cr_assert_eq(siam_parallel_run(&(siam_parallel){.count = 6, .threads = 3, .task = fail_some}),
               SIAM_ERROR_MEMORY);
  cr_assert_str_eq(siam_last_error(), "task 5");
}

Test(images, an_impossible_shape_is_refused_at_once) {
  siam_images_options options = plain;
  options.shape.channels = 2;
  cr_assert_eq(siam_images_open(dataset, &options, &images), SIAM_ERROR_ARGUMENT);
}

Test(images, one_picture_is_read_as_numbers_from_0_to_1) {
  const siam_read_options options = {.height = SIDE, .width = SIDE};
  cr_assert_eq(open_with(0, 1), SIAM_OK, "%s", siam_last_error());
  for (uint32_t i = 0; i < COUNT; i++) {
    float values[BYTES];
    cr_assert_eq(siam_dataset_read(dataset, i, &options, values), SIAM_OK, "%s", siam_last_error());
    const uint8_t *bytes = siam_images_get_bytes(images) + (size_t)i * BYTES;
    for (int k = 0; k < BYTES; k++) cr_assert_eq(values[k], (float)bytes[k] / 255);
  }
  cr_expect_eq(siam_dataset_read(dataset, COUNT, &options, NULL), SIAM_ERROR_ARGUMENT);
  cr_expect_eq(siam_dataset_read(dataset, 0, &(siam_read_options){.height = SIDE}, NULL),
               SIAM_ERROR_ARGUMENT);
}
