/// What happened, and to whom.
///
/// Every public function that can fail returns a siam_status. Its sentence (which file, which size, what to
/// do about it) is kept per thread and read with siam_last_error().
#ifndef SIAMESE_STATUS_H
#define SIAMESE_STATUS_H

#include <siamese/export.h>

typedef enum siam_status {
  SIAM_OK = 0,
  SIAM_ERROR_ARGUMENT,    ///< The caller asked for something that cannot be: a size, a name, an option.
  SIAM_ERROR_MEMORY,      ///< Host memory ran out.
  SIAM_ERROR_FILE,        ///< A file could not be opened, read or written.
  SIAM_ERROR_FORMAT,      ///< A file was read but is damaged, or of another kind.
  SIAM_ERROR_DATA,        ///< Files are sound but cannot serve: too few classes, no pair possible.
  SIAM_ERROR_DEVICE,      ///< OpenCL refused: no platform, no device, a build or launch failed.
  SIAM_ERROR_NUMERIC,     ///< A loss or weight is not finite.
  SIAM_ERROR_UNSUPPORTED, ///< Sound, but not something this version can do.
  SIAM_INTERRUPTED        ///< The caller's stop request was honoured; everything is saved.
} siam_status;

/// Name of a status for people, such as "file error". Never NULL; static storage.
SIAM_API const char *siam_status_name(siam_status status);

/// The sentence that belongs to the last failure on the calling thread; "" if there was none.
/// Owned by the library, valid until the next failing call on this thread.
SIAM_API const char *siam_last_error(void);

#endif
