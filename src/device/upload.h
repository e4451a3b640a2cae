/// What the host sends to the device anew each step, without waiting: a device buffer with two host-side
/// slots that are filled in turn. While one slot is on its way, the host fills the other. The device's queue
/// is in order, so a buffer is never overwritten before the commands enqueued earlier have read it.
#ifndef SIAM_DEVICE_UPLOAD_H
#define SIAM_DEVICE_UPLOAD_H

#include "device/device.h"

typedef struct siam_upload siam_upload;

/// Makes a buffer of `bytes` and its two slots; release with siam_upload_destroy().
siam_status siam_upload_create(siam_device *device, size_t bytes, siam_upload **upload);
/// Waits for what is under way. NULL is allowed.
void siam_upload_destroy(siam_upload *upload);

/// The buffer on the device; owned by the upload.
cl_mem siam_upload_buffer(const siam_upload *upload);

/// The slot to fill next: `bytes` bytes of host memory. Waits until the copy that last used it is done, which
/// is the one before the last.
siam_status siam_upload_begin(siam_upload *upload, void **slot);

/// Enqueues the copy of the slot given by siam_upload_begin(). Does not wait.
siam_status siam_upload_send(siam_upload *upload);

#endif
