#include "compute/pixels.h"

/// False where the product overflows.
static bool bytes_of(size_t count, size_t picture_bytes, size_t *bytes) {
  return !__builtin_mul_overflow(count, picture_bytes, bytes);
}

bool siam_pixels_fit(const siam_device *device, size_t count, size_t picture_bytes) {
  const siam_device_traits *traits = &device->traits;
  uint64_t share = traits->global_bytes / (traits->is_cpu ? 4 : 2);
  size_t bytes = 0;
  return bytes_of(count, picture_bytes, &bytes) && bytes <= traits->allocation_bytes && bytes <= share;
}

siam_status siam_pixels_create(siam_device *device, size_t count, size_t picture_bytes, cl_mem *pixels) {
  size_t bytes = 0;
  uint64_t most = device->traits.allocation_bytes;
  if (!bytes_of(count, picture_bytes, &bytes) || bytes > most)
    return siam_fail(SIAM_ERROR_DEVICE, "%zu pictures of %zu bytes: %s gives at most %.1f MiB in one piece",
                     count, picture_bytes, device->info.name, (double)most / 1048576);
  cl_int error = CL_SUCCESS;
  cl_mem made = clCreateBuffer(device->context, CL_MEM_READ_ONLY, bytes > 0 ? bytes : 1, NULL, &error);
  SIAM_RETURN_IF_FAILED(siam_opencl(error, "make a buffer for pictures"));
  *pixels = made;
  return SIAM_OK;
}

siam_status siam_pixels_write(siam_device *device, cl_mem pixels, size_t first, size_t count,
                              size_t picture_bytes, const uint8_t *bytes) {
  if (count * picture_bytes == 0) return SIAM_OK;
  return siam_opencl(clEnqueueWriteBuffer(device->queue, pixels, CL_TRUE, first * picture_bytes,
                                          count * picture_bytes, bytes, 0, NULL, NULL),
                     "send pictures to the device");
}
