/// timer.h: how long the device takes for commands, by its own clock. While a timer runs, the device's
/// commands go to a queue of the timer's, which keeps time stamps; the device's own queue is not slowed down
/// by them.
#ifndef SIAM_DEVICE_TIMER_H
#define SIAM_DEVICE_TIMER_H

#include "device/device.h"

typedef struct siam_timer siam_timer;

/// Makes the queue with time stamps and tries whether they can be believed: they must grow, and for commands
/// that take milliseconds agree with the host's clock. Where they do not, siam_timer_has_events() is false
/// and the timer goes by the host's clock. Destroy it before its device.
siam_status siam_timer_create(siam_device *device, siam_timer **timer);
/// NULL is allowed.
void siam_timer_destroy(siam_timer *timer);

bool siam_timer_has_events(const siam_timer *timer);

/// Waits for the device and starts. Once this has succeeded, siam_timer_end() must follow, whatever happens
/// in between.
siam_status siam_timer_begin(siam_timer *timer);

/// Waits for all commands since siam_timer_begin() and writes the seconds that they took: from the moment
/// when the device was ready for the first to the end of the last. The device has its own queue again, also
/// when this fails.
siam_status siam_timer_end(siam_timer *timer, double *seconds);

#endif
