/// train_log.h: a CSV file with a row per step.
#ifndef SIAM_PIPELINE_TRAIN_LOG_H
#define SIAM_PIPELINE_TRAIN_LOG_H

#include "pipeline/step.h"

typedef struct siam_train_log siam_train_log;

/// Opens `path` and writes the header; with `step` above 0, keeps the rows up to that step of a file that is
/// there, since a resumed run writes the later ones again.
siam_status siam_train_log_open(const char *path, uint32_t step, siam_train_log **log);

/// Adds a row: the step's result, and the seconds since the start of training.
siam_status siam_train_log_add(siam_train_log *log, const siam_step_result *result, double seconds);

/// NULL is allowed.
void siam_train_log_close(siam_train_log *log);

#endif
