/// guarded.h: ranges of device memory between guards. They begin at an odd place, and the guards are NaN: a
/// result that depends on what lies beside a range is NaN, too, and a write there shows.
#ifndef SIAM_REFERENCE_GUARDED_H
#define SIAM_REFERENCE_GUARDED_H

#include "device/tape.h"

/// A range with `values`. The caller releases view->buffer with siam_buffer_release().
siam_status siam_guarded_create(siam_device *device, const float *values, size_t count, siam_view *view);

/// Replaces the values of a range.
siam_status siam_guarded_write(siam_device *device, siam_view view, const float *values);

/// Reads a range. SIAM_ERROR_NUMERIC where a guard was written, with its place.
siam_status siam_guarded_read(siam_device *device, siam_view view, float *values);

#endif
