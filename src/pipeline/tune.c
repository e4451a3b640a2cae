#include "base/clock.h"
#include "base/memory.h"
#include "compute/tuner.h"
#include "model/description.h"
#include "pipeline/computations.h"

#include <siamese/tune.h>
#include <stdio.h>
#include <string.h>

enum { STANDARD_BATCH = 64, MOST_BATCH = 1 << 20, EMBEDDED = 128 };

/// All that a run owns.
typedef struct tuning {
  siam_device *device;
  siam_tune_options options; ///< Defaults filled in.
  siam_computations computations;
  double begun;
} tuning;

static siam_status collect_encoder(tuning *run, const char *encoder) {
  return siam_computations_collect(run->device, encoder, run->options.batch, EMBEDDED, &run->computations);
}

static siam_status collect(tuning *run) {
  const char *name = run->options.encoder;
  if (strcmp(name, "all") != 0) return collect_encoder(run, name);
  for (const siam_encoder *encoder = siam_encoders; encoder->name != NULL; encoder++)
    SIAM_RETURN_IF_FAILED(collect_encoder(run, encoder->name));
  return SIAM_OK;
}

static siam_status take_options(tuning *run, const siam_tune_options *options) {
  static const siam_tune_options standard;
  run->options = options != NULL ? *options : standard;
  siam_tune_options *own = &run->options;
  if (own->encoder == NULL) own->encoder = siam_encoders[0].name;
  if (own->batch == 0) own->batch = STANDARD_BATCH;
  if (own->minutes == 0) own->minutes = 2;
  if (own->batch < 1 || own->batch > MOST_BATCH)
    return siam_fail(SIAM_ERROR_ARGUMENT, "a batch of %d pairs; use 1 to %d", own->batch, MOST_BATCH);
  if (!(own->minutes > 0))
    return siam_fail(SIAM_ERROR_ARGUMENT, "%g minutes; use a time above 0", own->minutes);
  return SIAM_OK;
}

/// Tunes one computation and keeps its result. Only running out of host memory stops the run.
static siam_status tune_one(const tuning *run, siam_tuner *tuner, const siam_tunable *tunable, double seconds,
                            siam_tune_row *row) {
  siam_tuner_result result;
  snprintf(row->name, sizeof row->name, "%s", tunable->name);
  siam_status status = siam_tuner_run(tuner, tunable, seconds, &result);
  if (status == SIAM_OK) status = siam_tuning_keep(run->device, tunable->name, result.choice);
  if (status == SIAM_ERROR_MEMORY) return status;
  snprintf(row->standard, sizeof row->standard, "%s", result.safe);
  row->sound = result.sound;
  row->wrong = result.wrong;
  row->failed = result.failed;
  row->untried = result.untried;
  if (status != SIAM_OK) {
    snprintf(row->reason, sizeof row->reason, "%s", siam_last_error());
    return SIAM_OK;
  }
  snprintf(row->choice, sizeof row->choice, "%s", result.choice);
  row->seconds = result.seconds;
  row->standard_seconds = result.safe_seconds;
  row->error = result.error;
  return SIAM_OK;
}

/// Gives each computation an equal share of the time that is left.
static siam_status tune_all(tuning *run, siam_tuner *tuner, siam_tune_row *rows) {
  const siam_tune_options *options = &run->options;
  for (size_t i = 0; i < run->computations.count; i++) {
    const siam_tunable *tunable = &run->computations.list[i];
    if (options->progress != NULL && !options->progress(options->context, i, run->computations.count, tunable->name))
      return siam_fail(SIAM_INTERRUPTED, "stopped after %zu of %zu computations; what was found is kept", i,
                       run->computations.count);
    const double left = 60 * options->minutes - (siam_seconds() - run->begun);
    if (left <= 0) {
      snprintf(rows[i].name, sizeof rows[i].name, "%s", tunable->name);
      snprintf(rows[i].reason, sizeof rows[i].reason, "no time was left; give more minutes");
      continue;
    }
    SIAM_RETURN_IF_FAILED(tune_one(run, tuner, tunable, left / (double)(run->computations.count - i), &rows[i]));
  }
  return SIAM_OK;
}

siam_status siam_tune(siam_device *device, const siam_tune_options *options, siam_tune_report **report) {
  siam_status status = SIAM_OK;
  tuning run = {.device = device, .begun = siam_seconds()};
  siam_tuner *tuner = NULL;
  siam_tune_report *made = NULL;
  siam_tune_row *rows = NULL;
  SIAM_TRY(take_options(&run, options));
  SIAM_TRY(collect(&run));
  SIAM_TRY_ALLOCATE(made, 1);
  SIAM_TRY_ALLOCATE(rows, run.computations.count);
  SIAM_TRY(siam_tuner_create(device, run.options.seed, &tuner));
  SIAM_TRY(tune_all(&run, tuner, rows));
  *made = (siam_tune_report){
      .device = device->info, .rows = rows, .row_count = run.computations.count, .seconds = siam_seconds() - run.begun};
  *report = made;
  made = NULL;
  rows = NULL;
cleanup:
  siam_tuner_destroy(tuner);
  siam_computations_clear(&run.computations);
  siam_free(rows);
  siam_free(made);
  return status;
}

void siam_tune_report_free(siam_tune_report *report) {
  if (report == NULL) return;
  siam_free((void *)report->rows);
  siam_free(report);
}
