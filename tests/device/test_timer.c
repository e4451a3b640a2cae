#include "base/clock.h"
#include "device/timer.h"

#include <criterion/criterion.h>

enum { COUNT = 1 << 20, FILLS = 40 };

static siam_device *device;
static siam_timer *timer;
static cl_mem buffer;

static void begin(void) {
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_timer_create(device, &timer), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_buffer_create(device, COUNT, &buffer), SIAM_OK, "%s", siam_last_error());
}
static void end(void) {
  clReleaseMemObject(buffer);
  siam_timer_destroy(timer);
  siam_device_destroy(device);
}
TestSuite(timer, .init = begin, .fini = end);

static void fill(float value) {
  cr_assert_eq(clEnqueueFillBuffer(device->queue, buffer, &value, sizeof value, 0, COUNT * sizeof value, 0,
                                   NULL, NULL),
               CL_SUCCESS);
}

static float first_value(void) {
  float value = 0;
  cr_assert_eq(siam_buffer_read(device, buffer, 0, 1, &value), SIAM_OK);
  return value;
}

Test(timer, what_is_timed_runs_within_the_time_of_the_host) {
  const double begun = siam_seconds();
  double seconds = -1;
  cr_assert_eq(siam_timer_begin(timer), SIAM_OK, "%s", siam_last_error());
  for (int i = 1; i <= FILLS; i++) fill((float)i);
  cr_assert_eq(siam_timer_end(timer, &seconds), SIAM_OK, "%s", siam_last_error());
  const double host = siam_seconds() - begun;
  cr_expect_gt(seconds, 0);
  // Clocks of host and device may run apart by a little.
  cr_expect_leq(seconds, 1.05 * host);
  cr_expect_eq(first_value(), FILLS);
}

Test(timer, twenty_times_the_work_takes_longer) {
  double once = 0, often = 0, least = 1e9;
  // The least of some: other programs can make any one of them long.
  for (int repeat = 0; repeat < 10; repeat++) {
    cr_assert_eq(siam_timer_begin(timer), SIAM_OK);
    fill(1);
    cr_assert_eq(siam_timer_end(timer, &once), SIAM_OK);
    if (once < least) least = once;
  }
  cr_assert_eq(siam_timer_begin(timer), SIAM_OK);
  for (int i = 0; i < 20; i++) fill(1);
  cr_assert_eq(siam_timer_end(timer, &often), SIAM_OK);
  cr_expect_gt(often, 2 * least);
}

Test(timer, the_device_has_its_own_queue_before_and_after) {
  cl_command_queue own = device->queue;
  double seconds = 0;
  cr_assert_eq(siam_timer_begin(timer), SIAM_OK);
  cl_command_queue_properties properties = 0;
  clGetCommandQueueInfo(device->queue, CL_QUEUE_PROPERTIES, sizeof properties, &properties, NULL);
  cr_expect_eq(properties & CL_QUEUE_PROFILING_ENABLE, CL_QUEUE_PROFILING_ENABLE);
  cr_assert_eq(siam_timer_end(timer, &seconds), SIAM_OK);
  cr_expect_eq(device->queue, own);
  clGetCommandQueueInfo(device->queue, CL_QUEUE_PROPERTIES, sizeof properties, &properties, NULL);
  cr_expect_eq(properties & CL_QUEUE_PROFILING_ENABLE, 0);
}

Test(timer, commands_before_it_are_done_and_not_counted) {
  double alone = 0, behind = 0;
  cr_assert_eq(siam_timer_begin(timer), SIAM_OK);
  fill(2);
  cr_assert_eq(siam_timer_end(timer, &alone), SIAM_OK);
  for (int i = 0; i < 10 * FILLS; i++) fill(3);
  const double begun = siam_seconds();
  cr_assert_eq(siam_timer_begin(timer), SIAM_OK);
  const double waited = siam_seconds() - begun;
  fill(4);
  cr_assert_eq(siam_timer_end(timer, &behind), SIAM_OK);
  cr_expect_eq(first_value(), 4);
  cr_expect_lt(behind, alone + waited);
}
