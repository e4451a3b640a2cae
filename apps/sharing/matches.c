#include "sharing/matches.h"

#include <math.h>

/// How much of its bound a difference takes; a NaN takes more than all.
static double part(double difference, double bound) {
  if (!(difference <= bound)) return INFINITY;
  return difference > 0 ? difference / bound : 0;
}

/// Takes another match into one: the one that takes more of its bound stays.
static void take(sharing_match *match, double difference, double bound) {
  const bool beyond = part(difference, bound) > 1;
  // Among those beyond, the farthest.
  if (beyond && match->fails && difference - bound < match->error - match->bound) return;
  if (!beyond && part(difference, bound) < part(match->error, match->bound)) return;
  *match = (sharing_match){difference, bound, match->fails || beyond};
}

static sharing_match in_parts(sharing_match match, double scale) {
  if (scale > 0) {
    match.error /= scale;
    match.bound /= scale;
  }
  return match;
}

sharing_match sharing_compare(const float *found, const double *expected, const double *bounds,
                              size_t count) {
  sharing_match match = {0};
  double scale = 0;
  for (size_t i = 0; i < count; i++) {
    take(&match, fabs(found[i] - expected[i]), bounds[i]);
    scale = fmax(scale, fabs(expected[i]));
  }
  return in_parts(match, scale);
}

/// The gradient of every element of `parameter` against central differences.
static sharing_match compare_differences(exact_network *exact, exact_parameter *parameter) {
  sharing_match match = {0};
  double scale = 0;
  for (size_t i = 0; i < parameter->count; i++) {
    double bound = 0;
    const double difference = exact_difference(exact, parameter, i, &bound);
    take(&match, difference, bound);
    scale = fmax(scale, fabs(parameter->gradient[i]));
  }
  return in_parts(match, scale);
}

sharing_matches sharing_matches_begin(sharing_lesson *lesson) {
  static const app_column columns[] = {
      {"  gradient of", false}, {"against", false}, {"error", true}, {"bound", true}, {"held", false}};
  sharing_matches matches = {lesson, app_table_create(columns, sizeof columns / sizeof columns[0]),
                             json_array()};
  json_object_set(lesson->object, "gradients", matches.rows);
  return matches;
}

void sharing_matches_add(sharing_matches *matches, const char *what, const char *against, sharing_match match,
                         sharing_match *claim) {
  app_table_add(matches->table, "  %s", what);
  app_table_add(matches->table, "%s", against);
  app_table_add(matches->table, "%.1e", match.error);
  app_table_add(matches->table, "%.1e", match.bound);
  app_table_add(matches->table, "%s", match.fails ? "NO" : "yes");
  json_array_append_new(matches->rows, json_pack("{ss ss so so sb}", "of", what, "against", against, "error",
                                                 app_json_number(match.error), "bound",
                                                 app_json_number(match.bound), "held", !match.fails));
  take(claim, match.error, match.bound);
}

void sharing_matches_add_differences(sharing_matches *matches, exact_network *exact, sharing_match *claim) {
  exact->unit = EXACT_FLOAT64;
  exact->first_image = 0;
  exact->end_image = exact->system->images;
  exact_run(exact);
  for (int p = 0; p < exact->parameter_count; p++) {
    char what[96];
    snprintf(what, sizeof what, "%s, float64", exact->parameters[p].name);
    sharing_matches_add(matches, what, "central differences",
                        compare_differences(exact, &exact->parameters[p]), claim);
  }
}

void sharing_matches_end(sharing_matches *matches) {
  sharing_show(matches->lesson, matches->table);
  json_decref(matches->rows);
}

void sharing_claim_match(sharing_lesson *lesson, sharing_match match, const char *claim, const char *words) {
  sharing_claim(lesson, !match.fails, claim, "%s: error %.1e, bound %.1e", words, match.error, match.bound);
}
