#include "device/device.h"

#include <stdatomic.h>

static double mebibytes(uint64_t bytes) {
  return (double)bytes / 1048576;
}

uint64_t siam_device_free_bytes(const siam_device *device) {
  const uint64_t all = device->traits.global_bytes, used = device->used_bytes;
  return all > used ? all - used : 0;
}

static siam_status check_room(const siam_device *device, size_t bytes, const char *what) {
  const siam_device_traits *traits = &device->traits;
  if (bytes > traits->allocation_bytes)
    return siam_fail(SIAM_ERROR_DEVICE, "a buffer of %.1f MiB for %s: %s gives at most %.1f MiB in one piece",
                     mebibytes(bytes), what, device->info.name, mebibytes(traits->allocation_bytes));
  if (bytes > siam_device_free_bytes(device))
    return siam_fail(SIAM_ERROR_DEVICE,
                     "a buffer of %.1f MiB for %s: %s has %.1f MiB, of which %.1f MiB are in use",
                     mebibytes(bytes), what, device->info.name, mebibytes(traits->global_bytes),
                     mebibytes(device->used_bytes));
  return SIAM_OK;
}

/// What a buffer takes of the device; one that is made of the host's bytes takes nothing. A driver that fails
/// to say it frees nothing, and the sum of what is used is then too large.
static uint64_t taken_by(cl_mem buffer) {
  size_t bytes = 0;
  cl_mem_flags flags = 0;
  if (clGetMemObjectInfo(buffer, CL_MEM_FLAGS, sizeof flags, &flags, NULL) != CL_SUCCESS ||
      clGetMemObjectInfo(buffer, CL_MEM_SIZE, sizeof bytes, &bytes, NULL) != CL_SUCCESS)
    return 0;
  return (flags & CL_MEM_USE_HOST_PTR) != 0 ? 0 : bytes;
}

/// Never goes below zero, where a driver says that a buffer takes more than was asked for.
static void give_back(siam_device *device, uint64_t bytes) {
  uint64_t used = device->used_bytes;
  while (!atomic_compare_exchange_weak(&device->used_bytes, &used, used > bytes ? used - bytes : 0)) continue;
}

siam_status siam_buffer_reserve(siam_device *device, cl_mem_flags flags, size_t bytes, const void *held,
                                const char *what, cl_mem *buffer) {
  cl_int error = CL_SUCCESS;
  if (held == NULL) SIAM_RETURN_IF_FAILED(check_room(device, bytes, what));
  if (held != NULL) flags |= CL_MEM_USE_HOST_PTR;
  const size_t taken = bytes > 0 ? bytes : 1;
  // OpenCL takes a pointer to change; a buffer that is only read keeps kernels from it.
  cl_mem made = clCreateBuffer(device->context, flags, taken, (void *)held, &error);
  SIAM_RETURN_IF_FAILED(siam_opencl(error, "make a buffer"));
  if (held == NULL) device->used_bytes += taken;
  *buffer = made;
  return SIAM_OK;
}

void siam_buffer_release(siam_device *device, cl_mem buffer) {
  if (buffer == NULL) return;
  give_back(device, taken_by(buffer));
  clReleaseMemObject(buffer);
}

siam_status siam_buffer_create(siam_device *device, size_t count, cl_mem *buffer) {
  // OpenCL has no empty buffers; one element nobody looks at spares every caller the case.
  if (count == 0) count = 1;
  size_t bytes = count <= SIZE_MAX / sizeof(float) ? count * sizeof(float) : SIZE_MAX;
  cl_mem made = NULL;
  SIAM_RETURN_IF_FAILED(siam_buffer_reserve(device, CL_MEM_READ_WRITE, bytes, NULL, "numbers", &made));
  siam_status status = SIAM_OK;
  const float zero = 0;
  SIAM_TRY(siam_opencl(
      clEnqueueFillBuffer(device->queue, made, &zero, sizeof zero, 0, count * sizeof zero, 0, NULL, NULL),
      "clear a buffer"));
  // Drivers allocate at first use: waiting for it here shows a full device memory where it can be named.
  SIAM_TRY(siam_opencl(clFinish(device->queue), "clear a buffer"));
  *buffer = made;
  made = NULL;
cleanup:
  siam_buffer_release(device, made);
  return status;
}

siam_status siam_buffer_read(siam_device *device, cl_mem buffer, size_t first, size_t count, float *values) {
  if (count == 0) return SIAM_OK;
  return siam_opencl(clEnqueueReadBuffer(device->queue, buffer, CL_TRUE, first * sizeof *values,
                                         count * sizeof *values, values, 0, NULL, NULL),
                     "read a buffer");
}

siam_status siam_buffer_write(siam_device *device, cl_mem buffer, size_t first, size_t count,
                              const float *values) {
  if (count == 0) return SIAM_OK;
  return siam_opencl(clEnqueueWriteBuffer(device->queue, buffer, CL_TRUE, first * sizeof *values,
                                          count * sizeof *values, values, 0, NULL, NULL),
                     "write a buffer");
}
