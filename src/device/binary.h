/// Program binaries kept between runs.
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

/// The driver's binary of a program, a new block of `*count` bytes (free with siam_free()); NULL where it has
/// none.
uint8_t *siam_binary_of(cl_program program, size_t *count);

/// Builds `*built` from a binary. A refusal is OpenCL's error, and `*built` NULL.
cl_int siam_binary_build(siam_device *device, const siam_binary_origin *origin, const uint8_t *binary,
                         size_t count, cl_program *built);

/// Builds `*built` from a kept binary; NULL where there is none the driver takes, which is no error.
void siam_binary_load(siam_device *device, const siam_binary_origin *origin, cl_program *built);

/// Keeps a binary. Where that cannot be, the next run builds again.
void siam_binary_store(siam_device *device, const siam_binary_origin *origin, const uint8_t *binary,
                       size_t count);

#endif
