/// What siamese-eval prints, as text and as JSON.
#ifndef SIAM_APPS_EVAL_H
#define SIAM_APPS_EVAL_H

#include "common/model.h"

#include <siamese/evaluate.h>

void eval_print(const siam_evaluation *evaluation, bool per_class);

/// What was judged, and where.
typedef struct eval_subject {
  const char *model, *data, *device;
  bool per_class;
} eval_subject;

/// Returns the exit code, as does the next one.
int eval_print_json(const siam_evaluation *evaluation, const eval_subject *subject);

void eval_print_comparison(const siam_model_comparison *comparison);

/// `names`: both models and the data.
int eval_print_comparison_json(char *const *names, const siam_model_comparison *comparison,
                               const char *device);

/// A figure with its interval.
json_t *eval_figure_json(const siam_figure *figure);

#endif
