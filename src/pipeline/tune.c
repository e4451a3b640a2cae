#include "base/clock.h"
#include "base/memory.h"
#include "compute/tuner.h"
#include "model/description.h"
#include "pipeline/embedder.h"
#include "pipeline/step.h"

#include <siamese/tune.h>
#include <stdio.h>
#include <string.h>

enum { STANDARD_BATCH = 64, MOST_BATCH = 1 << 20, EMBEDDED = 128 };

/// All that a run owns.
typedef struct tuning {
  siam_device *device;
  siam_tune_options options; ///< Defaults filled in.
  siam_tunable *tunables;    ///< Each computation once.
  size_t count, capacity;
  siam_status status; ///< Of noting them.
  double begun;
} tuning;

/// Notes a computation that a door was asked for.
static void note(void *context, const siam_tunable *tunable) {
  tuning *run = context;
  for (size_t i = 0; i < run->count; i++)
    if (strcmp(run->tunables[i].name, tunable->name) == 0) return;
  const siam_status status = SIAM_GROW(run->tunables, run->count, run->capacity);
  if (status != SIAM_OK)
    run->status = status;
  else
    run->tunables[run->count++] = *tunable;
}

/// Writes the tapes of a training step and of embedding, so that the doors are asked for all they need.
static siam_status visit(siam_model *model, int pairs) {
  siam_status status = SIAM_OK;
  siam_step *step = NULL;
  siam_embedder *embedder = NULL;
  static const uint32_t batches[] = {EMBEDDED, 1};
  siam_step_options options = {.rows = 2 * pairs};
  SIAM_TRY(siam_loss_parse(siam_loss_types[0]->name, &options.loss));
  SIAM_TRY(siam_optimizer_find("adamw", &options.optimizer));
  options.loss.pairing = SIAM_PAIRING_DRAWN;
  options.optimizer_options = options.optimizer->standard;
  SIAM_TRY(siam_step_create(model, &options, &step));
  for (int i = 0; i < 2; i++) {
    SIAM_TRY(siam_embedder_create(model, batches[i], &embedder));
    siam_embedder_destroy(embedder);
    embedder = NULL;
  }
cleanup:
  siam_step_destroy(step);
  siam_embedder_destroy(embedder);
  return status;
}

static siam_status collect_encoder(tuning *run, const char *encoder) {
  siam_model *model = NULL;
  SIAM_RETURN_IF_FAILED(siam_model_create(run->device, &(siam_model_options){.encoder = encoder}, &model));
  run->device->observe = note;
  run->device->observe_context = run;
  siam_status status = visit(model, run->options.batch);
  run->device->observe = NULL;
  siam_model_destroy(model);
  return status != SIAM_OK ? status : run->status;
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
  for (size_t i = 0; i < run->count; i++) {
    const siam_tunable *tunable = &run->tunables[i];
    if (options->progress != NULL && !options->progress(options->context, i, run->count, tunable->name))
      return siam_fail(SIAM_INTERRUPTED, "stopped after %zu of %zu computations; what was found is kept", i,
                       run->count);
    const double left = 60 * options->minutes - (siam_seconds() - run->begun);
    if (left <= 0) {
      snprintf(rows[i].name, sizeof rows[i].name, "%s", tunable->name);
      snprintf(rows[i].reason, sizeof rows[i].reason, "no time was left; give more minutes");
      continue;
    }
    SIAM_RETURN_IF_FAILED(tune_one(run, tuner, tunable, left / (double)(run->count - i), &rows[i]));
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
  SIAM_TRY_ALLOCATE(rows, run.count);
  SIAM_TRY(siam_tuner_create(device, run.options.seed, &tuner));
  SIAM_TRY(tune_all(&run, tuner, rows));
  *made = (siam_tune_report){
      .device = device->info, .rows = rows, .row_count = run.count, .seconds = siam_seconds() - run.begun};
  *report = made;
  made = NULL;
  rows = NULL;
cleanup:
  siam_tuner_destroy(tuner);
  siam_free(run.tunables);
  siam_free(rows);
  siam_free(made);
  return status;
}

void siam_tune_report_free(siam_tune_report *report) {
  if (report == NULL) return;
  siam_free((void *)report->rows);
  siam_free(report);
}
