#include "compute/tuner.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "device/timer.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

enum {
  MOST_CANDIDATES = 64,
  MOST_EXPECTED = 2000, ///< Elements computed in float64, spread over the result.
  MOST_COPIES = 16,
  ROUNDS = 3,      ///< Of the safe candidate and another by turns.
  LAST_ROUNDS = 7, ///< The same for the one that won: the best of many is lucky, too.
  MOST_RUNS = 10000
};
static const double sample_seconds = 0.004;
/// A choice must be that much better than the safe one: less is chance.
static const double least_gain = 1.03;
/// Multiply-adds in float64 that checking may cost.
static const double most_terms = 3e8;

struct siam_tuner {
  siam_device *device;
  siam_timer *timer;
  uint64_t seed;
  uint32_t number; ///< Of computations so far: part of every draw.
};

/// What one computation needs while its candidates are tried.
typedef struct trial {
  siam_tuner *tuner;
  const siam_tunable *tunable;
  cl_mem a, b, out;
  float *host_a, *host_b, *before, *got;
  float *safe;      ///< Result of the safe candidate.
  float *magnitude; ///< Its result on absolute values: the sum of the magnitudes of all terms.
  double *expected; ///< Some of its elements in float64.
  size_t expected_count;
  siam_tape *safe_tape;
  unsigned copies; ///< Of the computation on a tape that is timed.
} trial;

siam_status siam_tuner_create(siam_device *device, uint64_t seed, siam_tuner **tuner) {
  siam_status status = SIAM_OK;
  siam_tuner *made = NULL;
  SIAM_TRY_ALLOCATE(made, 1);
  made->device = device;
  made->seed = seed;
  SIAM_TRY(siam_timer_create(device, &made->timer));
  *tuner = made;
  made = NULL;
cleanup:
  siam_tuner_destroy(made);
  return status;
}

void siam_tuner_destroy(siam_tuner *tuner) {
  if (tuner == NULL) return;
  siam_timer_destroy(tuner->timer);
  siam_free(tuner);
}

siam_device *siam_tuner_device(const siam_tuner *tuner) {
  return tuner->device;
}

// Operands and results

static siam_status fill(const siam_tuner *tuner, uint32_t step, size_t count, cl_mem *buffer,
                        float **values) {
  *values = siam_allocate(count, sizeof **values);
  if (*values == NULL) return SIAM_ERROR_MEMORY;
  for (size_t i = 0; i < count; i++)
    (*values)[i] = 2 * siam_uniform(siam_random(tuner->seed, SIAM_STREAM_EVALUATE, step, i).word[0]) - 1;
  SIAM_RETURN_IF_FAILED(siam_buffer_create(tuner->device, count, buffer));
  return siam_buffer_write(tuner->device, *buffer, 0, count, *values);
}

static siam_status begin(trial *of) {
  siam_status status = SIAM_OK;
  const siam_tunable *tunable = of->tunable;
  const uint32_t step = 3 * of->tuner->number++;
  SIAM_TRY(fill(of->tuner, step, tunable->a_count, &of->a, &of->host_a));
  SIAM_TRY(fill(of->tuner, step + 1, tunable->b_count, &of->b, &of->host_b));
  SIAM_TRY(fill(of->tuner, step + 2, tunable->out_count, &of->out, &of->before));
  SIAM_TRY_ALLOCATE(of->got, tunable->out_count);
  SIAM_TRY_ALLOCATE(of->safe, tunable->out_count);
  SIAM_TRY_ALLOCATE(of->magnitude, tunable->out_count);
  const double worth = 5e6, products = tunable->terms * (double)tunable->out_count;
  of->copies = (unsigned)fmin(fmax(worth / products, 1), MOST_COPIES);
cleanup:
  return status;
}

static void end(trial *of) {
  cl_mem buffers[] = {of->a, of->b, of->out};
  for (int i = 0; i < 3; i++) siam_buffer_release(of->tuner->device, buffers[i]);
  float *arrays[] = {of->host_a, of->host_b, of->before, of->got, of->safe, of->magnitude};
  for (int i = 0; i < 6; i++) siam_free(arrays[i]);
  siam_free(of->expected);
  siam_tape_destroy(of->safe_tape);
}

/// A tape with the computation on it `copies` times.
static siam_status write_tape(const trial *of, const char *choice, unsigned copies, siam_tape **tape) {
  siam_status status = SIAM_OK;
  siam_tape *made = NULL;
  const siam_tunable *tunable = of->tunable;
  const siam_view a = siam_view_of_buffer(of->a, 0, tunable->a_count);
  const siam_view b = siam_view_of_buffer(of->b, 0, tunable->b_count);
  const siam_view out = siam_view_of_buffer(of->out, 0, tunable->out_count);
  SIAM_TRY(siam_tape_create(of->tuner->device, &made));
  for (unsigned i = 0; i < copies; i++) SIAM_TRY(tunable->type->add(made, tunable, choice, a, b, out));
  SIAM_TRY(siam_tape_seal(made));
  *tape = made;
  made = NULL;
cleanup:
  siam_tape_destroy(made);
  return status;
}

/// Computes once, from `before`, and reads the result.
static siam_status compute(const trial *of, const char *choice, const float *before, float *result) {
  siam_status status = SIAM_OK;
  siam_tape *tape = NULL;
  const size_t count = of->tunable->out_count;
  SIAM_TRY(siam_buffer_write(of->tuner->device, of->out, 0, count, before));
  SIAM_TRY(write_tape(of, choice, 1, &tape));
  SIAM_TRY(siam_tape_run(tape));
  SIAM_TRY(siam_buffer_read(of->tuner->device, of->out, 0, count, result));
cleanup:
  siam_tape_destroy(tape);
  return status;
}

static siam_status write_absolute(const trial *of, cl_mem buffer, const float *values, size_t count,
                                  bool absolute) {
  siam_status status = SIAM_OK;
  float *changed = NULL;
  SIAM_TRY_ALLOCATE(changed, count);
  for (size_t i = 0; i < count; i++) changed[i] = absolute ? fabsf(values[i]) : values[i];
  SIAM_TRY(siam_buffer_write(of->tuner->device, buffer, 0, count, changed));
cleanup:
  siam_free(changed);
  return status;
}

/// The sum of the magnitudes of all terms of each element, by the safe candidate on absolute values.
static siam_status measure_magnitudes(const trial *of, const char *choice) {
  const siam_tunable *tunable = of->tunable;
  for (size_t i = 0; i < tunable->out_count; i++) of->got[i] = fabsf(of->before[i]);
  SIAM_RETURN_IF_FAILED(write_absolute(of, of->a, of->host_a, tunable->a_count, true));
  SIAM_RETURN_IF_FAILED(write_absolute(of, of->b, of->host_b, tunable->b_count, true));
  SIAM_RETURN_IF_FAILED(compute(of, choice, of->got, of->magnitude));
  SIAM_RETURN_IF_FAILED(write_absolute(of, of->a, of->host_a, tunable->a_count, false));
  return write_absolute(of, of->b, of->host_b, tunable->b_count, false);
}

/// How far any order of summation in float32 may be from the sum (Higham 2002, section 3.1), doubled for
/// engines that transform their operands first, whose errors have another form but must not be larger.
static double bound_of(const trial *of, size_t index) {
  return 2.02 * (of->tunable->terms + 3) * (FLT_EPSILON / 2) * (double)of->magnitude[index];
}

/// An error as a share of its bound; infinite where the number is not finite.
static double share(const trial *of, size_t index, float got, double expected) {
  const double error = fabs((double)got - expected), bound = bound_of(of, index);
  if (!isfinite(got) || !(error <= DBL_MAX)) return INFINITY;
  return error > 0 ? error / bound : 0;
}

/// Which element is number `i` of those computed in float64: the first, the last, and evenly between them.
static size_t expected_place(const trial *of, size_t i) {
  if (of->expected_count < 2) return 0;
  return (size_t)((double)(of->tunable->out_count - 1) * (double)i / (double)(of->expected_count - 1));
}

/// Computes elements in float64: all of them, or as many as there is time for.
static siam_status compute_expected(trial *of) {
  siam_status status = SIAM_OK;
  const siam_tunable *tunable = of->tunable;
  const size_t count = tunable->out_count;
  of->expected_count = (size_t)fmax(2, fmin(MOST_EXPECTED, most_terms / tunable->terms));
  if (of->expected_count > count) of->expected_count = count;
  SIAM_TRY_ALLOCATE(of->expected, of->expected_count);
  for (size_t i = 0; i < of->expected_count; i++) {
    const size_t place = expected_place(of, i);
    of->expected[i] = tunable->type->expect(tunable, of->host_a, of->host_b, of->before[place], place);
  }
cleanup:
  return status;
}

/// The largest error of `result` against float64 and, on every element, against the safe candidate.
static double find_error(const trial *of, const float *result) {
  double largest = 0;
  for (size_t i = 0; i < of->expected_count; i++) {
    const size_t place = expected_place(of, i);
    largest = fmax(largest, share(of, place, result[place], of->expected[i]));
  }
  for (size_t i = 0; i < of->tunable->out_count; i++)
    largest = fmax(largest, share(of, i, result[i], of->safe[i]));
  return largest;
}

// Time

static siam_status time_runs(const trial *of, siam_tape *tape, unsigned runs, double *seconds) {
  siam_status status = SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_timer_begin(of->tuner->timer));
  for (unsigned i = 0; i < runs && status == SIAM_OK; i++) status = siam_tape_run(tape);
  SIAM_RETURN_IF_FAILED(siam_timer_end(of->tuner->timer, seconds));
  *seconds /= (double)runs * of->copies;
  return status;
}

/// How many runs last for a sample.
static siam_status count_runs(const trial *of, siam_tape *tape, unsigned *runs) {
  double seconds = 0;
  SIAM_RETURN_IF_FAILED(time_runs(of, tape, 1, &seconds));
  SIAM_RETURN_IF_FAILED(time_runs(of, tape, 1, &seconds));
  *runs = (unsigned)fmin(fmax(sample_seconds / fmax(seconds * of->copies, 1e-9), 1), MOST_RUNS);
  return SIAM_OK;
}

static double median(double *values, int count) {
  for (int i = 1; i < count; i++)
    for (int k = i; k > 0 && values[k] < values[k - 1]; k--) {
      const double held = values[k];
      values[k] = values[k - 1];
      values[k - 1] = held;
    }
  return values[count / 2];
}

/// Times the safe candidate and another by turns; writes the medians of both and that of their ratio.
static siam_status race(const trial *of, siam_tape *tape, int rounds, siam_tuner_race *raced) {
  double safe[LAST_ROUNDS], other[LAST_ROUNDS], ratio[LAST_ROUNDS];
  unsigned safe_runs = 1, runs = 1;
  SIAM_RETURN_IF_FAILED(count_runs(of, of->safe_tape, &safe_runs));
  SIAM_RETURN_IF_FAILED(count_runs(of, tape, &runs));
  for (int i = 0; i < rounds; i++) {
    SIAM_RETURN_IF_FAILED(time_runs(of, of->safe_tape, safe_runs, &safe[i]));
    SIAM_RETURN_IF_FAILED(time_runs(of, tape, runs, &other[i]));
    ratio[i] = safe[i] / other[i];
  }
  raced->safe_seconds = median(safe, rounds);
  raced->seconds = median(other, rounds);
  raced->speed = median(ratio, rounds);
  return SIAM_OK;
}

// Candidates

/// The safe candidate: right by float64, or nothing can be chosen.
static siam_status try_safe(trial *of, siam_tuner_result *result) {
  SIAM_RETURN_IF_FAILED(compute(of, result->safe, of->before, of->safe));
  SIAM_RETURN_IF_FAILED(measure_magnitudes(of, result->safe));
  SIAM_RETURN_IF_FAILED(compute_expected(of));
  result->error = find_error(of, of->safe);
  if (result->error > 1)
    return siam_fail(SIAM_ERROR_NUMERIC,
                     "%s on %s: the standard way (%s) is wrong by %.3g times what rounding allows; please "
                     "report this device",
                     of->tunable->name, of->tuner->device->info.name, result->safe, result->error);
  result->sound = 1;
  SIAM_RETURN_IF_FAILED(write_tape(of, result->safe, of->copies, &of->safe_tape));
  siam_tuner_race raced;
  SIAM_RETURN_IF_FAILED(race(of, of->safe_tape, ROUNDS, &raced));
  result->safe_seconds = raced.safe_seconds;
  result->seconds = raced.seconds;
  snprintf(result->choice, sizeof result->choice, "%s", result->safe);
  return SIAM_OK;
}

/// The best candidate so far.
typedef struct best {
  char choice[SIAM_TUNING_CHOICE_SIZE];
  double score, error;
} best;

/// Checks a candidate and races it. What goes wrong is its outcome; only running out of host memory is the
/// status.
static siam_status examine(const trial *of, const char *choice, siam_tuner_outcome *outcome,
                           siam_tuner_race *raced) {
  siam_tape *tape = NULL;
  *raced = (siam_tuner_race){.error = INFINITY};
  siam_status status = compute(of, choice, of->before, of->got);
  if (status == SIAM_OK) status = write_tape(of, choice, of->copies, &tape);
  if (status == SIAM_OK) raced->error = find_error(of, of->got);
  if (status == SIAM_OK && raced->error <= 1) status = race(of, tape, ROUNDS, raced);
  siam_tape_destroy(tape);
  *outcome = status != SIAM_OK ? SIAM_TUNER_FAILED : raced->error > 1 ? SIAM_TUNER_WRONG : SIAM_TUNER_SOUND;
  return status == SIAM_ERROR_MEMORY ? status : SIAM_OK;
}

static siam_status try_candidate(const trial *of, const char *choice, best *leader,
                                 siam_tuner_result *result) {
  siam_tuner_outcome outcome = SIAM_TUNER_FAILED;
  siam_tuner_race raced;
  SIAM_RETURN_IF_FAILED(examine(of, choice, &outcome, &raced));
  result->failed += outcome == SIAM_TUNER_FAILED;
  result->wrong += outcome == SIAM_TUNER_WRONG;
  result->sound += outcome == SIAM_TUNER_SOUND;
  const double score = raced.speed * (1 - raced.error);
  if (outcome != SIAM_TUNER_SOUND || score <= leader->score) return SIAM_OK;
  *leader = (best){.score = score, .error = raced.error};
  snprintf(leader->choice, sizeof leader->choice, "%s", choice);
  return SIAM_OK;
}

/// Races the best once more, longer, and chooses it where it is still the better one.
static siam_status confirm(const trial *of, const best *leader, siam_tuner_result *result) {
  siam_status status = SIAM_OK;
  siam_tape *tape = NULL;
  siam_tuner_race raced;
  if (leader->choice[0] == '\0') return SIAM_OK;
  SIAM_TRY(write_tape(of, leader->choice, of->copies, &tape));
  SIAM_TRY(race(of, tape, LAST_ROUNDS, &raced));
  if (raced.speed * (1 - leader->error) < least_gain) goto cleanup;
  snprintf(result->choice, sizeof result->choice, "%s", leader->choice);
  result->safe_seconds = raced.safe_seconds;
  result->seconds = raced.seconds;
  result->error = leader->error;
cleanup:
  siam_tape_destroy(tape);
  return status;
}

siam_status siam_tuner_run(siam_tuner *tuner, const siam_tunable *tunable, double seconds,
                           siam_tuner_result *result) {
  siam_status status = SIAM_OK;
  const double begun = siam_seconds();
  trial of = {.tuner = tuner, .tunable = tunable};
  // The safe candidate's own score is 1.
  best leader = {.score = 1};
  uint32_t order[MOST_CANDIDATES], count = 0;
  char choice[SIAM_TUNING_CHOICE_SIZE];
  *result = (siam_tuner_result){0};
  if (!tunable->type->candidate(tuner->device, tunable, 0, result->safe))
    return siam_fail(SIAM_ERROR_ARGUMENT, "%s: there is no way to compute it", tunable->name);
  SIAM_TRY(begin(&of));
  SIAM_TRY(try_safe(&of, result));
  while (count < MOST_CANDIDATES && tunable->type->candidate(tuner->device, tunable, count + 1, choice)) {
    order[count] = count + 1;
    count++;
  }
  siam_shuffle(order, count, tuner->seed, SIAM_STREAM_EVALUATE, tuner->number);
  for (uint32_t i = 0; i < count; i++) {
    if (siam_seconds() - begun >= seconds) {
      result->untried = count - i;
      break;
    }
    tunable->type->candidate(tuner->device, tunable, order[i], choice);
    SIAM_TRY(try_candidate(&of, choice, &leader, result));
  }
  SIAM_TRY(confirm(&of, &leader, result));
cleanup:
  end(&of);
  return status;
}

siam_status siam_tuner_compare(siam_tuner *tuner, const siam_tunable *tunable, const char *safe,
                               const char *choice, siam_tuner_outcome *outcome, siam_tuner_race *raced) {
  siam_status status = SIAM_OK;
  trial of = {.tuner = tuner, .tunable = tunable};
  siam_tuner_result result = {0};
  snprintf(result.safe, sizeof result.safe, "%s", safe);
  SIAM_TRY(begin(&of));
  SIAM_TRY(try_safe(&of, &result));
  SIAM_TRY(examine(&of, choice, outcome, raced));
cleanup:
  end(&of);
  return status;
}
