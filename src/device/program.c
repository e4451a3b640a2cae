#include "device/program.h"

#include "base/memory.h"
#include "base/text.h"
#include "device/bitcode.h"
#include "device/kernel_sources.h"

#include <string.h>

struct siam_program {
  struct siam_program *next;
  siam_device *device;
  char *name, *options;
  cl_program built;
};

/// OpenCL C 1.2 is what every driver of DESIGN speaks. No relaxed mathematics: hot kernels say fma() where
/// they mean it, and everything else keeps IEEE results, so that devices differ by rounding alone. Subnormal
/// numbers are zero: devices may flush them anyway, and many CPUs slow down over them.
#define COMMON_OPTIONS "-cl-std=CL1.2 -cl-denorms-are-zero"

static const char *find_source(const char *name) {
  for (const siam_kernel_source *source = siam_kernel_sources; source->name != NULL; source++)
    if (strcmp(source->name, name) == 0) return source->text;
  return NULL;
}

/// Fails with the compiler's words, from its first error on: warnings before it would fill the message.
static siam_status fail_build(siam_device *device, cl_program program, const siam_binary_origin *origin,
                              cl_int error) {
  size_t size = 0;
  clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, 0, NULL, &size);
  char *log = siam_allocate(size + 1, 1);
  if (log == NULL) return SIAM_ERROR_MEMORY;
  clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, size, log, NULL);
  const char *words = strstr(log, "error:");
  while (words != NULL && words > log && words[-1] != '\n') words--;
  if (words == NULL) words = log;
  siam_fail_opencl(error, "build it");
  siam_status status = siam_fail_within(SIAM_ERROR_DEVICE, "cl/%s.cl on %s with %s", origin->name,
                                        device->info.name, origin->options);
  status = siam_fail(status, "%s\n%.1400s", siam_last_error(), words);
  siam_free(log);
  return status;
}

static siam_status build_from_source(siam_device *device, const siam_binary_origin *origin,
                                     cl_program *built) {
  cl_int error = CL_SUCCESS;
  const char *source = origin->source;
  cl_program program = clCreateProgramWithSource(device->context, 1, &source, NULL, &error);
  SIAM_RETURN_IF_FAILED(siam_opencl(error, "make a program"));
  error = clBuildProgram(program, 1, &device->id, origin->options, NULL, NULL);
  if (error != CL_SUCCESS) {
    siam_status status = fail_build(device, program, origin, error);
    clReleaseProgram(program);
    return status;
  }
  *built = program;
  return SIAM_OK;
}

/// Keeps what a program was built to, where that is the driver's binary.
static void keep(siam_device *device, const siam_binary_origin *origin, cl_program built) {
  size_t count = 0;
  uint8_t *binary = device->traits.kept == SIAM_KEPT_BINARY ? siam_binary_of(built, &count) : NULL;
  if (binary != NULL) siam_binary_store(device, origin, binary, count);
  siam_free(binary);
}

/// Takes what is kept, else builds and keeps.
static siam_status build(siam_device *device, const siam_binary_origin *origin, cl_program *built) {
  if (device->traits.kept != SIAM_KEPT_NOTHING) siam_binary_load(device, origin, built);
  if (*built != NULL) return SIAM_OK;
  siam_log(&device->logger, SIAM_LOG_DEBUG, "%s: compiling it with %s", origin->name, origin->options);
  if (device->traits.kept == SIAM_KEPT_BITCODE) siam_bitcode_build(device, origin, built);
  if (*built != NULL) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(build_from_source(device, origin, built));
  keep(device, origin, *built);
  return SIAM_OK;
}

static void program_release(siam_program *program) {
  if (program->built != NULL) clReleaseProgram(program->built);
  siam_free(program->name);
  siam_free(program->options);
  siam_free(program);
}

static siam_status program_create(siam_device *device, const char *name, const char *source,
                                  const char *options, siam_program **program) {
  siam_status status = SIAM_OK;
  siam_program *made = NULL;
  SIAM_TRY_ALLOCATE(made, 1);
  made->device = device;
  made->name = siam_copy_text(name);
  made->options = siam_copy_text(options);
  if (made->name == NULL || made->options == NULL) {
    status = SIAM_ERROR_MEMORY;
    goto cleanup;
  }
  SIAM_TRY(build(device, &(siam_binary_origin){name, source, options}, &made->built));
  *program = made;
  made = NULL;
cleanup:
  if (made != NULL) program_release(made);
  return status;
}

siam_status siam_program_get_source(siam_device *device, const char *name, const char *source,
                                    const char *options, siam_program **program) {
  siam_status status = SIAM_OK;
  siam_text text = {0};
  siam_text_add(&text, COMMON_OPTIONS " -DLOCAL=%u -DWIDTH=%u%s", device->traits.group_size,
                device->traits.vector_width, device->traits.has_fma ? "" : " -DNO_FMA");
  if (options != NULL && options[0] != '\0') siam_text_add(&text, " %s", options);
  SIAM_TRY(siam_text_status(&text));
  for (siam_program *known = device->programs; known != NULL; known = known->next) {
    if (strcmp(known->name, name) != 0 || strcmp(known->options, text.bytes) != 0) continue;
    *program = known;
    goto cleanup;
  }
  siam_program *made = NULL;
  SIAM_TRY(program_create(device, name, source, text.bytes, &made));
  made->next = device->programs;
  device->programs = made;
  *program = made;
cleanup:
  siam_text_clear(&text);
  return status;
}

siam_status siam_program_get(siam_device *device, const char *name, const char *options,
                             siam_program **program) {
  const char *source = find_source(name);
  if (source == NULL) return siam_fail(SIAM_ERROR_ARGUMENT, "there is no kernel file cl/%s.cl", name);
  return siam_program_get_source(device, name, source, options, program);
}

siam_status siam_program_kernel(siam_program *program, const char *kernel, cl_kernel *created) {
  cl_int error = CL_SUCCESS;
  *created = clCreateKernel(program->built, kernel, &error);
  if (error == CL_SUCCESS) return SIAM_OK;
  return siam_fail_within(siam_fail_opencl(error, "make the kernel"), "%s of cl/%s.cl", kernel,
                          program->name);
}

void siam_programs_release(siam_device *device) {
  while (device->programs != NULL) {
    siam_program *program = device->programs;
    device->programs = program->next;
    program_release(program);
  }
}
