#include "device/timer.h"

#include "base/clock.h"
#include "base/memory.h"

enum { TRIAL_FLOATS = 1 << 22 };
static const double trial_seconds = 0.005;

struct siam_timer {
  siam_device *device;
  cl_command_queue queue; ///< With time stamps; NULL where the device has none.
  cl_command_queue usual; ///< The device's own, while the timer runs.
  cl_mem mark;            ///< A float that the first and the last command write.
  cl_event first;         ///< Of a timer that runs by events.
  double begun;           ///< Host's clock.
  bool has_events;
};

static siam_status enqueue_mark(const siam_timer *timer, cl_event *event) {
  const float zero = 0;
  return siam_opencl(
      clEnqueueFillBuffer(timer->queue, timer->mark, &zero, sizeof zero, 0, sizeof zero, 0, NULL, event),
      "start a timer");
}

/// Seconds between the ends of two commands; not a number where the device does not tell.
static double between(cl_event first, cl_event last) {
  cl_ulong from = 0, to = 0;
  if (clGetEventProfilingInfo(first, CL_PROFILING_COMMAND_END, sizeof from, &from, NULL) != CL_SUCCESS ||
      clGetEventProfilingInfo(last, CL_PROFILING_COMMAND_END, sizeof to, &to, NULL) != CL_SUCCESS ||
      to <= from)
    return -1;
  return (double)(to - from) * 1e-9;
}

siam_status siam_timer_begin(siam_timer *timer) {
  siam_device *device = timer->device;
  if (timer->first != NULL) clReleaseEvent(timer->first);
  timer->first = NULL;
  SIAM_RETURN_IF_FAILED(siam_opencl(clFinish(device->queue), "wait for the device"));
  if (timer->queue != NULL) {
    SIAM_RETURN_IF_FAILED(enqueue_mark(timer, &timer->first));
    SIAM_RETURN_IF_FAILED(siam_opencl(clFlush(timer->queue), "start a timer"));
  }
  timer->usual = device->queue;
  if (timer->queue != NULL) device->queue = timer->queue;
  timer->begun = siam_seconds();
  return SIAM_OK;
}

/// The same by both clocks; `*events` is below 0 where the device's was not asked or is no use.
static siam_status finish(siam_timer *timer, double *host, double *events) {
  siam_status status = SIAM_OK;
  cl_event last = NULL;
  *events = -1;
  if (timer->queue != NULL) SIAM_TRY(enqueue_mark(timer, &last));
  SIAM_TRY(siam_opencl(clFinish(timer->device->queue), "wait for the device"));
  *host = siam_seconds() - timer->begun;
  if (last != NULL) *events = between(timer->first, last);
cleanup:
  if (last != NULL) clReleaseEvent(last);
  if (timer->first != NULL) clReleaseEvent(timer->first);
  timer->first = NULL;
  timer->device->queue = timer->usual;
  return status;
}

siam_status siam_timer_end(siam_timer *timer, double *seconds) {
  double host = 0, events = 0;
  SIAM_RETURN_IF_FAILED(finish(timer, &host, &events));
  *seconds = timer->has_events && events > 0 ? events : host;
  return SIAM_OK;
}

static siam_status enqueue_fills(siam_timer *timer, cl_mem buffer, int count) {
  const float zero = 0;
  for (int i = 0; i < count; i++)
    SIAM_RETURN_IF_FAILED(siam_opencl(clEnqueueFillBuffer(timer->device->queue, buffer, &zero, sizeof zero, 0,
                                                          TRIAL_FLOATS * sizeof zero, 0, NULL, NULL),
                                      "try the timer"));
  return SIAM_OK;
}

/// Lets both clocks measure the same few milliseconds.
static siam_status try_events(siam_timer *timer) {
  siam_status status = SIAM_OK;
  cl_mem buffer = NULL;
  double host = 0, events = -1;
  SIAM_TRY(siam_buffer_create(timer->device, TRIAL_FLOATS, &buffer));
  for (int count = 1; count <= 1 << 16 && host < trial_seconds; count *= 4) {
    SIAM_TRY(siam_timer_begin(timer));
    const siam_status filled = enqueue_fills(timer, buffer, count);
    SIAM_TRY(finish(timer, &host, &events));
    SIAM_TRY(filled);
  }
  // Between the clocks lies what waiting costs; more than that, and one of them counts something else.
  timer->has_events = events > 0.5 * host && events < 1.05 * host;
cleanup:
  siam_buffer_release(timer->device, buffer);
  return status;
}

siam_status siam_timer_create(siam_device *device, siam_timer **timer) {
  siam_status status = SIAM_OK;
  cl_int error = CL_SUCCESS;
  siam_timer *made = NULL;
  SIAM_TRY_ALLOCATE(made, 1);
  made->device = device;
  made->queue = clCreateCommandQueue(device->context, device->id, CL_QUEUE_PROFILING_ENABLE, &error);
  if (error != CL_SUCCESS) made->queue = NULL;
  if (made->queue != NULL) {
    SIAM_TRY(siam_buffer_create(device, 1, &made->mark));
    SIAM_TRY(try_events(made));
  }
  *timer = made;
  made = NULL;
cleanup:
  siam_timer_destroy(made);
  return status;
}

void siam_timer_destroy(siam_timer *timer) {
  if (timer == NULL) return;
  if (timer->first != NULL) clReleaseEvent(timer->first);
  siam_buffer_release(timer->device, timer->mark);
  if (timer->queue != NULL) clReleaseCommandQueue(timer->queue);
  siam_free(timer);
}

bool siam_timer_has_events(const siam_timer *timer) {
  return timer->has_events;
}
