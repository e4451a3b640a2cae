#include "device/binary.h"

#include "base/cache.h"
#include "base/hash.h"
#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

enum { MOST_BYTES = 64 << 20 };

static const char consequence[] = "without it every start compiles anew";

siam_status siam_binary_key(const siam_device *device, const siam_binary_origin *origin, siam_text *key) {
  uint64_t hash = siam_hash_bytes(origin->source, strlen(origin->source));
  const siam_device_info *info = &device->info;
  char compiler[256] = "";
  // PoCL's version of the platform names that of LLVM.
  if (clGetPlatformInfo(device->platform, CL_PLATFORM_VERSION, sizeof compiler, compiler, NULL) != CL_SUCCESS)
    compiler[0] = '\0';
  siam_text_add(key, "%s\n%s\n%s\n%s\n%s\n%s\n%s\n%016" PRIx64 "\n%s\n", info->platform, compiler,
                info->vendor, info->name, info->version, info->driver, origin->name, hash, origin->options);
  return siam_text_status(key);
}

uint8_t *siam_binary_of(cl_program program, size_t *count) {
  cl_int error = clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof *count, count, NULL);
  // A driver without binaries answers 0.
  if (error != CL_SUCCESS || *count == 0 || *count > MOST_BYTES) return NULL;
  unsigned char *bytes = siam_allocate(*count, 1);
  // The query wants an array of pointers, one for each device: of ours there is one.
  if (bytes == NULL ||
      clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof(unsigned char *), &bytes, NULL) == CL_SUCCESS)
    return bytes;
  siam_free(bytes);
  return NULL;
}

cl_int siam_binary_build(siam_device *device, const siam_binary_origin *origin, const uint8_t *binary,
                         size_t count, cl_program *built) {
  cl_int error = CL_SUCCESS, binary_error = CL_SUCCESS;
  cl_program program =
      clCreateProgramWithBinary(device->context, 1, &device->id, &count, &binary, &binary_error, &error);
  if (error == CL_SUCCESS) error = binary_error;
  if (error == CL_SUCCESS) error = clBuildProgram(program, 1, &device->id, origin->options, NULL, NULL);
  *built = error == CL_SUCCESS ? program : NULL;
  if (error != CL_SUCCESS && program != NULL) clReleaseProgram(program);
  return error;
}

void siam_binary_load(siam_device *device, const siam_binary_origin *origin, cl_program *built) {
  siam_text key = {0};
  uint8_t *bytes = NULL;
  size_t count = 0;
  *built = NULL;
  if (siam_binary_key(device, origin, &key) != SIAM_OK) goto cleanup;
  siam_device_report_cache(device, siam_cache_load(SIAM_BINARY_KIND, key.bytes, MOST_BYTES, &bytes, &count),
                           consequence);
  if (bytes == NULL) goto cleanup;
  cl_int error = siam_binary_build(device, origin, bytes, count, built);
  if (error != CL_SUCCESS)
    siam_log(&device->logger, SIAM_LOG_DEBUG, "%s: the kept binary is refused (%d), building anew",
             origin->name, (int)error);
cleanup:
  siam_free(bytes);
  siam_text_clear(&key);
}

void siam_binary_store(siam_device *device, const siam_binary_origin *origin, const uint8_t *binary,
                       size_t count) {
  siam_text key = {0};
  if (siam_binary_key(device, origin, &key) == SIAM_OK)
    siam_device_report_cache(device, siam_cache_store(SIAM_BINARY_KIND, key.bytes, binary, count),
                             consequence);
  else
    siam_log(&device->logger, SIAM_LOG_DEBUG, "%s: not kept: %s", origin->name, siam_last_error());
  siam_text_clear(&key);
}
