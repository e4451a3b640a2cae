#include "device/bitcode.h"

#include "base/memory.h"

#include <string.h>

/// The bitcode's file in PoCL's binary, between the length of its name and its own, each of four bytes with
/// the lowest first; and what bitcode begins with.
static const char file_name[] = "/program.bc", mark[] = "BC\xC0\xDE";
enum { NAME = sizeof file_name - 1, LENGTH = 4, MARK = sizeof mark - 1 };

const uint8_t *siam_bitcode_find(const uint8_t *binary, size_t size, size_t *count) {
  for (size_t i = 0; i + NAME + LENGTH + MARK <= size; i++) {
    const uint8_t *length = binary + i + NAME, *bitcode = length + LENGTH;
    if (memcmp(binary + i, file_name, NAME) != 0 || memcmp(bitcode, mark, MARK) != 0) continue;
    *count = length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
    return *count <= size - (i + NAME + LENGTH) ? bitcode : NULL;
  }
  return NULL;
}

/// The binary of the program, compiled and not linked; NULL where it does not compile, or has none.
static uint8_t *compile(siam_device *device, const siam_binary_origin *origin, size_t *size) {
  cl_int error = CL_SUCCESS;
  uint8_t *binary = NULL;
  const char *source = origin->source;
  cl_program program = clCreateProgramWithSource(device->context, 1, &source, NULL, &error);
  if (error != CL_SUCCESS) return NULL;
  if (clCompileProgram(program, 1, &device->id, origin->options, 0, NULL, NULL, NULL, NULL) == CL_SUCCESS)
    binary = siam_binary_of(program, size);
  clReleaseProgram(program);
  return binary;
}

void siam_bitcode_build(siam_device *device, const siam_binary_origin *origin, cl_program *built) {
  size_t size = 0, count = 0;
  *built = NULL;
  uint8_t *binary = compile(device, origin, &size);
  // What does not compile is for the build from source to complain about.
  if (binary == NULL) return;
  const uint8_t *bitcode = siam_bitcode_find(binary, size, &count);
  if (bitcode != NULL && siam_binary_build(device, origin, bitcode, count, built) == CL_SUCCESS) {
    siam_binary_store(device, origin, bitcode, count);
  } else {
    device->traits.kept = SIAM_KEPT_NOTHING;
    siam_log(&device->logger, SIAM_LOG_DEBUG, "%s: the driver takes no bitcode, building from source",
             origin->name);
  }
  siam_free(binary);
}
