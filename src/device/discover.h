/// Finds OpenCL devices and says what is known about them without opening one.
#ifndef SIAM_DEVICE_DISCOVER_H
#define SIAM_DEVICE_DISCOVER_H

#include "device/device.h"

/// A device together with OpenCL's names for it.
typedef struct siam_found_device {
  cl_platform_id platform;
  cl_device_id id;
  siam_device_info info;
  cl_int trouble; ///< What the driver failed with when asked for something that opening the device needs.
} siam_found_device;

/// Finds all devices into a new array that the caller frees with siam_free(). Where `only_platform` >= 0 no
/// other platform is asked, so that a driver that fails to start cannot get in the way; the places of its
/// devices in the whole list are not known then, and `info.index` is SIAM_INDEX_UNKNOWN.
siam_status siam_discover(int only_platform, siam_found_device **devices, size_t *count);

/// Reads "platform:device" into its two numbers; false for every other text.
bool siam_selector_is_pair(const char *selector, unsigned *platform, unsigned *device);

/// The selector that counts: the given one, else SIAMESE_DEVICE, else "".
const char *siam_selector_effective(const char *selector);

#endif
