#include "device_memory.h"

#include "base/random.h"
#include "reference/guarded.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

enum { MOST = 4096 };

static siam_device *device;
static cl_mem buffers[MOST];
static siam_tape *tapes[MOST];
static bool sealed[MOST];
static size_t buffer_count, tape_count;

void siam_test_ok(siam_status status) {
  cr_assert_eq(status, SIAM_OK, "%s", siam_last_error());
}

siam_device *siam_test_device(void) {
  if (device == NULL) siam_test_ok(siam_device_create(NULL, &device));
  return device;
}

void siam_test_device_close(void) {
  for (size_t i = 0; i < tape_count; i++) siam_tape_destroy(tapes[i]);
  for (size_t i = 0; i < buffer_count; i++) clReleaseMemObject(buffers[i]);
  if (device != NULL) siam_device_destroy(device);
  device = NULL;
  buffer_count = tape_count = 0;
}

siam_view siam_test_upload(const float *values, size_t count) {
  siam_view view = {0};
  cr_assert_lt(buffer_count, (size_t)MOST);
  siam_test_ok(siam_guarded_create(siam_test_device(), values, count, &view));
  buffers[buffer_count++] = view.buffer;
  return view;
}

void siam_test_rewrite(siam_view view, const float *values) {
  siam_test_ok(siam_guarded_write(device, view, values));
}

void siam_test_download(siam_view view, float *values) {
  siam_test_ok(siam_guarded_read(device, view, values));
}

void siam_test_numbers(float *values, size_t count, unsigned seed) {
  for (size_t i = 0; i < count; i++)
    values[i] = 2 * siam_uniform(siam_random(seed, SIAM_STREAM_SAMPLE, 0, i).word[0]) - 1;
}

double siam_test_most_products(void) {
  return getenv("SIAMESE_TEST_SMALL") != NULL ? 30000 : INFINITY;
}

siam_tape *siam_test_tape(void) {
  cr_assert_lt(tape_count, (size_t)MOST);
  siam_test_ok(siam_tape_create(siam_test_device(), &tapes[tape_count]));
  sealed[tape_count] = false;
  return tapes[tape_count++];
}

void siam_test_run(siam_tape *tape) {
  size_t i = 0;
  while (i < tape_count && tapes[i] != tape) i++;
  cr_assert_lt(i, tape_count);
  if (!sealed[i]) siam_test_ok(siam_tape_seal(tape));
  sealed[i] = true;
  siam_test_ok(siam_tape_run(tape));
  cr_assert_eq(clFinish(device->queue), CL_SUCCESS);
}
