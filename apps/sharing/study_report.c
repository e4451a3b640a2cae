#include "sharing/study.h"

#include "common/message.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double error_of(const study_errors *errors, study_kind kind) {
  if (kind == STUDY_TRAINING) return errors->training[STUDY_MOMENTS - 1];
  if (kind == STUDY_UNSEEN) return errors->unseen[STUDY_MOMENTS - 1];
  double best = errors->unseen[0];
  for (int m = 1; m < STUDY_MOMENTS; m++) best = fmin(best, errors->unseen[m]);
  return best;
}

/// Mean and standard deviation of numbers, one after the other (Welford 1962).
typedef struct running_moments {
  double count, mean, squares;
} running_moments;

static void add(running_moments *running, double value) {
  const double before = value - running->mean;
  running->mean += before / ++running->count;
  running->squares += before * (value - running->mean);
}

static study_spread spread_of(const running_moments *running) {
  return (study_spread){running->mean, sqrt(running->squares / (running->count - 1))};
}

study_spread study_spread_of(const study_result *result, int size, study_variant variant, study_kind kind) {
  running_moments numbers = {0};
  for (int64_t r = 0; r < result->seeds; r++)
    add(&numbers, error_of(&result->errors[size][variant][r], kind));
  return spread_of(&numbers);
}

study_spread study_spread_at(const study_result *result, int size, study_variant variant, bool unseen,
                             int moment) {
  running_moments numbers = {0};
  for (int64_t r = 0; r < result->seeds; r++) {
    const study_errors *errors = &result->errors[size][variant][r];
    add(&numbers, unseen ? errors->unseen[moment] : errors->training[moment]);
  }
  return spread_of(&numbers);
}

/// The 97.5 % point of Student's t with `freedom` degrees of freedom: a table, and from there on its
/// expansion (Abramowitz and Stegun 26.7.5), which is right to three digits.
static double student(int64_t freedom) {
  static const double points[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};
  const int64_t count = sizeof points / sizeof *points;
  if (freedom >= 1 && freedom <= count) return points[freedom - 1];
  const double z = 1.95996, n = (double)freedom;
  return z + (z * z * z + z) / (4 * n) + (5 * pow(z, 5) + 16 * z * z * z + 3 * z) / (96 * n * n);
}

/// What tying changes in an error: the mean over the repetitions of tied − untied, which share their
/// examples, and the 95 % interval of that mean.
typedef struct study_change {
  double mean, low, high;
} study_change;

static study_change change_of(const study_result *result, int size, study_kind kind) {
  running_moments numbers = {0};
  for (int64_t r = 0; r < result->seeds; r++)
    add(&numbers, error_of(&result->errors[size][STUDY_TIED][r], kind) -
                      error_of(&result->errors[size][STUDY_UNTIED][r], kind));
  const study_spread spread = spread_of(&numbers);
  const double half = student(result->seeds - 1) * spread.deviation / sqrt((double)result->seeds);
  return (study_change){spread.mean, spread.mean - half, spread.mean + half};
}

static const char *better(const study_change *change) {
  return change->high < 0 ? "tied" : change->low > 0 ? "untied" : "neither";
}

/// Digits behind the point, so that numbers around `size` have four that count.
static int digits_for(double size) {
  const int digits = 3 - (int)floor(log10(fmax(size, 1e-9)));
  return digits < 0 ? 0 : digits;
}

static void add_spread(app_table *table, int digits, study_spread spread) {
  app_table_add(table, "%.*f ± %.*f", digits, spread.mean, digits, spread.deviation);
}

static void add_change(app_table *table, int digits, study_change change) {
  app_table_add(table, "%+.*f (%+.*f … %+.*f)", digits, change.mean, digits, change.low, digits, change.high);
  app_table_add(table, "%s", better(&change));
}

/// Errors after training, on training and on unseen examples.
static void show_end(sharing_lesson *lesson, const study_result *result, int digits) {
  const app_column columns[] = {{result->system.examples, true},
                                {"tied: training", true},
                                {"unseen", true},
                                {"untied: training", true},
                                {"unseen", true},
                                {"tied − untied, unseen", true},
                                {"better", false}};
  app_table *table = app_table_create(columns, sizeof columns / sizeof *columns);
  for (int s = 0; s < STUDY_SIZES; s++) {
    app_table_add(table, "%zu", result->system.sizes[s]);
    for (int v = 0; v < STUDY_VARIANTS; v++)
      for (int k = STUDY_TRAINING; k <= STUDY_UNSEEN; k++)
        add_spread(table, digits, study_spread_of(result, s, (study_variant)v, (study_kind)k));
    add_change(table, digits, change_of(result, s, STUDY_UNSEEN));
  }
  sharing_show(lesson, table);
}

/// Errors on unseen examples, had each training been stopped when it was least.
static void show_best(sharing_lesson *lesson, const study_result *result, int digits) {
  const app_column columns[] = {{result->system.examples, true},
                                {"tied", true},
                                {"untied", true},
                                {"tied − untied", true},
                                {"better", false}};
  app_table *table = app_table_create(columns, sizeof columns / sizeof *columns);
  for (int s = 0; s < STUDY_SIZES; s++) {
    app_table_add(table, "%zu", result->system.sizes[s]);
    for (int v = 0; v < STUDY_VARIANTS; v++)
      add_spread(table, digits, study_spread_of(result, s, (study_variant)v, STUDY_BEST));
    add_change(table, digits, change_of(result, s, STUDY_BEST));
  }
  sharing_show(lesson, table);
}

static json_t *spread_json(study_spread spread) {
  return json_pack("{so so}", "mean", app_json_number(spread.mean), "deviation",
                   app_json_number(spread.deviation));
}

static json_t *change_json(study_change change) {
  return json_pack("{so so so ss}", "mean", app_json_number(change.mean), "low", app_json_number(change.low),
                   "high", app_json_number(change.high), "better", better(&change));
}

static const char *const kind_names[STUDY_KINDS] = {"training", "unseen", "best"};

static json_t *size_json(const study_result *result, int size) {
  json_t *row = json_pack("{sI}", "examples", (json_int_t)result->system.sizes[size]);
  for (int v = 0; v < STUDY_VARIANTS; v++) {
    json_t *errors = json_object();
    for (int k = 0; k < STUDY_KINDS; k++)
      json_object_set_new(errors, kind_names[k],
                          spread_json(study_spread_of(result, size, (study_variant)v, (study_kind)k)));
    json_object_set_new(row, study_variant_names[v], errors);
  }
  json_object_set_new(row, "difference",
                      json_pack("{so so}", "unseen", change_json(change_of(result, size, STUDY_UNSEEN)),
                                "best", change_json(change_of(result, size, STUDY_BEST))));
  return row;
}

static json_t *moment_json(const study_result *result, int moment) {
  json_t *row = json_pack("{sI}", "updates", (json_int_t)result->moments[moment]);
  for (int v = 0; v < STUDY_VARIANTS; v++) {
    const study_variant variant = (study_variant)v;
    json_object_set_new(row, study_variant_names[v],
                        json_pack("{so so}", "training",
                                  spread_json(study_spread_at(result, STUDY_CURVE, variant, false, moment)),
                                  "unseen",
                                  spread_json(study_spread_at(result, STUDY_CURVE, variant, true, moment))));
  }
  return row;
}

static json_t *result_json(const study_result *result) {
  const study_system *system = &result->system;
  json_t *sizes = json_array(), *moments = json_array();
  for (int s = 0; s < STUDY_SIZES; s++) json_array_append_new(sizes, size_json(result, s));
  for (int m = 0; m < STUDY_MOMENTS; m++) json_array_append_new(moments, moment_json(result, m));
  return json_pack("{so ss ss sI sI s{sI sI} so s{sI so}}", "data", app_json_text(system->data), "examples",
                   system->examples, "error", system->error, "seeds", (json_int_t)result->seeds, "updates",
                   (json_int_t)system->steps, "weights", "tied", (json_int_t)result->weights[STUDY_TIED],
                   "untied", (json_int_t)result->weights[STUDY_UNTIED], "sizes", sizes, "curve", "examples",
                   (json_int_t)system->sizes[STUDY_CURVE], "moments", moments);
}

/// Adds "with 40 and 80 pictures" for the sizes at which `who` is better, or nothing.
static void write_sizes(const study_result *result, study_kind kind, const char *who, FILE *stream) {
  const char *before = "";
  for (int s = 0; s < STUDY_SIZES; s++) {
    const study_change change = change_of(result, s, kind);
    if (strcmp(better(&change), who) != 0) continue;
    fprintf(stream, "%s%zu", before, result->system.sizes[s]);
    before = ", ";
  }
  if (*before == '\0') fputs("none", stream);
}

/// Says where sharing is better, and where it is not.
static void show_verdict(sharing_lesson *lesson, const study_result *result, study_kind kind,
                         const char *when) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  if (stream == NULL) app_end_without_memory();
  fprintf(stream, "%s tied is better with ", when);
  write_sizes(result, kind, "tied", stream);
  fputs("; untied with ", stream);
  write_sizes(result, kind, "untied", stream);
  fputs("; no difference shown with ", stream);
  write_sizes(result, kind, "neither", stream);
  if (fclose(stream) != 0) app_end_without_memory();
  sharing_say(lesson, "%s %s.", text, result->system.examples);
  free(text);
}

static void claim_weights(sharing_lesson *lesson, const study_result *result) {
  const size_t tied = result->weights[STUDY_TIED], untied = result->weights[STUDY_UNTIED];
  sharing_claim(lesson, untied - tied == result->shared, "weights", "%s: %zu instead of %zu, %zu fewer",
                result->system.name, tied, untied, result->shared);
}

void study_report(sharing_lesson *lesson, const study_result *result) {
  const study_system *system = &result->system;
  const int digits = digits_for(study_spread_of(result, 0, STUDY_TIED, STUDY_BEST).mean);
  sharing_say(lesson, "%s, of %s: %s, mean ± standard deviation of %" PRId64 " seeds", system->title,
              app_show(system->data), system->error, result->seeds);
  for (const char *const *line = system->lines; *line != NULL; line++) sharing_say(lesson, "  %s", *line);
  sharing_gap(lesson);
  sharing_say(lesson, "After %" PRIu64 " updates:", system->steps);
  show_end(lesson, result, digits);
  sharing_say(lesson, "On unseen %s at the best moment of each training:", system->examples);
  show_best(lesson, result, digits);
  show_verdict(lesson, result, STUDY_UNSEEN, "After all updates");
  show_verdict(lesson, result, STUDY_BEST, "At the best moment");
  sharing_gap(lesson);
  claim_weights(lesson, result);
  json_object_set_new(lesson->object, system->name, result_json(result));
}

void study_claim_less_overfitting(sharing_lesson *lesson, const study_result *result) {
  const double tied = study_spread_of(result, 0, STUDY_TIED, STUDY_UNSEEN).mean;
  const double untied = study_spread_of(result, 0, STUDY_UNTIED, STUDY_UNSEEN).mean;
  sharing_claim(lesson, tied < untied, "less over-fitting",
                "%s: with %zu %s the %s on unseen ones is %.3g instead of %.3g", result->system.name,
                result->system.sizes[0], result->system.examples, result->system.error, tied, untied);
  sharing_gap(lesson);
}
