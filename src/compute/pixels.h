/// pixels.h: 8-bit pictures on the device, bytes [count,H,W,C] in one buffer. Either all of the data live
/// there, written in pieces while they are decoded, or only those of one step, sent anew each time
/// (device/upload.h); augment.h reads both alike.
#ifndef SIAM_COMPUTE_PIXELS_H
#define SIAM_COMPUTE_PIXELS_H

#include "device/device.h"

#include <stddef.h>

/// Whether `count` pictures of `picture_bytes` = H·W·C may live on the device: in one piece of memory, and in
/// half of what there is (a quarter on CPU-type devices, whose memory is the host's).
bool siam_pixels_fit(const siam_device *device, size_t count, size_t picture_bytes);

/// A buffer for `count` pictures, not cleared. What does not fit one piece of the device's memory is
/// SIAM_ERROR_DEVICE with both sizes. Release with siam_buffer_release().
siam_status siam_pixels_create(siam_device *device, size_t count, size_t picture_bytes, cl_mem *pixels);

/// A buffer that holds `count` pictures at `bytes`, which must outlive it. Where the device's memory is the
/// host's they are used where they lie; elsewhere they are copied.
siam_status siam_pixels_hold(siam_device *device, const uint8_t *bytes, size_t count, size_t picture_bytes,
                             cl_mem *pixels);

/// Copies `count` pictures to place `first` and following; waits for the copy.
siam_status siam_pixels_write(siam_device *device, cl_mem pixels, size_t first, size_t count,
                              size_t picture_bytes, const uint8_t *bytes);

#endif
