#include "device/tuning.h"

#include "base/cache.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *folder;
static siam_device *device;

static siam_device *open_device(void) {
  siam_device *opened = NULL;
  cr_assert_eq(siam_device_create(NULL, &opened), SIAM_OK, "%s", siam_last_error());
  return opened;
}
static void begin(void) {
  folder = siam_scratch_create();
  setenv("SIAMESE_CACHE_DIR", folder, 1);
  device = open_device();
}
static void end(void) {
  siam_device_destroy(device);
  siam_scratch_remove(folder);
}
TestSuite(tuning, .init = begin, .fini = end);

static void keep(const char *problem, const char *choice) {
  cr_assert_eq(siam_tuning_keep(device, problem, choice), SIAM_OK, "%s", siam_last_error());
}

static void expect(const char *problem, const char *choice) {
  const char *found = siam_tuning_find(device, problem);
  if (choice == NULL)
    cr_expect_null(found, "%s: %s", problem, found);
  else
    cr_expect(found != NULL && strcmp(found, choice) == 0, "%s: %s", problem, found);
}

/// The device as another process finds it.
static void open_anew(void) {
  siam_device_destroy(device);
  device = open_device();
}

/// Path of the one entry there is.
static const char *entry_path(void) {
  const char *path = NULL;
  DIR *open_folder = opendir(folder);
  for (struct dirent *entry = readdir(open_folder); entry != NULL; entry = readdir(open_folder))
    if (strncmp(entry->d_name, SIAM_TUNING_KIND "-", sizeof SIAM_TUNING_KIND) == 0)
      path = siam_scratch_path(folder, entry->d_name);
  closedir(open_folder);
  cr_assert_not_null(path);
  return path;
}

Test(tuning, results_are_there_for_the_next_process) {
  expect("gemm nn 2x2x2", NULL);
  keep("gemm nn 2x2x2", "tile");
  keep("conv forward", "direct");
  keep("gemm nn 2x2x2", "clblast");
  expect("gemm nn 2x2x2", "clblast");
  open_anew();
  expect("gemm nn 2x2x2", "clblast");
  expect("conv forward", "direct");
  expect("conv", NULL);
  keep("another", "tile");
  open_anew();
  expect("conv forward", "direct");
  expect("another", "tile");
}

Test(tuning, results_outlive_an_update_of_the_driver_but_not_its_next_major_version) {
  snprintf(device->info.driver, sizeof device->info.driver, "3.1+debian");
  keep("a", "tile");
  siam_tuning_release(device);
  snprintf(device->info.driver, sizeof device->info.driver, "3.2");
  expect("a", "tile");
  siam_tuning_release(device);
  snprintf(device->info.driver, sizeof device->info.driver, "4.0");
  expect("a", NULL);
  siam_tuning_release(device);
  snprintf(device->info.driver, sizeof device->info.driver, "3.1+debian");
  snprintf(device->info.name, sizeof device->info.name, "another device");
  expect("a", NULL);
}

Test(tuning, a_damaged_entry_counts_as_none_and_is_written_anew) {
  keep("a", "tile");
  FILE *file = fopen(entry_path(), "r+b");
  cr_assert_not_null(file);
  fseek(file, -2, SEEK_END);
  fputc('X', file);
  fclose(file);
  open_anew();
  expect("a", NULL);
  keep("b", "direct");
  open_anew();
  expect("a", NULL);
  expect("b", "direct");
}

Test(tuning, lines_that_mean_nothing_are_not_believed) {
  static const char *const contents[] = {"a\ttile\nno tab\n", "a\ttile\nunfinished\tline", "\ttile\n",
                                         "a\t\n", "a\ttile\nb\t\x01\n"};
  for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
    siam_text key = {0};
    cr_assert_eq(siam_tuning_key(device, &key), SIAM_OK);
    cr_assert_eq(siam_cache_store(SIAM_TUNING_KIND, key.bytes, contents[i], strlen(contents[i])), SIAM_OK);
    siam_text_clear(&key);
    open_anew();
    expect("a", NULL);
  }
}

Test(tuning, refuses_what_no_line_can_hold) {
  char longest[SIAM_TUNING_PROBLEM_SIZE + 1] = "";
  memset(longest, 'a', SIAM_TUNING_PROBLEM_SIZE);
  cr_expect_eq(siam_tuning_keep(device, longest, "tile"), SIAM_ERROR_ARGUMENT);
  longest[SIAM_TUNING_PROBLEM_SIZE - 1] = '\0';
  keep(longest, "tile");
  cr_expect_eq(siam_tuning_keep(device, "a\tb", "tile"), SIAM_ERROR_ARGUMENT);
  cr_expect_eq(siam_tuning_keep(device, "a", "ti\nle"), SIAM_ERROR_ARGUMENT);
  cr_expect_eq(siam_tuning_keep(device, "", "tile"), SIAM_ERROR_ARGUMENT);
  cr_expect_eq(siam_tuning_keep(device, "a", ""), SIAM_ERROR_ARGUMENT);
  open_anew();
  expect(longest, "tile");
}

Test(tuning, without_a_cache_results_hold_until_the_device_closes) {
  setenv("SIAMESE_CACHE_DIR", "off", 1);
  keep("a", "tile");
  expect("a", "tile");
  open_anew();
  expect("a", NULL);
}

static char messages[4096];

static void note(void *context, siam_log_level level, const char *message) {
  (void)context;
  if (level == SIAM_LOG_WARNING) strncat(messages, message, sizeof messages - strlen(messages) - 1);
}

Test(tuning, a_folder_that_cannot_be_used_is_named_only_when_there_are_results_to_keep) {
  setenv("SIAMESE_CACHE_DIR", "/proc/nowhere", 1);
  siam_tuning_release(device);
  device->logger.write = note;
  expect("a", NULL);
  cr_expect_str_eq(messages, "");
  keep("a", "tile");
  cr_expect_not_null(strstr(messages, "/proc/nowhere"), "%s", messages);
  cr_expect_not_null(
      strstr(messages, "; what was tuned holds for this run alone: mend that, or name another "), "%s",
      messages);
  expect("a", "tile");
}

Test(tuning, another_folder_is_advised_only_where_the_folder_is_to_blame) {
  device->logger.write = note;
  siam_device_report_cache(device, siam_fail(SIAM_ERROR_MEMORY, "no memory"), "it is made anew");
  cr_expect_str_eq(messages, "no memory; it is made anew");
}
