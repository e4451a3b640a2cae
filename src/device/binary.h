/// Program binaries kept between runs, for drivers that do not keep their own.
#ifndef SIAM_DEVICE_BINARY_H
#define SIAM_DEVICE_BINARY_H

#include "base/text.h"
#include "device/device.h"

/// What a binary depends on beside the device and its exact driver.
typedef struct siam_binary_origin {
  const char *name, *source, *options;
} siam_binary_origin;

/// Their kind in the user's cache folder (base/cache.h).
#define SIAM_BINARY_KIND "program"

/// Writes the key of an entry: one line for each thing a binary depends on.
siam_status siam_binary_key(const siam_device *device, const siam_binary_origin *origin, siam_text *key);

/// Builds `*built` from a kept binary; NULL where there is none the driver takes, which is no error.
void siam_binary_load(siam_device *device, const siam_binary_origin *origin, cl_program *built);

/// Keeps the binary of a built program. Where that cannot be, the next run builds again.
void siam_binary_store(siam_device *device, const siam_binary_origin *origin, cl_program built);

#endif
