/// telling.h: how far a caller is told that the work has come.
#ifndef SIAM_PIPELINE_TELLING_H
#define SIAM_PIPELINE_TELLING_H

#include <stdbool.h>
#include <stdint.h>

/// A caller's progress function and what it is told; see siam_train_options.preparing.
typedef struct siam_telling {
  bool (*preparing)(void *context, const char *what, uint32_t done, uint32_t count);
  void *context;
  const char *what;
} siam_telling;

/// Passes progress on; `telling` is a siam_telling. True where there is nobody to tell.
bool siam_tell(void *telling, uint32_t done, uint32_t count);

#endif
