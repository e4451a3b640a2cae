/// matches.h: numbers found beside numbers expected, with the bound that their difference must keep.
#ifndef SIAM_APPS_SHARING_MATCHES_H
#define SIAM_APPS_SHARING_MATCHES_H

#include "sharing/exact.h"

/// The element that comes nearest its bound, or is farthest beyond it: its difference and its bound, both as
/// parts of the largest number expected.
typedef struct sharing_match {
  double error, bound;
  bool held; ///< No element is beyond its bound.
} sharing_match;

sharing_match sharing_compare(const float *found, const double *expected, const double *bounds, size_t count);

/// Comparisons for print and for "gradients" of the JSON object.
typedef struct sharing_matches {
  sharing_lesson *lesson;
  app_table *table;
  json_t *rows;
} sharing_matches;

sharing_matches sharing_matches_begin(sharing_lesson *lesson);

/// Adds a row; returns whether it held.
bool sharing_matches_add(sharing_matches *matches, const char *what, const char *against,
                         sharing_match match);

/// Adds a row for each parameter: the float64 gradients of the loss of all images against central
/// differences. Returns whether all held.
bool sharing_compare_all_differences(exact_network *exact, sharing_matches *matches);

void sharing_matches_end(sharing_matches *matches);

#endif
