#include "device/tape.h"
#include "device/upload.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

static siam_device *device;
static atomic_bool opened;
static void begin(void) {
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
}
static void end(void) {
  siam_device_destroy(device);
}
TestSuite(upload, .init = begin, .fini = end);

Test(upload, each_step_sees_what_was_sent_for_it_though_the_host_runs_ahead) {
  // Large enough that a copy takes time; the slots are overwritten as soon as they are given out.
  enum { COUNT = 1 << 18, STEPS = 20 };
  siam_upload *upload = NULL;
  cr_assert_eq(siam_upload_create(device, COUNT * sizeof(float), &upload), SIAM_OK, "%s", siam_last_error());
  cl_mem kept = NULL;
  cr_assert_eq(siam_buffer_create(device, STEPS * 2, &kept), SIAM_OK);
  for (int step = 0; step < STEPS; step++) {
    void *slot = NULL;
    cr_assert_eq(siam_upload_begin(upload, &slot), SIAM_OK, "%s", siam_last_error());
    float *values = slot;
    for (int i = 0; i < COUNT; i++) values[i] = (float)step;
    cr_assert_eq(siam_upload_send(upload), SIAM_OK, "%s", siam_last_error());
    size_t target = (size_t)step * 2 * sizeof(float), last = (COUNT - 1) * sizeof(float);
    cl_mem buffer = siam_upload_buffer(upload);
    cr_assert_eq(clEnqueueCopyBuffer(device->queue, buffer, kept, 0, target, sizeof(float), 0, NULL, NULL),
                 CL_SUCCESS);
    cr_assert_eq(clEnqueueCopyBuffer(device->queue, buffer, kept, last, target + sizeof(float), sizeof(float),
                                     0, NULL, NULL),
                 CL_SUCCESS);
  }
  float seen[STEPS * 2];
  cr_assert_eq(siam_buffer_read(device, kept, 0, STEPS * 2, seen), SIAM_OK);
  for (int i = 0; i < STEPS * 2; i++) cr_expect_eq(seen[i], i / 2, "step %d saw %g", i / 2, (double)seen[i]);
  siam_upload_destroy(upload);
  clReleaseMemObject(kept);
}

static void *open_the_gate(void *gate) {
  nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
  opened = true;
  clSetUserEventStatus(*(cl_event *)gate, CL_COMPLETE);
  return NULL;
}

Test(upload, a_slot_is_not_given_out_before_it_was_sent) {
  cl_int error = CL_SUCCESS;
  siam_upload *upload = NULL;
  void *slot = NULL;
  pthread_t opener;
  cl_event gate = clCreateUserEvent(device->context, &error);
  cr_assert_eq(error, CL_SUCCESS);
  cr_assert_eq(siam_upload_create(device, sizeof(float), &upload), SIAM_OK);
  // Nothing passes the gate until it is opened.
  cr_assert_eq(clEnqueueBarrierWithWaitList(device->queue, 1, &gate, NULL), CL_SUCCESS);
  cr_assert_eq(pthread_create(&opener, NULL, open_the_gate, &gate), 0);
  for (int i = 0; i < 2; i++) {
    cr_assert_eq(siam_upload_begin(upload, &slot), SIAM_OK, "%s", siam_last_error());
    cr_assert_eq(siam_upload_send(upload), SIAM_OK, "%s", siam_last_error());
  }
  cr_assert_eq(clFlush(device->queue), CL_SUCCESS);
  cr_assert_eq(siam_upload_begin(upload, &slot), SIAM_OK, "%s", siam_last_error());
  cr_expect(opened, "both slots wait to be sent");
  cr_assert_eq(pthread_join(opener, NULL), 0);
  siam_upload_destroy(upload);
  clReleaseEvent(gate);
}

Test(upload, of_nothing_and_released_at_once) {
  siam_upload *upload = NULL;
  void *slot = NULL;
  cr_assert_eq(siam_upload_create(device, 0, &upload), SIAM_OK, "%s", siam_last_error());
  cr_expect_eq(siam_upload_begin(upload, &slot), SIAM_OK);
  cr_expect_eq(siam_upload_send(upload), SIAM_OK, "%s", siam_last_error());
  siam_upload_destroy(upload);
  siam_upload_destroy(NULL);
}
