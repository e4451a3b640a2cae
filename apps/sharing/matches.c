#include "sharing/matches.h"

#include <math.h>

/// Takes an element into a match: the one with the largest part of its bound counts.
static void take(sharing_match *match, double *worst, double difference, double bound) {
  const double part = difference <= 0 ? 0 : difference / bound;
  if (!(difference <= bound)) match->held = false;
  if (part <= *worst) return;
  *worst = part;
  match->error = difference;
  match->bound = bound;
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
  sharing_match match = {.held = true};
  double worst = -1, scale = 0;
  for (size_t i = 0; i < count; i++) {
    take(&match, &worst, fabs(found[i] - expected[i]), bounds[i]);
    scale = fmax(scale, fabs(expected[i]));
  }
  return in_parts(match, scale);
}

/// The gradient of every element of `parameter` against central differences.
static sharing_match compare_differences(exact_network *exact, exact_parameter *parameter) {
  sharing_match match = {.held = true};
  double worst = -1, scale = 0;
  for (size_t i = 0; i < parameter->count; i++) {
    double bound = 0;
    const double difference = exact_difference(exact, parameter, i, &bound);
    take(&match, &worst, difference, bound);
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

bool sharing_matches_add(sharing_matches *matches, const char *what, const char *against,
                         sharing_match match) {
  app_table_add(matches->table, "  %s", what);
  app_table_add(matches->table, "%s", against);
  app_table_add(matches->table, "%.1e", match.error);
  app_table_add(matches->table, "%.1e", match.bound);
  app_table_add(matches->table, "%s", match.held ? "yes" : "NO");
  json_array_append_new(matches->rows, json_pack("{ss ss so so sb}", "of", what, "against", against, "error",
                                                 app_json_number(match.error), "bound",
                                                 app_json_number(match.bound), "held", match.held));
  return match.held;
}

void sharing_matches_end(sharing_matches *matches) {
  sharing_show(matches->lesson, matches->table);
  json_decref(matches->rows);
}

bool sharing_compare_all_differences(exact_network *exact, sharing_matches *matches) {
  bool held = true;
  exact->unit = EXACT_FLOAT64;
  exact->first_image = 0;
  exact->end_image = exact->system->images;
  exact_run(exact);
  for (int p = 0; p < exact->parameter_count; p++) {
    char what[96];
    snprintf(what, sizeof what, "%s, float64", exact->parameters[p].name);
    held = sharing_matches_add(matches, what, "central differences",
                               compare_differences(exact, &exact->parameters[p])) &&
           held;
  }
  return held;
}
