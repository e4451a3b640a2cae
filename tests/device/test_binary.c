#include "base/cache.h"
#include "device/bitcode.h"
#include "device/program.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *folder;
static char messages[4096];

static void note(void *context, siam_log_level level, const char *message) {
  (void)context;
  size_t length = strlen(messages);
  snprintf(messages + length, sizeof messages - length, "%d %s\n", (int)level, message);
}

static void begin(void) {
  folder = siam_scratch_create();
  setenv("SIAMESE_CACHE_DIR", folder, 1);
}
static void end(void) {
  siam_scratch_remove(folder);
}
TestSuite(binary, .init = begin, .fini = end);

static siam_device *open_device(void) {
  siam_device *device = NULL;
  const siam_device_options options = {.logger = {.write = note}};
  cr_assert_eq(siam_device_create(&options, &device), SIAM_OK, "%s", siam_last_error());
  return device;
}

static const char source[] =
    "__kernel __attribute__((reqd_work_group_size(LOCAL, 1, 1))) void value(__global float *y) {\n"
    "  if (get_global_id(0) == 0) y[0] = VALUE;\n"
    "}\n";

/// The value of a kernel that is built for `options` in a process of its own, as far as OpenCL can tell. Of
/// its program `kept` is kept, whatever suits the driver.
static float run_keeping(siam_kept kept, const char *options) {
  siam_device *device = open_device();
  device->traits.kept = kept;
  messages[0] = '\0';
  siam_program *program = NULL;
  cl_kernel kernel = NULL;
  cl_mem buffer = NULL;
  float value = 0;
  cr_assert_eq(siam_program_get_source(device, "value", source, options, &program), SIAM_OK, "%s",
               siam_last_error());
  cr_assert_eq(siam_program_kernel(program, "value", &kernel), SIAM_OK);
  cr_assert_eq(siam_buffer_create(device, 1, &buffer), SIAM_OK);
  cr_assert_eq(clSetKernelArg(kernel, 0, sizeof(cl_mem), &buffer), CL_SUCCESS);
  const size_t items = device->traits.group_size;
  cr_assert_eq(clEnqueueNDRangeKernel(device->queue, kernel, 1, NULL, &items, &items, 0, NULL, NULL),
               CL_SUCCESS);
  cr_assert_eq(siam_buffer_read(device, buffer, 0, 1, &value), SIAM_OK);
  clReleaseMemObject(buffer);
  clReleaseKernel(kernel);
  siam_device_destroy(device);
  return value;
}

static float run(const char *options) {
  return run_keeping(SIAM_KEPT_BINARY, options);
}

/// Whether the last run compiled its program.
static bool has_compiled(void) {
  return strstr(messages, "2 value: compiling it with ") != NULL;
}

static size_t entries(char *path, size_t size) {
  size_t count = 0;
  DIR *open_folder = opendir(folder);
  for (struct dirent *entry = readdir(open_folder); entry != NULL; entry = readdir(open_folder)) {
    if (strncmp(entry->d_name, "program-", 8) != 0) continue;
    snprintf(path, size, "%s/%s", folder, entry->d_name);
    count++;
  }
  closedir(open_folder);
  return count;
}

static void write_file(const char *path, const char *bytes, size_t count) {
  FILE *file = fopen(path, "wb");
  cr_assert_not_null(file);
  fwrite(bytes, 1, count, file);
  fclose(file);
}

Test(binary, a_second_run_takes_the_kept_binary_and_other_options_do_not) {
  char path[512];
  struct stat first, second;
  cr_expect_eq(run("-DVALUE=3"), 3);
  cr_expect(has_compiled());
  cr_assert_eq(entries(path, sizeof path), 1);
  cr_assert_eq(stat(path, &first), 0);
  cr_expect_eq(run("-DVALUE=3"), 3);
  cr_expect_str_eq(messages, "");
  cr_assert_eq(stat(path, &second), 0);
  cr_expect_eq(first.st_ino, second.st_ino, "the entry was written again");
  cr_expect_eq(run("-DVALUE=4"), 4);
  cr_expect_eq(entries(path, sizeof path), 2);
}

Test(binary, whatever_else_may_compile_differently_has_entries_of_its_own) {
  siam_device *device = open_device();
  const siam_binary_origin origins[] = {
      {"value", source, ""}, {"other", source, ""}, {"value", "other", ""}, {"value", source, "-DX"}};
  char *const facts[] = {device->info.platform, device->info.vendor, device->info.name, device->info.version,
                         device->info.driver};
  enum { ORIGINS = 4, FACTS = 5 };
  siam_text keys[ORIGINS + FACTS] = {0};
  for (int i = 0; i < ORIGINS; i++) cr_assert_eq(siam_binary_key(device, &origins[i], &keys[i]), SIAM_OK);
  for (int i = 0; i < FACTS; i++) {
    const char kept = facts[i][0];
    facts[i][0] = '?';
    cr_assert_eq(siam_binary_key(device, &origins[0], &keys[ORIGINS + i]), SIAM_OK);
    facts[i][0] = kept;
  }
  for (int i = 0; i < ORIGINS + FACTS; i++)
    for (int j = 0; j < i; j++) cr_expect_str_neq(keys[i].bytes, keys[j].bytes, "%d and %d", i, j);
  char compiler[256];
  cr_assert_eq(clGetPlatformInfo(device->platform, CL_PLATFORM_VERSION, sizeof compiler, compiler, NULL),
               CL_SUCCESS);
  cr_expect_not_null(strstr(keys[0].bytes, compiler), "%s", compiler);
  for (int i = 0; i < ORIGINS + FACTS; i++) siam_text_clear(&keys[i]);
  siam_device_destroy(device);
}

Test(binary, a_damaged_entry_is_rebuilt_in_silence) {
  char path[512];
  cr_expect_eq(run("-DVALUE=3"), 3);
  cr_assert_eq(entries(path, sizeof path), 1);
  write_file(path, "nonsense", 8);
  cr_expect_eq(run("-DVALUE=3"), 3);
  struct stat information;
  cr_assert_eq(stat(path, &information), 0);
  cr_expect_gt(information.st_size, 8);
  cr_expect(has_compiled());
  cr_expect_null(strstr(messages, "refused"), "what is damaged went to the driver: %s", messages);
}

Test(binary, a_sound_entry_that_the_driver_refuses_is_rebuilt_in_silence) {
  siam_device *device = open_device();
  if (strcmp(device->info.platform, "rusticl") == 0) {
    siam_device_destroy(device);
    end(); // A skipped test ends without it.
    cr_skip("Mesa 22.3 ends the process over a foreign binary");
  }
  char options[256];
  snprintf(options, sizeof options, "-cl-std=CL1.2 -cl-denorms-are-zero -DLOCAL=%u -DWIDTH=%u%s -DVALUE=3",
           device->traits.group_size, device->traits.vector_width, device->traits.has_fma ? "" : " -DNO_FMA");
  siam_text key = {0};
  cr_assert_eq(siam_binary_key(device, &(siam_binary_origin){"value", source, options}, &key), SIAM_OK);
  cr_assert_eq(siam_cache_store(SIAM_BINARY_KIND, key.bytes, "not a binary", 12), SIAM_OK);
  siam_text_clear(&key);
  siam_device_destroy(device);
  char path[512];
  cr_assert_eq(entries(path, sizeof path), 1);
  cr_expect_eq(run("-DVALUE=3"), 3);
  cr_expect_eq(entries(path, sizeof path), 1, "the entry was for another key");
  // Level 2 is for debugging: what is repaired needs no one's attention.
  cr_expect_eq(strncmp(messages, "2 value: the kept binary is refused", 35), 0, "%s", messages);
  cr_expect(has_compiled());
}

Test(binary, a_folder_that_is_not_safe_is_said_once_and_programs_are_built_from_source) {
  cr_assert_eq(chmod(folder, 0777), 0);
  cr_expect_eq(run("-DVALUE=5"), 5);
  char path[512];
  cr_expect_eq(entries(path, sizeof path), 0);
  cr_expect_eq(strncmp(messages, "0 ", 2), 0, "%s", messages);
  const char *found = strstr(messages, "others may write");
  cr_assert_not_null(found);
  cr_expect_null(strstr(found + 1, "0 /"), "%s", messages);
}

Test(binary, an_entry_that_cannot_be_written_is_said_once) {
  char path[512];
  cr_expect_eq(run("-DVALUE=5"), 5);
  cr_assert_eq(entries(path, sizeof path), 1);
  cr_assert_eq(remove(path), 0);
  cr_assert_eq(mkdir(path, 0700), 0);
  cr_expect_eq(run("-DVALUE=5"), 5);
  const char *found = strstr(messages, "it is a folder");
  cr_assert_not_null(found, "%s", messages);
  cr_expect_not_null(strstr(messages, "0 /"), "no warning: %s", messages);
  cr_expect_not_null(strstr(messages, "SIAMESE_CACHE_DIR"));
  cr_expect_null(strstr(found, "0 /"), "%s", messages);
}

Test(binary, drivers_that_keep_all_that_takes_time_get_no_entries) {
  char path[512];
  cr_expect_eq(run_keeping(SIAM_KEPT_NOTHING, "-DVALUE=6"), 6);
  cr_expect_eq(entries(path, sizeof path), 0);
}

static bool driver_takes_bitcode(void) {
  siam_device *device = open_device();
  const bool takes = device->traits.kept == SIAM_KEPT_BITCODE;
  siam_device_destroy(device);
  return takes;
}

Test(binary, bitcode_is_kept_and_taken_in_place_of_what_a_front_end_makes_of_the_source) {
  if (!driver_takes_bitcode()) {
    end(); // A skipped test ends without it.
    cr_skip("the driver takes no bitcode");
  }
  char path[512];
  struct stat entry;
  cr_expect_eq(run_keeping(SIAM_KEPT_BITCODE, "-DVALUE=7"), 7);
  cr_expect(has_compiled());
  cr_expect_null(strstr(messages, "takes no bitcode"), "%s", messages);
  cr_assert_eq(entries(path, sizeof path), 1);
  // No compiled kernels are in it, which would have taken their time.
  cr_assert_eq(stat(path, &entry), 0);
  cr_expect_lt(entry.st_size, 8192);
  cr_expect_eq(run_keeping(SIAM_KEPT_BITCODE, "-DVALUE=7"), 7);
  cr_expect_str_eq(messages, "");
  cr_expect_eq(run_keeping(SIAM_KEPT_BITCODE, "-DVALUE=8"), 8);
  cr_expect(has_compiled());
}

Test(binary, where_a_driver_takes_no_bitcode_programs_are_built_from_source_and_nothing_is_kept) {
  if (driver_takes_bitcode()) {
    end(); // A skipped test ends without it.
    cr_skip("the driver takes bitcode");
  }
  char path[512];
  cr_expect_eq(run_keeping(SIAM_KEPT_BITCODE, "-DVALUE=9"), 9);
  cr_expect_not_null(strstr(messages, "takes no bitcode"), "%s", messages);
  cr_expect_eq(entries(path, sizeof path), 0);
}

Test(binary, a_mistake_in_the_source_is_told_and_not_laid_to_the_driver) {
  siam_device *device = open_device();
  const siam_kept kept = device->traits.kept;
  siam_program *program = NULL;
  cr_expect_eq(siam_program_get_source(device, "broken", "void f(", "", &program), SIAM_ERROR_DEVICE);
  cr_expect_not_null(strstr(siam_last_error(), "cl/broken.cl"), "%s", siam_last_error());
  cr_expect_eq(device->traits.kept, kept);
  siam_device_destroy(device);
}

Test(binary, bitcode_is_found_where_its_file_is_whole) {
  static const uint8_t whole[] = "poclbin/program.bc\6\0\0\0BC\xC0\xDE\1\2rest";
  size_t count = 0;
  cr_expect_eq(siam_bitcode_find(whole, sizeof whole, &count), whole + 22);
  cr_expect_eq(count, 6);
  for (size_t size = 0; size < 28; size++)
    cr_expect_null(siam_bitcode_find(whole, size, &count), "%zu", size);
  static const uint8_t other[] = "poclbin/program.bc\6\0\0\0ELF\xDE\1\2rest";
  cr_expect_null(siam_bitcode_find(other, sizeof other, &count));
}
