/// What siamese-compare prints, as text and as JSON.
#ifndef SIAM_APPS_COMPARE_H
#define SIAM_APPS_COMPARE_H

#include "common/model.h"

#include <siamese/compare.h>

/// What was compared with what. The JSON functions return an exit code that is no verdict.
typedef struct compare_subject {
  char *const *names;
  unsigned count;
  const char *model, *device; ///< The model's file, or NULL for the default one.
} compare_subject;

void compare_print(const compare_subject *subject, const siam_comparison *comparison);
/// `explanation` and the picture it is drawn in may be NULL.
int compare_print_json(const compare_subject *subject, const siam_comparison *comparison,
                       const siam_explanation *explanation, const char *drawing);

void compare_print_table(const compare_subject *subject, const siam_comparison *table);
int compare_print_table_json(const compare_subject *subject, const siam_comparison *table);

void compare_print_nearest(const siam_nearest *nearest);
int compare_print_nearest_json(const compare_subject *subject, const siam_nearest *nearest);

#endif
