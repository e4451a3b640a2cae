#include "data/decoders.h"
#include "data/images.h"
#include "pictures.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static siam_decoders *decoders;
static char *folder;
static char messages[8192];

static void begin(void) {
  unsetenv("SIAMESE_DECODE");
  folder = siam_scratch_create();
}
static void end(void) {
  siam_decoders_destroy(decoders);
  siam_scratch_remove(folder);
}
TestSuite(decoders, .init = begin, .fini = end, .timeout = 120);

static void start(const char *program, uint32_t seconds) {
  const siam_decoders_options options = {
      .mode = SIAM_DECODE_PROCESS, .program = program, .seconds = seconds, .memory = 256 << 20};
  cr_assert_eq(siam_decoders_create(&options, &decoders), SIAM_OK, "%s", siam_last_error());
}

static void start_hostile(uint32_t seconds) {
  start(SIAMESE_BINARY_DIR "/tests/hostile_decode", seconds);
}

static siam_decoders_info info(void) {
  siam_decoders_info now;
  cr_assert_eq(siam_decoders_get_info(decoders, &now), SIAM_OK, "%s", siam_last_error());
  return now;
}

static siam_status decode(const char *text, siam_picture *picture) {
  const siam_picture_options options = {.decoders = decoders};
  return siam_picture_decode("it", (const uint8_t *)text, strlen(text), &options, picture);
}

/// A picture of one grey pixel.
static void expect_that_it_works(void) {
  siam_picture picture;
  cr_assert_eq(decode("P2 1 1 255 77", &picture), SIAM_OK, "%s", siam_last_error());
  cr_expect_eq(picture.pixels[0], 77);
  siam_picture_clear(&picture);
}

static void expect_same(const char *path, const siam_picture_options *plain) {
  siam_picture here, there;
  siam_picture_options apart = *plain;
  char sentence[2048];
  apart.decoders = decoders;
  const siam_status status = siam_picture_load(path, plain, &here);
  snprintf(sentence, sizeof sentence, "%s", siam_last_error());
  cr_assert_eq(siam_picture_load(path, &apart, &there), status, "%s: %s", path, siam_last_error());
  if (status != SIAM_OK) {
    cr_expect_str_eq(siam_last_error(), sentence);
    return;
  }
  cr_expect(here.width == there.width && here.height == there.height && here.channels == there.channels &&
                here.format == there.format && here.had_alpha == there.had_alpha &&
                here.was_rotated == there.was_rotated && here.was_grey == there.was_grey &&
                here.was_sixteen_bit == there.was_sixteen_bit,
            "%s", path);
  cr_expect_arr_eq(here.pixels, there.pixels, (size_t)here.width * here.height * here.channels, "%s", path);
  siam_picture_clear(&here);
  siam_picture_clear(&there);
}

Test(decoders, every_fixture_gives_the_same_pixels_or_the_same_sentence) {
  static const siam_picture_options ways[] = {
      {0}, {.enough_width = 4, .enough_height = 4}, {.max_pixels = 100}};
  const char *fixtures = SIAMESE_SOURCE_DIR "/tests/data/fixtures";
  DIR *list = opendir(fixtures);
  int count = 0;
  start(SIAMESE_DECODE_PROGRAM, 0);
  for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list)) {
    if (entry->d_name[0] == '.') continue;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
      expect_same(siam_test_fixture(entry->d_name), &ways[i]);
    count++;
  }
  closedir(list);
  cr_expect_gt(count, 80);
  cr_expect_eq(info().replaced, 0);
  cr_expect_eq(info().processes, 1);
}

Test(decoders, what_a_decoder_does_that_a_picture_never_needs_ends_it_and_names_the_file) {
  static const struct {
    const char *file, *sentence;
    bool dies;
  } cases[] = {
      {"hostile: crash", "it: its decoder crashed (signal 11)", true},
      {"hostile: hang", "it: decoding it takes longer than 1 seconds", true},
      {"hostile: sleep", "it: decoding it takes longer than 1 seconds", true},
      {"hostile: file", "it: decoding it asked for something that no picture needs", true},
      {"hostile: connect", "it: decoding it asked for something that no picture needs", true},
      {"hostile: start", "it: decoding it asked for something that no picture needs", true},
      {"hostile: write", "it: decoding it asked for something that no picture needs", true},
      {"hostile: code", "it: decoding it asked for something that no picture needs", true},
      {"hostile: nonsense", "it: its decoder gave an impossible answer", true},
      {"hostile: much", "it: its decoder gave an impossible answer", true},
      {"hostile: turn", "it: its decoder gave an impossible answer", true},
#ifndef __SANITIZE_ADDRESS__
      {"hostile: memory", "it: decoding it takes more memory than the limit of 256 MiB", false},
#endif
  };
  start_hostile(1);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    siam_picture picture;
    const uint32_t replaced = info().replaced;
    cr_assert_eq(decode(cases[i].file, &picture), SIAM_ERROR_FORMAT, "%s", cases[i].file);
    cr_expect_eq(strncmp(siam_last_error(), cases[i].sentence, strlen(cases[i].sentence)), 0, "%s: %s",
                 cases[i].file, siam_last_error());
    cr_expect_null(picture.pixels);
    cr_expect_eq(info().replaced, replaced + cases[i].dies, "%s", cases[i].file);
    expect_that_it_works();
  }
}

#ifndef __SANITIZE_ADDRESS__
Test(decoders, memory_follows_the_pixels_that_are_allowed) {
  static const struct {
    siam_decoders_options options;
    const char *limit;
  } cases[] = {{{0}, "1024 MiB"},
               {{.max_pixels = 1000}, "1024 MiB"},
               {{.max_pixels = 96 << 20}, "1536 MiB"},
               {{.max_pixels = 96 << 20, .memory = 128 << 20}, "128 MiB"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    siam_decoders_options options = cases[i].options;
    siam_picture picture;
    char sentence[128];
    options.mode = SIAM_DECODE_PROCESS;
    options.program = SIAMESE_BINARY_DIR "/tests/hostile_decode";
    cr_assert_eq(siam_decoders_create(&options, &decoders), SIAM_OK, "%s", siam_last_error());
    cr_expect_eq(decode("hostile: memory", &picture), SIAM_ERROR_FORMAT);
    snprintf(sentence, sizeof sentence,
             "it: decoding it takes more memory than the limit of %s; make it smaller", cases[i].limit);
    cr_expect_str_eq(siam_last_error(), sentence);
    siam_decoders_destroy(decoders);
    decoders = NULL;
  }
}
#endif

static int count_open(void) {
  DIR *list = opendir("/proc/self/fd");
  int count = 0;
  while (readdir(list) != NULL) count++;
  closedir(list);
  return count;
}

Test(decoders, a_thousand_deaths_leave_nothing_behind) {
  enum { DEATHS = 1000 };
  start_hostile(1);
  expect_that_it_works();
  const int before = count_open();
  for (int i = 0; i < DEATHS; i++) {
    siam_picture picture;
    cr_assert_eq(decode("hostile: crash", &picture), SIAM_ERROR_FORMAT);
  }
  expect_that_it_works();
  cr_expect_eq(info().replaced, DEATHS);
  cr_expect_eq(info().processes, 1);
  cr_expect_eq(count_open(), before);
  siam_decoders_destroy(decoders);
  decoders = NULL;
  cr_expect(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "a process is left");
}

static void keep(void *context, siam_log_level level, const char *message) {
  (void)context, (void)level;
  strncat(messages, message, sizeof messages - strlen(messages) - 2);
  strcat(messages, "\n");
}

/// Writes `count` small pictures of different sizes, and a large one.
static void write_pictures(uint32_t count) {
  enum { MOST = 1100 };
  uint8_t *pixels = malloc((size_t)MOST * MOST * 3);
  for (uint32_t k = 0; k < MOST * MOST * 3; k++) pixels[k] = (uint8_t)(k * 31 + k / 1000);
  for (uint32_t i = 0; i < count; i++) {
    char name[32];
    snprintf(name, sizeof name, "d/%03u.pnm", i);
    siam_test_write_pnm(siam_scratch_path(folder, name), 20 + i * 7 % 300, 20 + i * 5 % 200, 3, pixels + i);
  }
  siam_test_write_pnm(siam_scratch_path(folder, "d/large.pnm"), MOST, MOST, 3, pixels);
  free(pixels);
}

static siam_images *open_images(uint32_t threads, bool apart, uint64_t resident, siam_dataset **dataset) {
  siam_images *images = NULL;
  const char *path = siam_scratch_path(folder, "d");
  const siam_images_options options = {.shape = {16, 16, 3, SIAM_RESIZE_LETTERBOX, 0},
                                       .picture = {.decoders = apart ? decoders : NULL},
                                       .resident_bytes = resident,
                                       .threads = threads,
                                       .logger = {keep, NULL}};
  cr_assert_eq(siam_dataset_collect(&path, 1, NULL, dataset), SIAM_OK);
  cr_assert_eq(siam_images_open(*dataset, &options, &images), SIAM_OK, "%s", siam_last_error());
  return images;
}

static void close_images(siam_images *images, siam_dataset *dataset) {
  siam_images_destroy(images);
  siam_dataset_destroy(dataset);
}

Test(decoders, folders_give_the_same_bytes_with_any_number_of_threads) {
  enum { COUNT = 300, BYTES = 16 * 16 * 3 };
  siam_dataset *here_set, *there_set;
  uint32_t numbers[COUNT + 1];
  uint8_t *streamed = malloc((COUNT + 1) * BYTES);
  start(SIAMESE_DECODE_PROGRAM, 0);
  write_pictures(COUNT);
  siam_images *here = open_images(2, false, 0, &here_set);
  for (uint32_t i = 0; i <= COUNT; i++) numbers[i] = i;
  for (uint32_t threads = 0; threads < 5; threads++) {
    siam_images *there = open_images(threads, true, 0, &there_set);
    cr_assert_eq(siam_images_count(there), COUNT + 1);
    cr_expect_arr_eq(siam_images_get_bytes(there), siam_images_get_bytes(here), (COUNT + 1) * BYTES);
    close_images(there, there_set);
    there = open_images(threads, true, 1, &there_set);
    cr_assert_eq(siam_images_read(there, numbers, COUNT + 1, streamed), SIAM_OK, "%s", siam_last_error());
    cr_expect_arr_eq(streamed, siam_images_get_bytes(here), (COUNT + 1) * BYTES);
    close_images(there, there_set);
  }
  close_images(here, here_set);
  free(streamed);
  cr_expect_eq(info().replaced, 0);
  cr_expect_leq(info().processes, 8);
}

Test(decoders, of_pictures_decoded_together_only_the_hostile_ones_are_left_out) {
  static const char *const hostile[] = {"crash", "file", "much"};
  siam_dataset *dataset;
  start_hostile(1);
  write_pictures(60);
  for (int i = 0; i < 3; i++) {
    char name[32], text[32];
    snprintf(name, sizeof name, "d/%03d_hostile.png", 10 + i);
    snprintf(text, sizeof text, "hostile: %s", hostile[i]);
    siam_test_write(siam_scratch_path(folder, name), text, strlen(text));
  }
  siam_images *images = open_images(1, true, 0, &dataset);
  cr_expect_eq(siam_images_get_facts(images)->broken, 3);
  cr_expect_eq(siam_images_count(images), 61);
  cr_expect_not_null(strstr(messages, "010_hostile.png: its decoder crashed"), "%s", messages);
  cr_expect_not_null(strstr(messages, "011_hostile.png: decoding it asked"), "%s", messages);
  cr_expect_not_null(strstr(messages, "012_hostile.png: its decoder gave an imp"), "%s", messages);
  close_images(images, dataset);
}

static bool count_admission(void *context, uint64_t pixels) {
  *(uint64_t *)context += pixels;
  return true;
}

/// Bytes that the regions of all processes take.
static uint64_t region_bytes(void) {
  uint64_t bytes = 0;
  for (int file = 0; file < 100; file++) {
    char path[64], target[64] = "";
    struct stat information;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (readlink(path, target, sizeof target - 1) <= 0 || strstr(target, "siamese-decode") == NULL) continue;
    cr_assert_eq(fstat(file, &information), 0);
    bytes += (uint64_t)information.st_blocks * 512;
  }
  return bytes;
}

Test(decoders, large_pictures_are_announced_and_give_their_memory_back) {
  enum { SIDE = 4000 };
  uint8_t *pixels = calloc(SIDE * SIDE, 3);
  uint64_t announced = 0;
  siam_picture picture;
  start(SIAMESE_DECODE_PROGRAM, 0);
  siam_test_write_pnm(siam_scratch_path(folder, "large.pnm"), SIDE, SIDE, 3, pixels);
  siam_picture_options options = {
      .decoders = decoders, .admit = count_admission, .admit_context = &announced};
  cr_assert_eq(siam_picture_load(siam_scratch_path(folder, "large.pnm"), &options, &picture), SIAM_OK, "%s",
               siam_last_error());
  cr_expect_eq(announced, (uint64_t)SIDE * SIDE);
  cr_expect_gt(region_bytes(), 90 << 20);
  siam_picture_clear(&picture);
  cr_expect_lt(region_bytes(), 40 << 20);
  expect_that_it_works();
  free(pixels);
}

Test(decoders, where_no_process_can_be_had_pictures_are_decoded_here_or_not_at_all) {
  static const char *const programs[] = {"/no/such/program", "/bin/false"};
  static const char *const reasons[] = {"/no/such/program: cannot be run: No such file or directory",
                                        "siamese-decode ended as it began (exit code 1)"};
  for (int i = 0; i < 2; i++) {
    siam_picture picture;
    cr_assert_eq(siam_decoders_create(&(siam_decoders_options){.program = programs[i]}, &decoders), SIAM_OK);
    expect_that_it_works();
    cr_expect(!info().in_process);
    cr_expect_str_eq(info().reason, reasons[i]);
    siam_decoders_destroy(decoders);
    start(programs[i], 0);
    cr_expect_eq(decode("P2 1 1 255 77", &picture), SIAM_ERROR_ARGUMENT);
    cr_expect_eq(strncmp(siam_last_error(), reasons[i], strlen(reasons[i])), 0, "%s", siam_last_error());
    siam_decoders_destroy(decoders);
    decoders = NULL;
  }
}

Test(decoders, the_environment_chooses_where_the_program_does_not) {
  const siam_decoders_options automatic = {.program = SIAMESE_DECODE_PROGRAM};
  setenv("SIAMESE_DECODE", "inside", 1);
  cr_assert_eq(siam_decoders_create(&automatic, &decoders), SIAM_OK);
  cr_expect(!info().in_process);
  cr_expect_eq(info().processes, 0);
  siam_decoders_destroy(decoders);
  start(SIAMESE_DECODE_PROGRAM, 0);
  cr_expect(info().in_process);
  siam_decoders_destroy(decoders);
  decoders = NULL;
  setenv("SIAMESE_DECODE", "elsewhere", 1);
  cr_expect_eq(siam_decoders_create(&automatic, &decoders), SIAM_ERROR_ARGUMENT);
  cr_expect_str_eq(siam_last_error(), "SIAMESE_DECODE=elsewhere: set it to process or inside, or not at all");
}

/// The first child of a process, or 0.
static int child_of(int process) {
  char path[64];
  int child = 0;
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", process, process);
  FILE *file = fopen(path, "r");
  if (file != NULL && fscanf(file, "%d", &child) != 1) child = 0;
  if (file != NULL) fclose(file);
  return child;
}

Test(decoders, a_program_that_is_killed_takes_its_processes_along) {
  int ready[2];
  char byte;
  cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  cr_assert_eq(pipe(ready), 0);
  const int program = fork();
  if (program == 0) {
    start(SIAMESE_DECODE_PROGRAM, 0);
    info();
    if (write(ready[1], "r", 1) == 1) pause();
    _exit(1);
  }
  cr_assert_eq(read(ready[0], &byte, 1), 1);
  const int process = child_of(program);
  cr_assert_gt(process, 0);
  kill(program, SIGKILL);
  cr_expect_eq(waitpid(program, NULL, 0), program);
  // Returns when it has ended, and that is by itself.
  cr_expect_eq(waitpid(process, NULL, 0), process);
  close(ready[0]);
  close(ready[1]);
}
