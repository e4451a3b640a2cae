#include "pipeline/class_figures.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_classes(const void *left, const void *right) {
  const siam_mix_up *a = left, *b = right;
  if (a->truth != b->truth) return a->truth < b->truth ? -1 : 1;
  return (a->taken_for > b->taken_for) - (a->taken_for < b->taken_for);
}

static int compare_counts(const void *left, const void *right) {
  const siam_mix_up *a = left, *b = right;
  if (a->truth == b->truth && a->count != b->count) return a->count > b->count ? -1 : 1;
  return compare_classes(left, right);
}

siam_status siam_mix_ups_count(const siam_retrieval_detail *detail, const uint32_t *classes,
                               siam_mix_up **mix_ups, uint32_t *count) {
  siam_mix_up *list = siam_allocate(detail->query_count, sizeof *list);
  uint32_t wrong = 0, kept = 0;
  if (list == NULL) return SIAM_ERROR_MEMORY;
  for (uint32_t i = 0; i < detail->query_count; i++) {
    uint32_t truth = classes[detail->queries[i]], taken_for = classes[detail->nearest[i]];
    if (truth != taken_for) list[wrong++] = (siam_mix_up){truth, taken_for, 1};
  }
  qsort(list, wrong, sizeof *list, compare_classes);
  for (uint32_t i = 0; i < wrong; i++) {
    if (kept > 0 && compare_classes(&list[kept - 1], &list[i]) == 0)
      list[kept - 1].count++;
    else
      list[kept++] = list[i];
  }
  qsort(list, kept, sizeof *list, compare_counts);
  *mix_ups = list;
  *count = kept;
  return SIAM_OK;
}

static int compare_figures(const void *left, const void *right) {
  const siam_class_figures *a = left, *b = right;
  if ((a->queries == 0) != (b->queries == 0)) return a->queries == 0 ? 1 : -1;
  if (a->queries > 0 && a->recall_at_1 != b->recall_at_1) return a->recall_at_1 < b->recall_at_1 ? -1 : 1;
  if (a->queries > 0 && a->map_at_r != b->map_at_r) return a->map_at_r < b->map_at_r ? -1 : 1;
  return strcmp(a->name, b->name);
}

static siam_status fill(const siam_judgement *judgement, uint32_t class_index, siam_class_figures *figures) {
  const siam_class_tally *tally = &judgement->retrieval.classes[class_index];
  siam_dataset_get_class_images(judgement->dataset, class_index, &figures->pictures);
  figures->queries = tally->queries;
  figures->recall_at_1 = tally->queries > 0 ? (double)tally->found[0] / tally->queries : NAN;
  figures->map_at_r = tally->queries > 0 ? tally->precision / tally->queries : NAN;
  figures->mistaken = tally->queries - tally->found[0];
  figures->name = siam_copy_text(siam_dataset_get_class_name(judgement->dataset, class_index));
  return figures->name != NULL ? SIAM_OK : SIAM_ERROR_MEMORY;
}

/// Names the class that each is most often taken for; the first of a class's mix-ups.
static siam_status name_mix_ups(const siam_judgement *judgement, siam_class_figures *figures) {
  siam_status status = SIAM_OK;
  siam_mix_up *mix_ups = NULL;
  uint32_t count = 0;
  SIAM_TRY(siam_mix_ups_count(&judgement->retrieval, judgement->classes, &mix_ups, &count));
  for (uint32_t i = 0; i < count; i++) {
    siam_class_figures *of = &figures[mix_ups[i].truth];
    if (of->confused_with != NULL) continue;
    of->confused = mix_ups[i].count;
    of->confused_with = siam_copy_text(siam_dataset_get_class_name(judgement->dataset, mix_ups[i].taken_for));
    if (of->confused_with == NULL) status = SIAM_ERROR_MEMORY;
    if (of->confused_with == NULL) goto cleanup;
  }
cleanup:
  siam_free(mix_ups);
  return status;
}

siam_status siam_class_figures_make(const siam_judgement *judgement, siam_class_figures **figures) {
  siam_status status = SIAM_OK;
  uint32_t count = siam_dataset_count_classes(judgement->dataset);
  siam_class_figures *made = NULL;
  SIAM_TRY_ALLOCATE(made, count);
  for (uint32_t c = 0; c < count; c++) SIAM_TRY(fill(judgement, c, &made[c]));
  SIAM_TRY(name_mix_ups(judgement, made));
  qsort(made, count, sizeof *made, compare_figures);
  *figures = made;
  made = NULL;
cleanup:
  siam_class_figures_free(made, count);
  return status;
}

void siam_class_figures_free(siam_class_figures *figures, uint32_t count) {
  for (uint32_t i = 0; figures != NULL && i < count; i++) {
    siam_free(figures[i].name);
    siam_free(figures[i].confused_with);
  }
  siam_free(figures);
}
