/// parallel.h: the same task for many numbers, in several threads. What comes out must not depend on which
/// thread does what: each task writes only to places of its own.
#ifndef SIAM_DATA_PARALLEL_H
#define SIAM_DATA_PARALLEL_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct siam_parallel {
  uint32_t count;   ///< Tasks 0 … count − 1.
  uint32_t threads; ///< 0: one per processor, at most 16.
  siam_status (*task)(void *context, uint32_t number);
  /// In place of `task`: does tasks `first`, `first` + 1 …, at most `together` of them; fewer where few are
  /// left for all threads.
  siam_status (*several)(void *context, uint32_t first, uint32_t count);
  uint32_t together;
  void *context;
  /// Called on the calling thread, about ten times a second; false stops. May be NULL.
  bool (*progress)(void *context, uint32_t done, uint32_t count);
  void *progress_context;
} siam_parallel;

/// Runs all tasks. A failing task stops the rest, and its sentence becomes the calling thread's last error;
/// of several, that of the lowest number. SIAM_INTERRUPTED where `progress` asked to stop.
siam_status siam_parallel_run(const siam_parallel *work);

/// 0 becomes one thread per processor, at most 16.
uint32_t siam_thread_count(uint32_t asked);

/// How many of `left` tasks one of `threads` takes at a time, at most `most` and at least one: so few that
/// all threads come to their end together.
uint32_t siam_share(uint32_t left, uint32_t threads, uint32_t most);

#endif
