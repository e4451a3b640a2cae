#include "common/decoders.h"

#include "common/command.h"
#include "common/message.h"

#include <stdlib.h>

static siam_decoders *decoders;

/// Processes end with this one in any case.
static void end(void) {
  if (!app_ends_without_memory()) siam_decoders_destroy(decoders);
}

int app_begin_decoders(void) {
  if (siam_decoders_create(NULL, &decoders) != SIAM_OK) return app_fail_library();
  atexit(end);
  return APP_SUCCESS;
}

siam_decoders *app_decoders(void) {
  return decoders;
}
