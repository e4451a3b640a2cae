#include "compute/pixels.h"

#include <string.h>

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

/// `held`: bytes that the buffer is made of; NULL: memory of its own.
static siam_status create(siam_device *device, const uint8_t *held, size_t count, size_t picture_bytes,
                          cl_mem *pixels) {
  size_t bytes = 0;
  const uint64_t most = device->traits.allocation_bytes;
  if (!bytes_of(count, picture_bytes, &bytes) || bytes > most)
    return siam_fail(SIAM_ERROR_DEVICE, "%zu pictures of %zu bytes: %s gives at most %.1f MiB in one piece",
                     count, picture_bytes, device->info.name, (double)most / 1048576);
  return siam_buffer_reserve(device, CL_MEM_READ_ONLY, bytes, held, "pictures", pixels);
}

siam_status siam_pixels_create(siam_device *device, size_t count, size_t picture_bytes, cl_mem *pixels) {
  return create(device, NULL, count, picture_bytes, pixels);
}

siam_status siam_pixels_hold(siam_device *device, const uint8_t *bytes, size_t count, size_t picture_bytes,
                             cl_mem *pixels) {
  if (strcmp(device->info.type, "cpu") == 0 && count * picture_bytes > 0)
    return create(device, bytes, count, picture_bytes, pixels);
  SIAM_RETURN_IF_FAILED(siam_pixels_create(device, count, picture_bytes, pixels));
  return siam_pixels_write(device, *pixels, 0, count, picture_bytes, bytes);
}

siam_status siam_pixels_write(siam_device *device, cl_mem pixels, size_t first, size_t count,
                              size_t picture_bytes, const uint8_t *bytes) {
  if (count * picture_bytes == 0) return SIAM_OK;
  return siam_opencl(clEnqueueWriteBuffer(device->queue, pixels, CL_TRUE, first * picture_bytes,
                                          count * picture_bytes, bytes, 0, NULL, NULL),
                     "send pictures to the device");
}
