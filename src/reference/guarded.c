#include "reference/guarded.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

/// Guards before (an odd number: vectors find no alignment) and behind a range.
enum { BEFORE = 37, BEHIND = 75 };

siam_status siam_guarded_create(siam_device *device, const float *values, size_t count, siam_view *view) {
  siam_status status = SIAM_OK;
  const size_t whole = BEFORE + count + BEHIND;
  float *guarded = NULL;
  cl_mem buffer = NULL;
  SIAM_TRY_ALLOCATE(guarded, whole);
  for (size_t i = 0; i < whole; i++) guarded[i] = NAN;
  memcpy(guarded + BEFORE, values, count * sizeof *values);
  SIAM_TRY(siam_buffer_create(device, whole, &buffer));
  SIAM_TRY(siam_buffer_write(device, buffer, 0, whole, guarded));
  *view = siam_view_of_buffer(buffer, BEFORE, count);
  buffer = NULL;
cleanup:
  siam_buffer_release(device, buffer);
  siam_free(guarded);
  return status;
}

siam_status siam_guarded_write(siam_device *device, siam_view view, const float *values) {
  return siam_buffer_write(device, view.buffer, view.first, view.count, values);
}

siam_status siam_guarded_read(siam_device *device, siam_view view, float *values) {
  siam_status status = SIAM_OK;
  const size_t whole = BEFORE + view.count + BEHIND;
  float *guarded = NULL;
  SIAM_TRY_ALLOCATE(guarded, whole);
  SIAM_TRY(siam_buffer_read(device, view.buffer, 0, whole, guarded));
  memcpy(values, guarded + BEFORE, view.count * sizeof *values);
  for (size_t i = 0; i < whole && status == SIAM_OK; i++)
    if ((i < BEFORE || i >= BEFORE + view.count) && !isnan(guarded[i]))
      status = siam_fail(SIAM_ERROR_NUMERIC, "element %ld of %zu was written", (long)i - BEFORE, view.count);
cleanup:
  siam_free(guarded);
  return status;
}
