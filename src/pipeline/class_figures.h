/// class_figures.h: what retrieval found, class by class, and which classes are taken for which.
#ifndef SIAM_PIPELINE_CLASS_FIGURES_H
#define SIAM_PIPELINE_CLASS_FIGURES_H

#include "pipeline/judge.h"

/// Queries of one class whose nearest picture is of another.
typedef struct siam_mix_up {
  uint32_t truth, taken_for, count;
} siam_mix_up;

/// Counts them, by class and then by falling count; the caller frees the list with siam_free().
siam_status siam_mix_ups_count(const siam_retrieval_detail *detail, const uint32_t *classes,
                               siam_mix_up **mix_ups, uint32_t *count);

/// The figures of each class of a judgement that has labels and retrieval, the worst first. The caller frees
/// the list.
siam_status siam_class_figures_make(const siam_judgement *judgement, siam_class_figures **figures);
void siam_class_figures_free(siam_class_figures *figures, uint32_t count);

#endif
