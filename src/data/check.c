#include "data/check.h"

#include "base/memory.h"
#include "data/intake.h"

#include <stdlib.h>
#include <string.h>

static char *copy_or_null(const char *text) {
  return text != NULL ? siam_copy_text(text) : NULL;
}

static void release_finding(const siam_finding *finding) {
  siam_free((void *)finding->path);
  siam_free((void *)finding->other);
  siam_free((void *)finding->reason);
}

siam_status siam_check_add(siam_check *check, siam_finding_kind kind, const char *path, const char *other,
                           const char *reason) {
  SIAM_RETURN_IF_FAILED(SIAM_GROW(check->findings, check->report.finding_count, check->capacity));
  siam_finding finding = {kind, copy_or_null(path), copy_or_null(other), copy_or_null(reason)};
  if (finding.path == NULL || finding.reason == NULL || (other != NULL && finding.other == NULL)) {
    release_finding(&finding);
    return SIAM_ERROR_MEMORY;
  }
  check->findings[check->report.finding_count++] = finding;
  check->report.found[kind]++;
  return SIAM_OK;
}

static int compare_findings(const void *left, const void *right) {
  const siam_finding *first = left, *second = right;
  if (first->kind != second->kind) return first->kind < second->kind ? -1 : 1;
  int order = strcmp(first->path, second->path);
  if (order != 0 || first->other == NULL || second->other == NULL) return order;
  return strcmp(first->other, second->other);
}

static int compare_sizes(const void *left, const void *right) {
  uint32_t first = *(const uint32_t *)left, second = *(const uint32_t *)right;
  return first < second ? -1 : first > second;
}

/// Sorts `sizes` and writes the smallest, the middle and the largest; zeros where there are none.
static void summarise(uint32_t *sizes, uint32_t count, uint32_t *summary) {
  if (count == 0) return;
  qsort(sizes, count, sizeof *sizes, compare_sizes);
  summary[0] = sizes[0];
  summary[1] = sizes[count / 2];
  summary[2] = sizes[count - 1];
}

static siam_status count_classes(siam_check *check) {
  siam_status status = SIAM_OK;
  siam_check_report *report = &check->report;
  uint64_t images = 0, squares = 0;
  uint32_t *sizes = NULL;
  report->classes = siam_dataset_count_classes(check->training);
  report->parents = siam_dataset_count_parents(check->training);
  SIAM_TRY_ALLOCATE(sizes, report->classes);
  for (uint32_t c = 0; c < report->classes; c++) {
    siam_dataset_get_class_images(check->training, c, &sizes[c]);
    report->singletons += sizes[c] == 1;
    report->same += (uint64_t)sizes[c] * (sizes[c] - 1) / 2;
    images += sizes[c];
    squares += (uint64_t)sizes[c] * sizes[c];
  }
  report->different = (images * images - squares) / 2;
  summarise(sizes, report->classes, report->class_size);
cleanup:
  siam_free(sizes);
  return status;
}

static void count_pairs(siam_check *check) {
  const siam_pair *pairs = siam_dataset_get_pairs(check->training);
  uint32_t count = siam_dataset_count_pairs(check->training);
  if (count == 0) return;
  check->report.same = check->report.different = 0;
  for (uint32_t p = 0; p < count; p++) {
    check->report.same += pairs[p].same;
    check->report.different += !pairs[p].same;
  }
}

static siam_status count_pictures(siam_check *check) {
  siam_status status = SIAM_OK;
  siam_check_report *report = &check->report;
  uint32_t *widths = NULL, *heights = NULL;
  report->pictures = siam_dataset_count_images(check->training);
  report->skipped = siam_dataset_count_skipped(check->training);
  SIAM_TRY_ALLOCATE(widths, report->pictures);
  SIAM_TRY_ALLOCATE(heights, report->pictures);
  for (uint32_t i = 0; i < report->pictures; i++) {
    const siam_look *look = &check->looks[0][i];
    if (look->broken) {
      SIAM_TRY(siam_check_add(check, SIAM_FINDING_BROKEN, siam_dataset_get_image_path(check->training, i),
                              NULL, look->message));
      continue;
    }
    report->rotated += (look->facts & SIAM_FACT_ROTATED) != 0;
    report->alpha += (look->facts & SIAM_FACT_ALPHA) != 0;
    report->grey += (look->facts & SIAM_FACT_GREY) != 0;
    report->sixteen_bit += (look->facts & SIAM_FACT_SIXTEEN_BIT) != 0;
    report->blank += look->blank;
    widths[report->readable] = look->width;
    heights[report->readable++] = look->height;
  }
  summarise(widths, report->readable, report->width);
  summarise(heights, report->readable, report->height);
cleanup:
  siam_free(widths);
  siam_free(heights);
  return status;
}

/// Tries on a copy what training would do with the broken pictures.
static siam_status judge_training(siam_check *check) {
  siam_status status = SIAM_OK;
  siam_dataset *copy = NULL;
  bool *marks = NULL;
  uint32_t count = siam_dataset_count_images(check->training);
  SIAM_TRY_ALLOCATE(marks, count);
  memset(marks, true, count);
  SIAM_TRY(siam_dataset_select(check->training, marks, &copy));
  for (uint32_t i = 0; i < count; i++) marks[i] = check->looks[0][i].broken;
  status = siam_dataset_remove(copy, marks);
  if (status == SIAM_ERROR_MEMORY) goto cleanup;
  check->report.can_train = status == SIAM_OK;
  check->reason = siam_copy_text(status == SIAM_OK ? "" : siam_last_error());
  status = check->reason != NULL ? SIAM_OK : SIAM_ERROR_MEMORY;
cleanup:
  siam_dataset_destroy(copy);
  siam_free(marks);
  return status;
}

static void release_looks(siam_check *check) {
  for (int side = 0; side < 2; side++) {
    const siam_dataset *dataset = side == 0 ? check->training : check->validation;
    if (check->looks[side] == NULL) continue;
    for (uint32_t i = 0; dataset != NULL && i < siam_dataset_count_images(dataset); i++)
      siam_free(check->looks[side][i].message);
    siam_free(check->looks[side]);
    check->looks[side] = NULL;
  }
}

siam_status siam_dataset_check(const siam_dataset *dataset, const siam_check_options *options,
                               siam_check_report **report) {
  siam_status status = SIAM_OK;
  siam_check *check = NULL;
  siam_check_options chosen = options != NULL ? *options : (siam_check_options){0};
  SIAM_TRY_ALLOCATE(check, 1);
  check->training = dataset;
  check->validation = chosen.validation;
  SIAM_TRY(siam_check_look(check, &chosen));
  SIAM_TRY(count_classes(check));
  count_pairs(check);
  SIAM_TRY(count_pictures(check));
  SIAM_TRY(siam_check_contents(check));
  if (check->report.finding_count > 0)
    qsort(check->findings, check->report.finding_count, sizeof *check->findings, compare_findings);
  SIAM_TRY(judge_training(check));
  SIAM_TRY(siam_check_write(check));
  release_looks(check);
  check->report.findings = check->findings;
  check->report.reason = check->reason;
  check->report.text = check->text.bytes;
  *report = &check->report;
  check = NULL;
cleanup:
  if (check != NULL) {
    release_looks(check);
    siam_check_report_free(&check->report);
  }
  return status;
}

void siam_check_report_free(siam_check_report *report) {
  siam_check *check = (siam_check *)report;
  if (check == NULL) return;
  for (uint32_t i = 0; i < report->finding_count; i++) release_finding(&check->findings[i]);
  siam_free(check->findings);
  siam_free(check->reason);
  siam_text_clear(&check->text);
  siam_free(check);
}
