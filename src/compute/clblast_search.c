#include "compute/clblast_search.h"

#include "base/clock.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

/// A set must be that much faster: less is chance, and changes rounding for nothing.
static const double least_gain = 1.05;
#define CLBLAST "clblast"

/// All that a search owns.
typedef struct search_run {
  siam_tuner *tuner;
  siam_device *device;
  const siam_clblast_search *search;
  double
      *own; ///< For each tunable: speed of CLBlast's own parameters as a multiple of our kernel's; 0: none.
  double begun;
} search_run;

/// What became of a set.
typedef struct verdict {
  siam_tuner_outcome outcome;
  bool complete; ///< All products were measured; else time ran out.
  double speed;  ///< Against CLBlast's own parameters, geometric mean.
  double error;
} verdict;

static bool has_time(const search_run *run) {
  return siam_seconds() - run->begun < run->search->seconds;
}

static bool ask(const search_run *run, const char *name) {
  const siam_clblast_search *search = run->search;
  return search->progress == NULL || search->progress(search->context, name);
}

static const siam_clblast_set *set_at(const search_run *run, size_t index) {
  const siam_clblast_search *search = run->search;
  return (search->set_at != NULL ? search->set_at : siam_clblast_set_at)(run->device, index);
}

/// The first way of a product that does without CLBlast.
static bool find_partner(const siam_device *device, const siam_tunable *tunable,
                         char choice[SIAM_TUNING_CHOICE_SIZE]) {
  for (size_t i = 0; tunable->type->candidate(device, tunable, i, choice); i++)
    if (strcmp(choice, CLBLAST) != 0) return true;
  return false;
}

/// Races CLBlast, as it is set, against our kernel on one product.
static siam_status race(const search_run *run, size_t index, siam_tuner_outcome *outcome,
                        siam_tuner_race *raced) {
  const siam_tunable *tunable = &run->search->tunables[index];
  char partner[SIAM_TUNING_CHOICE_SIZE];
  if (!find_partner(run->device, tunable, partner))
    return siam_fail(SIAM_ERROR_ARGUMENT, "%s has no kernel that CLBlast's parameters could be compared by",
                     run->device->info.name);
  return siam_tuner_compare(run->tuner, tunable, partner, CLBLAST, outcome, raced);
}

/// CLBlast as it comes. What it cannot compute right is no product to judge sets by.
static siam_status measure_own(search_run *run, siam_clblast_result *result) {
  double logarithms = 0;
  for (size_t i = 0; i < run->search->count && has_time(run); i++) {
    siam_tuner_outcome outcome = SIAM_TUNER_FAILED;
    siam_tuner_race raced;
    if (strncmp(run->search->tunables[i].name, "gemm ", 5) != 0) continue;
    SIAM_RETURN_IF_FAILED(race(run, i, &outcome, &raced));
    if (outcome != SIAM_TUNER_SOUND) continue;
    run->own[i] = raced.speed;
    logarithms += log(raced.seconds);
    result->error = fmax(result->error, raced.error);
    result->products++;
  }
  if (result->products == 0)
    return siam_fail(SIAM_ERROR_ARGUMENT, "there is no product to judge CLBlast's parameters by");
  result->own_seconds = exp(logarithms / result->products);
  return SIAM_OK;
}

/// The set in force, over all products; one that is wrong or fails anywhere is through.
static siam_status measure_set(const search_run *run, bool hurry, verdict *got) {
  double logarithms = 0;
  size_t products = 0;
  *got = (verdict){.outcome = SIAM_TUNER_SOUND, .complete = true};
  for (size_t i = 0; i < run->search->count; i++) {
    siam_tuner_race raced;
    if (run->own[i] <= 0) continue;
    if (hurry && !has_time(run)) got->complete = false;
    if (!got->complete) return SIAM_OK;
    SIAM_RETURN_IF_FAILED(race(run, i, &got->outcome, &raced));
    if (got->outcome != SIAM_TUNER_SOUND) return SIAM_OK;
    logarithms += log(raced.speed / run->own[i]);
    got->error = fmax(got->error, raced.error);
    products++;
  }
  got->speed = exp(logarithms / (double)products);
  return SIAM_OK;
}

/// Tries one set, counts it, and remembers it where it leads.
static siam_status try_set(const search_run *run, const siam_clblast_set *set, verdict *leader,
                           siam_clblast_result *result) {
  verdict got = {.outcome = SIAM_TUNER_FAILED, .complete = true};
  if (siam_clblast_use(run->device, set) == SIAM_OK) SIAM_RETURN_IF_FAILED(measure_set(run, true, &got));
  result->failed += got.outcome == SIAM_TUNER_FAILED;
  result->wrong += got.outcome == SIAM_TUNER_WRONG;
  result->untried += !got.complete;
  if (got.outcome != SIAM_TUNER_SOUND || !got.complete) return SIAM_OK;
  result->sound++;
  if (got.speed <= leader->speed) return SIAM_OK;
  *leader = got;
  result->set = set;
  return SIAM_OK;
}

/// Measures the leader once more, since the best of many is lucky, too.
static siam_status confirm(const search_run *run, siam_clblast_result *result) {
  const siam_clblast_set *set = result->set;
  verdict got;
  result->set = NULL;
  if (set == NULL) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_clblast_use(run->device, set));
  SIAM_RETURN_IF_FAILED(measure_set(run, false, &got));
  if (got.outcome != SIAM_TUNER_SOUND || got.speed < least_gain) return SIAM_OK;
  result->set = set;
  result->speed = got.speed;
  result->error = got.error;
  return SIAM_OK;
}

static siam_status try_all(search_run *run, siam_clblast_result *result) {
  verdict leader = {.speed = least_gain};
  const siam_clblast_set *set = NULL;
  if (!ask(run, "CLBlast's own parameters")) return siam_fail(SIAM_INTERRUPTED, "stopped");
  SIAM_RETURN_IF_FAILED(measure_own(run, result));
  for (size_t i = 0; (set = set_at(run, i)) != NULL; i++) {
    if (!has_time(run)) {
      result->untried++;
      continue;
    }
    if (!ask(run, set->name))
      return siam_fail(SIAM_INTERRUPTED, "stopped before the parameters %s of CLBlast", set->name);
    SIAM_RETURN_IF_FAILED(try_set(run, set, &leader, result));
  }
  return confirm(run, result);
}

siam_status siam_clblast_search_run(siam_tuner *tuner, const siam_clblast_search *search,
                                    siam_clblast_result *result) {
  siam_status status = SIAM_OK;
  search_run run = {
      .tuner = tuner, .device = siam_tuner_device(tuner), .search = search, .begun = siam_seconds()};
  *result = (siam_clblast_result){.speed = 1};
  SIAM_TRY_ALLOCATE(run.own, search->count);
  if (!siam_clblast_use_own(run.device)) {
    status = siam_fail(SIAM_ERROR_ARGUMENT,
                       "CLBlast has been given other parameters on %s already, and has no way back; tune in "
                       "a process of its own",
                       run.device->info.name);
    goto cleanup;
  }
  status = try_all(&run, result);
  if (status != SIAM_OK) result->set = NULL;
  // What was tried last may be wrong, and stays until something takes its place.
  if (run.device->clblast_set != NULL && run.device->clblast_set != result->set)
    (void)siam_clblast_use(run.device, &siam_clblast_generic);
  result->seconds = result->own_seconds / result->speed;
cleanup:
  siam_free(run.own);
  return status;
}
