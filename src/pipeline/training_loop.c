#include "pipeline/training.h"

#include "base/clock.h"
#include "pipeline/checkpoint.h"

#include <math.h>
#include <stdio.h>

/// The clock of a run and its speed of late.
typedef struct run_pace {
  double start;        ///< So that now − start is the training time, with that of resumed parts.
  double saved;        ///< When the last checkpoint was written.
  double last;         ///< End of the last step.
  double step_seconds; ///< Running mean.
} run_pace;

static void tick(run_pace *pace) {
  double time = siam_seconds(), taken = time - pace->last;
  pace->step_seconds += pace->step_seconds > 0 ? (taken - pace->step_seconds) / 20 : taken;
  pace->last = time;
}

/// Where time is the limit: the number of steps that will fit, from those that did.
static void estimate_steps(siam_training *run, const run_pace *pace, uint32_t done) {
  double limit = 60 * run->options->minutes, spent = pace->last - pace->start;
  if (limit <= 0) return;
  double left = fmax(limit - spent, 0) / fmax(pace->step_seconds, 1e-6);
  run->schedule.steps = done + (uint32_t)fmin(ceil(left), 1e9);
  run->schedule.every = run->schedule.steps / 3 + 1;
  run->schedule.warmup = (uint32_t)(run->warmup * run->schedule.steps);
}

static siam_status save(siam_training *run, const run_pace *pace, uint32_t done) {
  siam_checkpoint checkpoint = {.step = done,
                                .seconds = pace->last - pace->start,
                                .settings = run->settings.bytes,
                                .selection = &run->selection};
  SIAM_RETURN_IF_FAILED(siam_checkpoint_save(run->checkpoint_path, run->model, run->step, &checkpoint));
  run->kept = true;
  return SIAM_OK;
}

/// Says what goes wrong when it begins to, and not again at every step.
static void warn(siam_training *run, uint32_t step) {
  const char *diagnosis = siam_watch_diagnose(&run->watch);
  if (diagnosis == NULL || diagnosis == run->told) return;
  siam_log(&run->options->logger, SIAM_LOG_WARNING, "step %u: %s", step, diagnosis);
  run->told = diagnosis;
}

/// A log that cannot be written, as on a full disk, is no reason to throw away what the device holds. It ends
/// here, and the report says so.
static void lose_log(siam_training *run, uint32_t step) {
  siam_train_log_close(run->log);
  run->log = NULL;
  snprintf(run->lost_log, sizeof run->lost_log, "%s; the log ends before step %u", siam_last_error(), step);
  run->report->log_lost_step = step;
  siam_log(&run->options->logger, SIAM_LOG_WARNING, "step %u: %s; training goes on without the log", step,
           siam_last_error());
}

/// Takes in the result of a finished step; steps report one step late.
static siam_status see(siam_training *run, const siam_step_result *result, const run_pace *pace) {
  if (result->step == 0) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_watch_see(&run->watch, result));
  warn(run, result->step);
  siam_history_add(&run->history, result);
  if (run->log == NULL) return SIAM_OK;
  siam_status status = siam_train_log_add(run->log, result, pace->last - pace->start);
  if (status != SIAM_ERROR_FILE) return status;
  lose_log(run, result->step);
  return SIAM_OK;
}

static bool tell(siam_training *run, const run_pace *pace, uint32_t done) {
  if (run->options->progress == NULL) return true;
  const siam_watch *watch = &run->watch;
  double left = run->schedule.steps - done;
  siam_train_progress progress = {
      .step = done,
      .steps = run->schedule.steps,
      .seconds = pace->last - pace->start,
      .remaining = left * pace->step_seconds,
      .loss = (float)siam_watch_mean(watch, watch->loss),
      .same_distance = (float)siam_watch_mean(watch, watch->same_distance),
      .different_distance = (float)siam_watch_mean(watch, watch->different_distance),
      .rate = siam_schedule_rate(&run->schedule, done),
      .pairs_per_second = siam_supply_rows(run->supply) / 2.0 / fmax(pace->step_seconds, 1e-9)};
  return run->options->progress(run->options->context, &progress);
}

static siam_status run_step(siam_training *run, uint32_t number, const run_pace *pace) {
  siam_step_input input = {.rate = siam_schedule_rate(&run->schedule, number)};
  siam_step_result previous;
  SIAM_RETURN_IF_FAILED(siam_supply_give(run->supply, number, run->step, &input));
  SIAM_RETURN_IF_FAILED(siam_step_run(run->step, &input, &previous));
  return see(run, &previous, pace);
}

/// The last step's result, once the device is done with it.
static siam_status settle(siam_training *run, const run_pace *pace) {
  siam_step_result last;
  SIAM_RETURN_IF_FAILED(siam_step_finish(run->step, &last));
  return see(run, &last, pace);
}

/// A full disk is no reason to throw away what the device holds: the next checkpoint may succeed.
static siam_status save_or_warn(siam_training *run, const run_pace *pace, uint32_t done) {
  siam_status status = save(run, pace, done);
  if (status != SIAM_ERROR_FILE) return status;
  siam_log(&run->options->logger, SIAM_LOG_WARNING, "step %u: %s; training goes on without this checkpoint",
           done, siam_last_error());
  return SIAM_OK;
}

static siam_status stop(siam_training *run, const run_pace *pace, uint32_t done) {
  SIAM_RETURN_IF_FAILED(settle(run, pace));
  SIAM_RETURN_IF_FAILED(save(run, pace, done));
  return siam_fail(SIAM_INTERRUPTED, "stopped after step %u; %s holds everything, go on with --resume", done,
                   run->checkpoint_path);
}

static bool is_over(const siam_training *run, const run_pace *pace) {
  double limit = 60 * run->options->minutes;
  return limit > 0 && pace->last - pace->start >= limit;
}

/// Looks at the validation data. The clock of the steps does not count it.
static siam_status look(siam_training *run, run_pace *pace, uint32_t done, bool *enough) {
  SIAM_RETURN_IF_FAILED(settle(run, pace));
  SIAM_RETURN_IF_FAILED(siam_training_look(run, done, enough));
  pace->last = siam_seconds();
  return SIAM_OK;
}

static siam_status loop(siam_training *run, run_pace *pace) {
  bool enough = false;
  double every = run->options->checkpoint_seconds > 0 ? run->options->checkpoint_seconds : 60;
  for (uint32_t done = run->first_step; done < run->schedule.steps && !enough && !is_over(run, pace);) {
    SIAM_RETURN_IF_FAILED(run_step(run, done + 1, pace));
    done++;
    tick(pace);
    estimate_steps(run, pace, done);
    run->report->steps = done;
    if (siam_training_looks(run, done)) SIAM_RETURN_IF_FAILED(look(run, pace, done, &enough));
    if (!tell(run, pace, done)) return stop(run, pace, done);
    if (pace->last - pace->saved < every) continue;
    // Only weights that are known to be good replace the last checkpoint.
    SIAM_RETURN_IF_FAILED(settle(run, pace));
    SIAM_RETURN_IF_FAILED(save_or_warn(run, pace, done));
    pace->saved = pace->last = siam_seconds();
  }
  SIAM_RETURN_IF_FAILED(settle(run, pace));
  const uint32_t done = run->report->steps;
  if (run->options->patience == 0 || siam_training_looks(run, done)) return SIAM_OK;
  return look(run, pace, done, &enough);
}

siam_status siam_training_loop(siam_training *run) {
  double time = siam_seconds();
  run_pace pace = {.start = time - run->first_seconds, .saved = time, .last = time};
  uint32_t before = run->first_step;
  // A resumed run knows its speed, so its first step has the learning rate that is due.
  if (before > 0) {
    pace.step_seconds = run->first_seconds / before;
    estimate_steps(run, &pace, before);
  }
  run->report->steps = before;
  siam_status status = loop(run, &pace);
  double seconds = siam_seconds() - time;
  run->report->seconds = run->first_seconds + seconds;
  run->report->pairs_per_second =
      (run->report->steps - before) * (siam_supply_rows(run->supply) / 2.0) / fmax(seconds, 1e-9);
  const char *diagnosis = siam_watch_diagnose(&run->watch);
  if (diagnosis != NULL) snprintf(run->report->warning, sizeof run->report->warning, "%s", diagnosis);
  if (status == SIAM_ERROR_NUMERIC && run->kept)
    siam_fail(status, "%s; %s holds the last good step", siam_last_error(), run->checkpoint_path);
  return status;
}
