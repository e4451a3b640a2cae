#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_SIZE = 2048 };

static _Thread_local char last_message[MESSAGE_SIZE];

const char *siam_status_name(siam_status status) {
  switch (status) {
  case SIAM_OK:
    return "ok";
  case SIAM_ERROR_ARGUMENT:
    return "argument error";
  case SIAM_ERROR_MEMORY:
    return "out of memory";
  case SIAM_ERROR_FILE:
    return "file error";
  case SIAM_ERROR_FORMAT:
    return "format error";
  case SIAM_ERROR_DATA:
    return "data error";
  case SIAM_ERROR_DEVICE:
    return "device error";
  case SIAM_ERROR_NUMERIC:
    return "numeric error";
  case SIAM_ERROR_UNSUPPORTED:
    return "unsupported";
  case SIAM_INTERRUPTED:
    return "interrupted";
  }
  return "unknown status";
}

const char *siam_last_error(void) {
  return last_message;
}

// In parentheses because error.h has a macro of this name for the analyser.
siam_status(siam_fail)(siam_status status, const char *format, ...) {
  // Formatted aside first: an argument may be the message that is about to be replaced.
  char message[MESSAGE_SIZE];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  memcpy(last_message, message, sizeof message);
  return status;
}

siam_status siam_fail_within(siam_status status, const char *format, ...) {
  char prefix[MESSAGE_SIZE / 2];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(prefix, sizeof prefix, format, arguments);
  va_end(arguments);
  return siam_fail(status, "%s: %s", prefix, last_message);
}

void siam_log(const siam_logger *logger, siam_log_level level, const char *format, ...) {
  if (logger == NULL || logger->write == NULL) return;
  char message[MESSAGE_SIZE];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  logger->write(logger->context, level, message);
}
