#include "base/clock.h"
#include "base/memory.h"
#include "reference/self_test_rows.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { STANDARD_SECONDS = 60 };

bool siam_self_test_has_time(const siam_self_test_run *test) {
  return siam_seconds() - test->begun < test->options.seconds;
}

siam_status siam_self_test_begin(siam_self_test_run *test, siam_self_test_row **row, bool *reached,
                                 const char *format, ...) {
  siam_self_test_report *report = test->report;
  va_list arguments;
  SIAM_RETURN_IF_FAILED(SIAM_GROW(report->rows, report->count, report->capacity));
  *row = &report->rows[report->count++];
  **row = (siam_self_test_row){.status = SIAM_SELF_TEST_NOT_REACHED};
  va_start(arguments, format);
  vsnprintf((*row)->name, sizeof(*row)->name, format, arguments);
  va_end(arguments);
  *reached = siam_self_test_has_time(test);
  if (!*reached) {
    report->complete = false;
    snprintf((*row)->reason, sizeof(*row)->reason, "no time was left");
  }
  if (*reached && test->options.progress != NULL) test->options.progress(test->options.context, (*row)->name);
  return SIAM_OK;
}

void siam_self_test_end(siam_self_test_run *test, siam_self_test_row *row, siam_status status,
                        const siam_product_result *result) {
  row->cases = result->cases;
  row->share = result->share;
  row->error = result->error;
  row->bound = result->bound;
  row->status = SIAM_SELF_TEST_PASSED;
  if (status != SIAM_OK) {
    row->status = SIAM_SELF_TEST_BROKEN;
    snprintf(row->reason, sizeof row->reason, "%s", siam_last_error());
  } else if (result->failure[0] != '\0') {
    row->status = SIAM_SELF_TEST_WRONG;
    snprintf(row->reason, sizeof row->reason, "%s", result->failure);
  }
  if (row->status != SIAM_SELF_TEST_PASSED) test->report->passed = false;
}

siam_status siam_self_test(siam_device *device, const siam_self_test_options *options,
                           siam_self_test_report **report) {
  siam_status status = SIAM_OK;
  siam_self_test_run test = {.device = device, .options = *options, .begun = siam_seconds()};
  if (test.options.seconds == 0) test.options.seconds = STANDARD_SECONDS;
  SIAM_TRY_ALLOCATE(test.report, 1);
  test.report->passed = test.report->complete = true;
  // What was asked for by name comes first, and what others found out by tuning.
  if (test.options.model != NULL || test.options.default_model) SIAM_TRY(siam_self_test_model_file(&test));
  SIAM_TRY(siam_self_test_products(&test));
  SIAM_TRY(siam_self_test_networks(&test));
  SIAM_TRY(siam_self_test_training(&test));
  SIAM_TRY(siam_self_test_encoders(&test));
  test.report->seconds = siam_seconds() - test.begun;
  *report = test.report;
  test.report = NULL;
cleanup:
  siam_self_test_free(test.report);
  return status;
}

void siam_self_test_free(siam_self_test_report *report) {
  if (report == NULL) return;
  siam_free(report->rows);
  siam_free(report);
}
