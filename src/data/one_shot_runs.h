/// one_shot_runs.h: prepared runs of one-shot classification in Omniglot's official layout.
///
///     DATA/run01/training/class01.png …   one support picture of each class
///     DATA/run01/test/item01.png …        queries
///     DATA/run01/class_labels.txt         "run01/test/item01.png run01/training/class08.png" for each query
#ifndef SIAM_DATA_ONE_SHOT_RUNS_H
#define SIAM_DATA_ONE_SHOT_RUNS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/// One run. Pictures are numbers into the paths of all runs.
typedef struct siam_one_shot_run {
  char *name; ///< Of its folder.
  uint32_t support_count, query_count;
  uint32_t *supports; ///< [support_count], in the order of their paths.
  uint32_t *queries;  ///< [query_count], in the order of the file.
  uint32_t *truth;    ///< [query_count]: which of `supports` has the query's class.
} siam_one_shot_run;

/// Zero value: none. Free with siam_one_shot_runs_clear().
typedef struct siam_one_shot_runs {
  uint32_t run_count, image_count;
  siam_one_shot_run *runs; ///< In the order of their names.
  char **paths;            ///< [image_count], usable from the working folder.
} siam_one_shot_runs;

/// Reads the `class_labels.txt` of every folder in `folder`; pictures are not opened. SIAM_ERROR_DATA where
/// no folder has one or a run has fewer than two supports; SIAM_ERROR_FORMAT names the file and the line.
siam_status siam_one_shot_runs_read(const char *folder, siam_one_shot_runs *runs);

/// Adds the run of the folder `name` in `folder`, whose class_labels.txt is `length` bytes of text with one
/// more NUL behind them; they are changed. What a failure leaves is for siam_one_shot_runs_clear() alone.
siam_status siam_one_shot_runs_parse(const char *folder, const char *name, char *text, size_t length,
                                     siam_one_shot_runs *runs);

void siam_one_shot_runs_clear(siam_one_shot_runs *runs);

#endif
