/// base/ holds what every other floor stands on: status and messages, memory, text, files, random numbers.
/// It knows nothing of OpenCL, images or networks.
///
/// error.h: how a function says why it failed.
#ifndef SIAM_BASE_ERROR_H
#define SIAM_BASE_ERROR_H

#include <siamese/log.h>
#include <siamese/status.h>

/// Records the sentence for siam_last_error() and returns `status`, so that a failure is one line:
/// `return siam_fail(SIAM_ERROR_FILE, "%s: %s", path, strerror(errno));`
__attribute__((format(printf, 2, 3))) siam_status siam_fail(siam_status status, const char *format, ...);

#ifdef __clang_analyzer__
// The analyser cannot see that what comes back is `status`, and would follow paths where a failure is
// SIAM_OK.
#define siam_fail(status, ...) ((siam_fail)((status), __VA_ARGS__), (status))
#endif

/// Puts "prefix: " before the sentence already recorded; returns `status` unchanged.
__attribute__((format(printf, 2, 3))) siam_status siam_fail_within(siam_status status, const char *format,
                                                                   ...);

/// Formats a message and hands it to `logger` (NULL or an empty logger: nothing happens).
__attribute__((format(printf, 3, 4))) void siam_log(const siam_logger *logger, siam_log_level level,
                                                    const char *format, ...);

/// Leaves the function through its `cleanup` label when `call` fails; needs a local `status`.
#define SIAM_TRY(call)                                                                                       \
  do {                                                                                                       \
    status = (call);                                                                                         \
    if (status != SIAM_OK) goto cleanup;                                                                     \
  } while (0)

/// Returns from the function when `call` fails; for functions that own nothing.
#define SIAM_RETURN_IF_FAILED(call)                                                                          \
  do {                                                                                                       \
    siam_status status_ = (call);                                                                            \
    if (status_ != SIAM_OK) return status_;                                                                  \
  } while (0)

#endif
