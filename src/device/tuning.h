/// tuning.h: which way of computing something was measured to be the fastest on a device, kept between runs
/// in the user's cache folder (base/cache.h). Results belong to the device, the major version of its driver
/// and the kernels' texts: they outlive a driver's update, but no change of what was measured. Both sides are
/// words of compute/, told apart as texts alone; what the words of an entry mean is checked where they are
/// used.
#ifndef SIAM_DEVICE_TUNING_H
#define SIAM_DEVICE_TUNING_H

#include "base/text.h"
#include "device/device.h"

#include <stddef.h>
#include <stdint.h>

enum { SIAM_TUNING_PROBLEM_SIZE = 96, SIAM_TUNING_CHOICE_SIZE = 64 };

/// Their kind in the user's cache folder.
#define SIAM_TUNING_KIND "tuning"

/// The choice kept for a problem; NULL where there is none. Owned by the device, until a choice is kept.
const char *siam_tuning_find(siam_device *device, const char *problem);

/// Keeps a choice for a problem, in place of an older one. Texts of printable characters, shorter than their
/// sizes above. Where the cache cannot be written it holds until the device closes.
siam_status siam_tuning_keep(siam_device *device, const char *problem, const char *choice);

/// What is kept under number `index`, both owned by the device until a choice is kept or struck; false past
/// the last.
bool siam_tuning_at(siam_device *device, size_t index, const char **problem, const char **choice);

/// Forgets the choice kept for a problem, in the cache too.
siam_status siam_tuning_strike(siam_device *device, const char *problem);

/// Writes the key of the device's entry: a line for each thing that results depend on.
siam_status siam_tuning_key(const siam_device *device, siam_text *key);

/// Lets the device know what an entry of the cache says; nothing where it is damaged or empty.
siam_status siam_tuning_parse(siam_device *device, const uint8_t *bytes, size_t count);

/// Frees what the device knows; called by siam_device_destroy().
void siam_tuning_release(siam_device *device);

#endif
