/// outputs.h: that no two of the files that a run will write are one, since the later would replace the
/// earlier.
#ifndef SIAM_BASE_OUTPUTS_H
#define SIAM_BASE_OUTPUTS_H

#include "base/error.h"

#include <stddef.h>

/// A file that will be written, and what it is called in messages, such as "the log".
typedef struct siam_output {
  const char *path; ///< NULL: it will not be written.
  const char *what;
} siam_output;

/// Fails where two of them are one file: by the same name in the same folder, however that is written, or by
/// links.
siam_status siam_outputs_check(const siam_output *outputs, size_t count);

#endif
