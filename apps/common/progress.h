/// How far a long task is, on standard error: a bar on a terminal, elsewhere a line every ten seconds.
/// Nothing is shown in the first half second, so that short tasks stay quiet. A program has one at a time.
#ifndef SIAM_APPS_PROGRESS_H
#define SIAM_APPS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/// Begins a task, such as "training" (not copied); with `quiet` nothing is ever shown.
void app_progress_begin(const char *task, bool quiet);

/// `done` of `total` units are done (steps, files, milliseconds; total 0: unknown). The text says what else
/// is worth knowing, such as "loss 0.123". Cheap: draws at most ten times a second. May be called from any
/// thread.
__attribute__((format(printf, 3, 4))) void app_progress_update(uint64_t done, uint64_t total,
                                                               const char *format, ...);

/// Ends the task and removes the bar.
void app_progress_end(void);

/// Take the bar away for a message, and put it back; no other thread draws in between.
void app_progress_pause(void);
void app_progress_resume(void);

#endif
