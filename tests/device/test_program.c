#include "device/device.h"
#include "device/program.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static siam_device *device;
static void begin(void) {
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
}
static void end(void) {
  siam_device_destroy(device);
}
TestSuite(program, .init = begin, .fini = end);

/// Every item writes what its options and its place make of it, by an unaligned vector where there are any.
static const char source[] = "#if WIDTH > 1\n"
                             "#define JOIN_(a, b) a##b\n"
                             "#define JOIN(a, b) JOIN_(a, b)\n"
                             "typedef JOIN(float, WIDTH) __attribute__((aligned(4))) vector;\n"
                             "#else\n"
                             "typedef float vector;\n"
                             "#endif\n"
                             "__kernel __attribute__((reqd_work_group_size(LOCAL, 1, 1)))\n"
                             "void place(__global float *restrict y) {\n"
                             "  const size_t item = get_global_id(0);\n"
                             "  vector sum = 0;\n"
                             "  _Pragma(\"unroll\")\n"
                             "  for (int i = 0; i < 3; i++) sum += (float)(item * ADD);\n"
                             "  *(__global vector *)(y + 1 + item * WIDTH) = sum;\n"
                             "}\n";

Test(program, a_kernel_runs_in_groups_of_LOCAL_with_vectors_of_WIDTH) {
  siam_program *program = NULL;
  cl_kernel kernel = NULL;
  cl_mem buffer = NULL;
  cr_assert_eq(siam_program_get_source(device, "place", source, "-DADD=2", &program), SIAM_OK, "%s",
               siam_last_error());
  cr_assert_eq(siam_program_kernel(program, "place", &kernel), SIAM_OK);
  const size_t local = device->traits.group_size, items = 2 * local, width = device->traits.vector_width;
  const size_t count = 1 + items * width;
  cr_assert_eq(siam_buffer_create(device, count, &buffer), SIAM_OK);
  cr_assert_eq(clSetKernelArg(kernel, 0, sizeof(cl_mem), &buffer), CL_SUCCESS);
  cr_assert_eq(clEnqueueNDRangeKernel(device->queue, kernel, 1, NULL, &items, &local, 0, NULL, NULL),
               CL_SUCCESS);
  float *values = calloc(count, sizeof *values);
  cr_assert_eq(siam_buffer_read(device, buffer, 0, count, values), SIAM_OK);
  cr_expect_eq(values[0], 0);
  for (size_t i = 0; i < count - 1; i++) cr_assert_eq((size_t)values[1 + i], i / width * 6);
  free(values);
  clReleaseKernel(kernel);
  clReleaseMemObject(buffer);
}

Test(program, equal_requests_share_a_program_and_other_options_do_not) {
  siam_program *first = NULL, *second = NULL, *third = NULL;
  cr_assert_eq(siam_program_get_source(device, "place", source, "-DADD=2", &first), SIAM_OK);
  cr_assert_eq(siam_program_get_source(device, "place", source, "-DADD=2", &second), SIAM_OK);
  cr_assert_eq(siam_program_get_source(device, "place", source, "-DADD=3", &third), SIAM_OK);
  cr_expect_eq(first, second);
  cr_expect_neq(first, third);
}

Test(program, a_failed_build_names_file_device_and_options_and_quotes_the_compiler) {
  siam_program *program = NULL;
  cr_assert_eq(siam_program_get_source(device, "place", source, NULL, &program), SIAM_ERROR_DEVICE);
  cr_expect_not_null(strstr(siam_last_error(), "cl/place.cl on "));
  cr_expect_not_null(strstr(siam_last_error(), device->info.name));
  cr_expect_not_null(strstr(siam_last_error(), "-DLOCAL="));
  cr_expect_not_null(strstr(siam_last_error(), "ADD"), "%s", siam_last_error());
  cr_expect_null(program);
  cr_expect_null(device->programs);
}

Test(program, unknown_files_and_kernels_are_refused_by_name) {
  siam_program *program = NULL;
  cl_kernel kernel = NULL;
  cr_expect_eq(siam_program_get(device, "no_such_file", "", &program), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "cl/no_such_file.cl"));
  cr_assert_eq(siam_program_get_source(device, "place", source, "-DADD=2", &program), SIAM_OK);
  cr_expect_eq(siam_program_kernel(program, "nowhere", &kernel), SIAM_ERROR_DEVICE);
  cr_expect_not_null(strstr(siam_last_error(), "nowhere of cl/place.cl"));
}

static char *folder;
static void begin_fresh(void) {
  folder = siam_scratch_create();
  setenv("POCL_CACHE_DIR", folder, 1);
  setenv("SIAMESE_CACHE_DIR", "off", 1);
  begin();
}
static void end_fresh(void) {
  end();
  siam_scratch_remove(folder);
}
TestSuite(program_fresh, .init = begin_fresh, .fini = end_fresh);

/// Builds the kernel with standard error going to a file, and returns what stands there.
static const char *words_while_building(const char *name, const char *options) {
  static char words[4096];
  const char *path = siam_scratch_path(folder, "words");
  siam_program *program = NULL;
  const int terminal = dup(STDERR_FILENO), file = open(path, O_RDWR | O_CREAT, 0600);
  dup2(file, STDERR_FILENO);
  const siam_status status = siam_program_get(device, name, options, &program);
  dup2(terminal, STDERR_FILENO);
  close(terminal);
  cr_assert_eq(status, SIAM_OK, "%s", siam_last_error());
  const ssize_t length = pread(file, words, sizeof words - 1, 0);
  words[length > 0 ? length : 0] = '\0';
  close(file);
  return words;
}

Test(program_fresh, a_compiler_has_nothing_to_say_to_the_user) {
  // The options that siamese-compare has on a processor with AVX-512, and those of narrower ones.
  cr_expect_str_empty(words_while_building("gemm_tile", "-DROWS=6 -DVECTORS=4 -DDEPTH=128 -DBAND=72"));
  cr_expect_str_empty(words_while_building("gemm_tile", "-DROWS=6 -DVECTORS=2"));
}
