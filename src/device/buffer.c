#include "device/device.h"

siam_status siam_buffer_create(siam_device *device, size_t count, cl_mem *buffer) {
  // OpenCL has no empty buffers; one element nobody looks at spares every caller the case.
  if (count == 0) count = 1;
  uint64_t most = device->traits.allocation_bytes;
  if (count > most / sizeof(float))
    return siam_fail(SIAM_ERROR_DEVICE, "a buffer of %.1f MiB: %s gives at most %.1f MiB in one piece",
                     (double)count * sizeof(float) / 1048576, device->info.name, (double)most / 1048576);
  cl_int error = CL_SUCCESS;
  cl_mem made = clCreateBuffer(device->context, CL_MEM_READ_WRITE, count * sizeof(float), NULL, &error);
  SIAM_RETURN_IF_FAILED(siam_opencl(error, "make a buffer"));
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
  if (made != NULL) clReleaseMemObject(made);
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
