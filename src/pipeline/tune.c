#include "base/clock.h"
#include "base/memory.h"
#include "compute/clblast_search.h"
#include "model/description.h"
#include "pipeline/computations.h"

#include <siamese/tune.h>
#include <stdio.h>
#include <string.h>

/// Of the time, where CLBlast's parameters are tried: until when everything is measured with its own, and
/// until when sets are tried. The rest is for measuring again, if a set wins; kernels are built by then.
static const double own_share = 0.45, sets_share = 0.8;
enum { STANDARD_BATCH = 64, MOST_BATCH = 1 << 20, EMBEDDED = 128 };

/// All that a run owns.
typedef struct tuning {
  siam_device *device;
  siam_tune_options options; ///< Defaults filled in.
  siam_computations computations;
  siam_tuner *tuner;
  siam_tune_row *rows;
  siam_tune_clblast_row clblast;
  size_t done, steps; ///< Of progress.
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

/// Whether time is left until a share of all of it is over; how much.
static double left(const tuning *run, double share) {
  return share * 60 * run->options.minutes - (siam_seconds() - run->begun);
}

static bool report_progress(void *context, const char *name) {
  tuning *run = context;
  const siam_tune_options *options = &run->options;
  return options->progress == NULL || options->progress(options->context, run->done++, run->steps, name);
}

/// Tunes one computation and keeps its result. Only running out of host memory stops the run.
static siam_status tune_one(const tuning *run, const siam_tunable *tunable, double seconds,
                            siam_tune_row *row) {
  siam_tuner_result result;
  siam_status status = siam_tuner_run(run->tuner, tunable, seconds, &result);
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

/// Gives each computation an equal share of the time that is left. `again`: only those that CLBlast's
/// parameters matter to.
static siam_status tune_all(tuning *run, double share, bool again) {
  const size_t count = run->computations.count;
  for (size_t i = 0; i < count; i++) {
    const siam_tunable *tunable = &run->computations.list[i];
    siam_tune_row *row = &run->rows[i];
    if (again && !siam_clblast_matters(run->device, tunable->name)) continue;
    if (!report_progress(run, tunable->name))
      return siam_fail(SIAM_INTERRUPTED, "stopped after %zu of %zu computations; what was found is kept", i,
                       count);
    *row = (siam_tune_row){0};
    snprintf(row->name, sizeof row->name, "%s", tunable->name);
    const double seconds = left(run, share);
    if (seconds <= 0) {
      snprintf(row->reason, sizeof row->reason, "no time was left; give more minutes");
      continue;
    }
    SIAM_RETURN_IF_FAILED(tune_one(run, tunable, seconds / (double)(count - i), row));
  }
  return SIAM_OK;
}

// CLBlast's parameters

static bool tries_clblast(siam_device *device, siam_tune_clblast wish) {
  const siam_clblast_set *set = NULL;
  if (wish != SIAM_TUNE_CLBLAST_STANDARD) return wish == SIAM_TUNE_CLBLAST_ON;
  return !device->traits.is_cpu && !siam_clblast_kept(device, &set);
}

/// Before anything is computed: goes back to CLBlast's own parameters, and forgets what was measured with
/// others.
static siam_status begin_clblast(tuning *run) {
  const siam_clblast_set *set = NULL;
  run->clblast.tried = true;
  if (!siam_clblast_use_own(run->device))
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "CLBlast has been given other parameters on %s already, and has no way back; tune in a "
                     "process of its own",
                     run->device->info.name);
  return siam_clblast_kept(run->device, &set) ? siam_clblast_forget(run->device) : SIAM_OK;
}

/// Tries sets of parameters and keeps the best; `changed`: it is not CLBlast's own, and what was measured
/// with those is forgotten.
static siam_status search_clblast(tuning *run, bool *changed) {
  siam_tune_clblast_row *row = &run->clblast;
  const siam_clblast_search search = {.tunables = run->computations.list,
                                      .count = run->computations.count,
                                      .seconds = left(run, sets_share),
                                      .progress = report_progress,
                                      .context = run};
  siam_clblast_result found;
  siam_status status = siam_clblast_search_run(run->tuner, &search, &found);
  *changed = status == SIAM_OK && found.set != NULL;
  if (*changed) status = siam_clblast_forget(run->device);
  // That none is better is known only once all were tried.
  if (status == SIAM_OK && (*changed || found.untried == 0))
    status = siam_clblast_keep(run->device, found.set);
  if (status == SIAM_ERROR_MEMORY || status == SIAM_INTERRUPTED) return status;
  row->products = found.products;
  row->sound = found.sound;
  row->wrong = found.wrong;
  row->failed = found.failed;
  row->untried = found.untried;
  if (status != SIAM_OK) {
    snprintf(row->reason, sizeof row->reason, "%s", siam_last_error());
    return SIAM_OK;
  }
  snprintf(row->choice, sizeof row->choice, "%s", siam_clblast_set_name(found.set));
  row->speed = found.speed;
  row->seconds = found.seconds;
  row->own_seconds = found.own_seconds;
  row->error = found.error;
  return SIAM_OK;
}

/// All ways are measured with CLBlast as it comes; then, where other parameters are better, those that this
/// matters to once more with the new ones.
static siam_status tune_with_clblast(tuning *run) {
  bool changed = false;
  SIAM_RETURN_IF_FAILED(tune_all(run, own_share, false));
  SIAM_RETURN_IF_FAILED(search_clblast(run, &changed));
  return changed ? tune_all(run, 1, true) : SIAM_OK;
}

static siam_status tune(tuning *run) {
  const size_t count = run->computations.count;
  size_t sets = 0;
  run->steps = count;
  if (!run->clblast.tried) return tune_all(run, 1, false);
  while (siam_clblast_set_at(run->device, sets) != NULL) sets++;
  run->steps = 2 * count + 1 + sets;
  return tune_with_clblast(run);
}

siam_status siam_tune(siam_device *device, const siam_tune_options *options, siam_tune_report **report) {
  siam_status status = SIAM_OK;
  tuning run = {.device = device, .begun = siam_seconds()};
  siam_tune_report *made = NULL;
  SIAM_TRY(take_options(&run, options));
  if (tries_clblast(device, run.options.clblast)) SIAM_TRY(begin_clblast(&run));
  SIAM_TRY(collect(&run));
  SIAM_TRY_ALLOCATE(made, 1);
  SIAM_TRY_ALLOCATE(run.rows, run.computations.count);
  SIAM_TRY(siam_tuner_create(device, run.options.seed, &run.tuner));
  SIAM_TRY(tune(&run));
  *made = (siam_tune_report){.device = device->info,
                             .rows = run.rows,
                             .row_count = run.computations.count,
                             .clblast = run.clblast,
                             .seconds = siam_seconds() - run.begun};
  *report = made;
  made = NULL;
  run.rows = NULL;
cleanup:
  siam_tuner_destroy(run.tuner);
  siam_computations_clear(&run.computations);
  siam_free(run.rows);
  siam_free(made);
  return status;
}

void siam_tune_report_free(siam_tune_report *report) {
  if (report == NULL) return;
  siam_free((void *)report->rows);
  siam_free(report);
}
