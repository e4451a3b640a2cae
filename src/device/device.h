/// device/ and compute/ are the only floors that speak OpenCL. device/ finds a device, owns its context and
/// queue, builds and caches programs, and records commands on tapes. It knows nothing of matrices, layers or
/// images.
///
/// device.h: one OpenCL device and all that belongs to it.
#ifndef SIAM_DEVICE_DEVICE_H
#define SIAM_DEVICE_DEVICE_H

#include "base/error.h"

#include <CL/cl.h>
#include <siamese/device.h>
#include <stdbool.h>
#include <stdint.h>

struct siam_tunable;

/// What of a program is kept between runs, beside what the driver keeps itself.
typedef enum siam_kept {
  SIAM_KEPT_BINARY,  ///< The driver's binary.
  SIAM_KEPT_BITCODE, ///< PoCL: what its front end makes of the source; see bitcode.h.
  SIAM_KEPT_NOTHING, ///< NVIDIA: the driver keeps all that takes time.
} siam_kept;

/// What the house knows about a driver's habits, found out once per device.
typedef struct siam_device_traits {
  bool is_cpu; ///< A CPU with vectors: work-items own whole registers, groups of 1.
  siam_kept kept;
  bool has_fma;          ///< fma() is one instruction; else it is emulated, and the kernels do without.
  unsigned vector_width; ///< WIDTH of the kernels.
  unsigned group_size;   ///< LOCAL of the kernels.
  unsigned group_limit;  ///< Largest work-group of one dimension.
  unsigned compute_units;
  uint64_t global_bytes, allocation_bytes; ///< In all and in one piece; see siam_traits_limit().
  uint64_t local_bytes;
} siam_device_traits;

struct siam_device {
  cl_platform_id platform;
  cl_device_id id;
  cl_context context;
  cl_command_queue queue; ///< In order: a command sees the results of all before it.
  siam_device_traits traits;
  siam_device_info info;
  siam_logger logger;
  _Atomic uint64_t used_bytes;   ///< Of all buffers that exist; models of other threads may be let go of.
  bool cache_reported;           ///< That the program cache cannot be used was said once.
  struct siam_program *programs; ///< Built so far; see program.h.
  struct siam_tuning *tuning;    ///< Results of tuning, once asked for; see tuning.h.
  /// Told of everything that could be tuned as the doors of compute/ are asked for it; or NULL.
  void (*observe)(void *context, const struct siam_tunable *tunable);
  void *observe_context;
  const struct siam_clblast_set *clblast_set; ///< CLBlast's parameters in force, where they are not its own;
                                              ///< see compute/clblast_parameters.h.
  bool clblast_decided;                       ///< That what is kept of them was asked for.
  bool clblast_kept;                          ///< That those in force are what was kept.
  void (*forget)(void); ///< Makes a library that keeps programs of this device let go of them; or NULL.
};

/// Logs that something is not kept, where `status` says so, and the `consequence`: a warning once, details
/// after it. Where the folder is to blame (SIAM_ERROR_FILE) it says what helps.
void siam_device_report_cache(siam_device *device, siam_status status, const char *consequence);

/// Records `error` with OpenCL's name for it; -4 and -5 get the hint that device memory may have run out.
siam_status siam_fail_opencl(cl_int error, const char *action);

/// Turns an OpenCL error into a status: `SIAM_TRY(siam_opencl(clFinish(queue), "wait for the device"))`.
static inline siam_status siam_opencl(cl_int error, const char *action) {
  if (error == CL_SUCCESS) return SIAM_OK;
  siam_fail_opencl(error, action);
  return SIAM_ERROR_DEVICE;
}

/// Bytes that buffers may still take.
uint64_t siam_device_free_bytes(const siam_device *device);

/// A buffer whose content is not set, made of the bytes at `held` where that is not NULL. Refused with what
/// is needed and what there is where the device has no room for it; `what` names it, as in "pictures".
/// Whoever makes a buffer, here or below, releases it with siam_buffer_release().
siam_status siam_buffer_reserve(siam_device *device, cl_mem_flags flags, size_t bytes, const void *held,
                                const char *what, cl_mem *buffer);

/// NULL is no buffer.
void siam_buffer_release(siam_device *device, cl_mem buffer);

/// A float buffer on the device: `count` floats, zeroed.
siam_status siam_buffer_create(siam_device *device, size_t count, cl_mem *buffer);

/// Blocking copies of `count` floats, from element `first` on.
siam_status siam_buffer_read(siam_device *device, cl_mem buffer, size_t first, size_t count, float *values);
siam_status siam_buffer_write(siam_device *device, cl_mem buffer, size_t first, size_t count,
                              const float *values);

#endif
