/// matches.h: numbers found beside numbers expected, with the bound that their difference must keep.
#ifndef SIAM_APPS_SHARING_MATCHES_H
#define SIAM_APPS_SHARING_MATCHES_H

#include "sharing/exact.h"

/// The element that comes nearest its bound, or is farthest beyond it: its difference and its bound, both as
/// parts of the largest number expected.
typedef struct sharing_match {
  double error, bound;
  bool fails; ///< An element is beyond its bound.
} sharing_match;

sharing_match sharing_compare(const float *found, const double *expected, const double *bounds, size_t count);

/// Comparisons for print and for "gradients" of the JSON object.
typedef struct sharing_matches {
  sharing_lesson *lesson;
  app_table *table;
  json_t *rows;
} sharing_matches;

sharing_matches sharing_matches_begin(sharing_lesson *lesson);

/// Adds a row, and takes its match into that of the claim it belongs to, which begins as zero.
void sharing_matches_add(sharing_matches *matches, const char *what, const char *against, sharing_match match,
                         sharing_match *claim);

/// Adds a row for each parameter: the float64 gradients of the loss of all images against central
/// differences.
void sharing_matches_add_differences(sharing_matches *matches, exact_network *exact, sharing_match *claim);

/// Prints the rows; the claims that rest on them follow.
void sharing_matches_end(sharing_matches *matches);

/// States a claim that rests on rows, with `words` before the figures.
void sharing_claim_match(sharing_lesson *lesson, sharing_match match, const char *claim, const char *words);

#endif
