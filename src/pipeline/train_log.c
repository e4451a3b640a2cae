#include "pipeline/train_log.h"

#include "base/csv.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER "step,seconds,rate,loss,same_distance,different_distance,active,spread,gradient_norm\n"
enum { LIMIT = 1 << 30 };

struct siam_train_log {
  FILE *file;
  char *path;
};

/// Rewrites the file with its header and the rows up to `step`.
static siam_status keep_rows(const char *path, uint32_t step) {
  siam_status status = SIAM_OK;
  uint8_t *bytes = NULL;
  size_t count = 0;
  siam_text text = {0};
  if (step > 0) SIAM_TRY(siam_file_read(path, LIMIT, &bytes, &count));
  siam_text_add(&text, HEADER);
  const char *line = bytes != NULL ? strchr((const char *)bytes, '\n') : NULL;
  while (line != NULL && *++line != '\0') {
    const char *end = strchr(line, '\n');
    if (end == NULL || strtoul(line, NULL, 10) > step) break;
    siam_text_add_bytes(&text, line, (size_t)(end + 1 - line));
    line = end;
  }
  SIAM_TRY(siam_text_status(&text));
  SIAM_TRY(siam_file_replace(path, text.bytes, text.length));
cleanup:
  siam_free(bytes);
  siam_text_clear(&text);
  return status;
}

siam_status siam_train_log_open(const char *path, uint32_t step, siam_train_log **log) {
  siam_status status = SIAM_OK;
  siam_train_log *made = NULL;
  FILE *old = step > 0 ? fopen(path, "re") : NULL;
  if (old != NULL) fclose(old);
  SIAM_TRY(keep_rows(path, old != NULL ? step : 0));
  SIAM_TRY_ALLOCATE(made, 1);
  made->path = siam_copy_text(path);
  made->file = fopen(path, "ae");
  if (made->path == NULL || made->file == NULL) {
    status = siam_fail(SIAM_ERROR_FILE, "%s: cannot open for writing: %s", path, strerror(errno));
    goto cleanup;
  }
  *log = made;
  made = NULL;
cleanup:
  siam_train_log_close(made);
  return status;
}

siam_status siam_train_log_add(siam_train_log *log, const siam_step_result *result, double seconds) {
  siam_text row = {0};
  siam_csv_add_count(&row, result->step);
  siam_csv_add_float(&row, (float)seconds);
  siam_csv_add_float(&row, result->rate);
  static const siam_loss_word words[] = {SIAM_LOSS_VALUE, SIAM_LOSS_SAME_DISTANCE,
                                         SIAM_LOSS_DIFFERENT_DISTANCE, SIAM_LOSS_ACTIVE_COUNT,
                                         SIAM_LOSS_SPREAD};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) siam_csv_add_float(&row, result->loss[words[i]]);
  siam_csv_add_float(&row, result->norm);
  siam_csv_end_row(&row);
  siam_status status = siam_text_status(&row);
  // Flushed row by row, so that a plot can follow the run; one system call a step is nothing beside it.
  if (status == SIAM_OK &&
      (fwrite(row.bytes, 1, row.length, log->file) != row.length || fflush(log->file) != 0))
    status = siam_fail(SIAM_ERROR_FILE, "%s: cannot write: %s", log->path, strerror(errno));
  siam_text_clear(&row);
  return status;
}

void siam_train_log_close(siam_train_log *log) {
  if (log == NULL) return;
  if (log->file != NULL) fclose(log->file);
  siam_free(log->path);
  siam_free(log);
}
