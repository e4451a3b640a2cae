/// OpenCL devices: which there are, which one to use, and why.
#ifndef SIAMESE_DEVICE_H
#define SIAMESE_DEVICE_H

#include <siamese/log.h>
#include <siamese/status.h>

#include <stddef.h>
#include <stdint.h>

/// One OpenCL device with its context, queue, compiled programs and tuning results. Opaque. Use it from one
/// thread at a time; two devices may be used from two threads.
typedef struct siam_device siam_device;

/// The index of a device that was opened as "platform:device": then no other platform is asked.
#define SIAM_INDEX_UNKNOWN (~0U)

/// What is known about a device without opening it.
typedef struct siam_device_info {
  unsigned index; ///< Place in the list, the SEL of the commands; or SIAM_INDEX_UNKNOWN.
  unsigned platform_index, device_index;
  char platform[128], name[256], vendor[128], driver[128], version[128];
  char type[16]; ///< "cpu", "gpu", "accelerator" or "other".
  unsigned compute_units, clock_mhz;
  uint64_t global_bytes, local_bytes; ///< Device memory; memory shared by a work-group.
} siam_device_info;

/// Lists all devices of all platforms into a new array that the caller frees with siam_devices_free().
/// No platform, or none with a device, is SIAM_ERROR_DEVICE with the package to install.
SIAM_API siam_status siam_devices_list(siam_device_info **devices, size_t *count);
SIAM_API void siam_devices_free(siam_device_info *devices);

/// Picks from a list: `selector` is an index, "platform:device", a part of the name (any case), "cpu" or
/// "gpu"; NULL or "" means the environment variable SIAMESE_DEVICE, and without it GPUs before accelerators
/// before CPUs, then more compute units × clock. Writes the place in `devices` and a sentence that says why
/// (at most `reason_size` bytes). No match is SIAM_ERROR_ARGUMENT and names the devices there are.
SIAM_API siam_status siam_devices_pick(const siam_device_info *devices, size_t count, const char *selector,
                                       size_t *picked, char *reason, size_t reason_size);

typedef struct siam_device_options {
  const char *selector; ///< As in siam_devices_pick(); NULL: the default device.
  siam_logger logger;   ///< Where messages go; zero: nowhere.
} siam_device_options;

/// Opens a device. The caller owns it and releases it with siam_device_destroy(), after every model on it.
/// `options` may be NULL.
SIAM_API siam_status siam_device_create(const siam_device_options *options, siam_device **device);
SIAM_API void siam_device_destroy(siam_device *device);

/// What is known about an open device; owned by it.
SIAM_API const siam_device_info *siam_device_get_info(const siam_device *device);

#endif
