#include "compute/tunable.h"

const char *siam_tunable_choice(siam_device *device, const siam_tunable *tunable) {
  if (device->observe != NULL) device->observe(device->observe_context, tunable);
  return siam_tuning_find(device, tunable->name);
}
