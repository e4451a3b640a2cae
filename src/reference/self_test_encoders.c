// What training steps and embedding of the encoders compute, at their sizes, in the way in use.
#include "device/tuning.h"
#include "model/description.h"
#include "pipeline/computations.h"
#include "reference/self_test_rows.h"

#include <stdio.h>

enum { PAIRS = 2, EMBEDDED = 3 };

/// `encoder`: NULL means the default model.
static siam_status collect(siam_device *device, const char *encoder, siam_computations *computations) {
  siam_model *model = NULL;
  if (encoder != NULL) return siam_computations_collect(device, encoder, PAIRS, EMBEDDED, computations);
  SIAM_RETURN_IF_FAILED(siam_model_load_default(device, &model));
  const siam_status status = siam_computations_collect_of(model, PAIRS, EMBEDDED, computations);
  siam_model_destroy(model);
  return status;
}

/// Checks one after the other while there is time; `done` says how many.
static siam_status check(const siam_self_test_run *test, const siam_computations *computations, size_t *done,
                         siam_product_result *result) {
  char choice[SIAM_TUNING_CHOICE_SIZE];
  for (*done = 0; *done < computations->count && siam_self_test_has_time(test); ++*done) {
    const siam_tunable *tunable = &computations->list[*done];
    const char *kept = siam_tuning_find(test->device, tunable->name);
    tunable->type->candidate(test->device, tunable, 0, choice);
    SIAM_RETURN_IF_FAILED(siam_product_check(test->device, tunable, kept != NULL ? kept : choice, result));
  }
  return SIAM_OK;
}

static siam_status test_encoder(siam_self_test_run *test, const char *encoder) {
  siam_self_test_row *row = NULL;
  bool reached = false;
  siam_computations computations = {0};
  siam_product_result result = {0};
  size_t done = 0;
  SIAM_RETURN_IF_FAILED(siam_self_test_begin(test, &row, &reached, "products and convolutions of %s",
                                             encoder != NULL ? encoder : "the default model"));
  if (!reached) return SIAM_OK;
  siam_status status = collect(test->device, encoder, &computations);
  if (status == SIAM_OK) status = check(test, &computations, &done, &result);
  siam_self_test_end(test, row, status, &result);
  if (row->status == SIAM_SELF_TEST_PASSED && done < computations.count) {
    snprintf(row->reason, sizeof row->reason, "%zu of %zu; no time was left", done, computations.count);
    test->report->complete = false;
  }
  siam_computations_clear(&computations);
  return status == SIAM_ERROR_MEMORY ? status : SIAM_OK;
}

siam_status siam_self_test_encoders(siam_self_test_run *test) {
  SIAM_RETURN_IF_FAILED(test_encoder(test, NULL));
  // The last of the table is the largest.
  for (const siam_encoder *encoder = siam_encoders; encoder->name != NULL; encoder++)
    SIAM_RETURN_IF_FAILED(test_encoder(test, encoder->name));
  return SIAM_OK;
}
