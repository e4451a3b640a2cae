#include "common/decoders.h"

#include "common/command.h"
#include "common/message.h"

#include <stdlib.h>

app_picture_limits app_limits;

static siam_decoders *decoders;

/// Processes end with this one in any case.
static void end(void) {
  if (!app_ends_without_memory()) siam_decoders_destroy(decoders);
}

int app_begin_decoders(void) {
  const siam_decoders_options options = {.max_pixels = (uint64_t)app_limits.pixels,
                                         .max_side = (uint32_t)app_limits.side,
                                         .max_bytes = (uint64_t)app_limits.megabytes << 20};
  if (siam_decoders_create(&options, &decoders) != SIAM_OK) return app_fail_library();
  atexit(end);
  return APP_SUCCESS;
}

siam_decoders *app_decoders(void) {
  return decoders;
}
