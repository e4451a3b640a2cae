#include "pipeline/bench.h"

#include "base/clock.h"
#include "base/memory.h"
#include "model/description.h"

#include <stdio.h>
#include <string.h>

enum { STANDARD_BATCH = 64, MOST_BATCH = 1 << 20 };

/// Of a sample, and of a measurement of a ceiling.
static const double sample_seconds = 0.04, ceiling_seconds = 0.01;

// Planning

static siam_status add_encoder(siam_bench *bench, const char *name) {
  SIAM_RETURN_IF_FAILED(SIAM_GROW(bench->encoders, bench->encoder_count, bench->encoder_capacity));
  siam_bench_encoder *added = &bench->encoders[bench->encoder_count];
  *added = (siam_bench_encoder){.name = name};
  const char *slash = strrchr(name, '/');
  snprintf(added->label, sizeof added->label, "%s", slash != NULL ? slash + 1 : name);
  SIAM_RETURN_IF_FAILED(siam_encoder_build(name, NULL, &added->network));
  bench->encoder_count++;
  return SIAM_OK;
}

static siam_status add_encoders(siam_bench *bench) {
  const char *name = bench->options.encoder;
  if (strcmp(name, "all") != 0) return add_encoder(bench, name);
  for (const siam_encoder *encoder = siam_encoders; encoder->name != NULL; encoder++)
    SIAM_RETURN_IF_FAILED(add_encoder(bench, encoder->name));
  return SIAM_OK;
}

static siam_status fail_unknown(const char *name) {
  siam_text names = {0};
  for (const siam_bench_type *type = siam_bench_types; type->name != NULL; type++)
    siam_text_add(&names, "%s, ", type->name);
  const siam_status status =
      siam_fail(SIAM_ERROR_ARGUMENT, "there is nothing called '%s' to measure; there is %sall", name,
                names.bytes != NULL ? names.bytes : "");
  siam_text_clear(&names);
  return status;
}

static siam_status check_names(const siam_bench_options *options) {
  for (size_t i = 0; i < options->what_count; i++) {
    const siam_bench_type *type = siam_bench_types;
    while (type->name != NULL && strcmp(type->name, options->what[i]) != 0) type++;
    if (type->name == NULL && strcmp(options->what[i], "all") != 0) return fail_unknown(options->what[i]);
  }
  return SIAM_OK;
}

static bool is_asked_for(const siam_bench_options *options, const char *name) {
  for (size_t i = 0; i < options->what_count; i++)
    if (strcmp(options->what[i], name) == 0 || strcmp(options->what[i], "all") == 0) return true;
  return options->what_count == 0;
}

static siam_status take_options(siam_bench *bench, const siam_bench_options *options) {
  bench->options = *options;
  siam_bench_options *own = &bench->options;
  if (own->encoder == NULL) own->encoder = siam_encoders[0].name;
  if (own->batch == 0) own->batch = STANDARD_BATCH;
  if (own->minutes == 0 && own->repeats == 0) own->minutes = 1;
  if (own->batch < 1 || own->batch > MOST_BATCH)
    return siam_fail(SIAM_ERROR_ARGUMENT, "a batch of %d pairs; use 1 to %d", own->batch, MOST_BATCH);
  return check_names(own);
}

static siam_status plan(siam_bench *bench) {
  SIAM_RETURN_IF_FAILED(siam_bench_plan_ceilings(bench));
  SIAM_RETURN_IF_FAILED(add_encoders(bench));
  for (const siam_bench_type *type = siam_bench_types; type->name != NULL; type++)
    if (is_asked_for(&bench->options, type->name)) SIAM_RETURN_IF_FAILED(type->plan(bench));
  return SIAM_OK;
}

// Preparing

static siam_status prepare_row(siam_bench *bench, siam_bench_case *row, double target) {
  const double begun = siam_seconds();
  SIAM_RETURN_IF_FAILED(row->kind->prepare(bench, row));
  if (row->row.status != SIAM_BENCH_MEASURED) return SIAM_OK;
  double seconds = 0, cpu_seconds = 0;
  SIAM_RETURN_IF_FAILED(siam_bench_time(bench, row, 1, &seconds, &cpu_seconds));
  row->row.setup_seconds = siam_seconds() - begun;
  row->row.by_events = row->kind->device_clock && siam_timer_has_events(bench->timer);
  return siam_bench_calibrate(bench, row, target);
}

static siam_status prepare(siam_bench *bench) {
  SIAM_RETURN_IF_FAILED(siam_timer_create(bench->device, &bench->timer));
  for (size_t i = 0; i < bench->case_count; i++) {
    siam_bench_case *row = &bench->cases[i];
    SIAM_RETURN_IF_FAILED(siam_bench_tell(bench, 0, row->row.name));
    const bool ceiling = i < SIAM_BENCH_CEILINGS;
    const siam_status status = prepare_row(bench, row, ceiling ? ceiling_seconds : sample_seconds);
    if (status == SIAM_OK) continue;
    if (ceiling || status == SIAM_ERROR_MEMORY || status == SIAM_INTERRUPTED) return status;
    siam_bench_fail(row);
  }
  return SIAM_OK;
}

static void clear(siam_bench *bench) {
  for (size_t i = 0; i < bench->case_count; i++) siam_bench_case_clear(&bench->cases[i]);
  siam_free(bench->cases);
  for (int p = 0; p < SIAM_BENCH_POOLS; p++) siam_buffer_release(bench->device, bench->pools[p]);
  for (size_t i = 0; i < bench->encoder_count; i++) {
    siam_network_destroy(bench->encoders[i].network);
    siam_model_destroy(bench->encoders[i].model);
  }
  siam_free(bench->encoders);
  siam_timer_destroy(bench->timer);
  siam_bench_remove_scratch(bench);
}

siam_status siam_bench_run(siam_device *device, const siam_bench_options *options,
                           siam_bench_report **report) {
  static const siam_bench_options standard;
  siam_status status = SIAM_OK;
  siam_bench bench = {.device = device, .begun = siam_seconds()};
  SIAM_TRY(take_options(&bench, options != NULL ? options : &standard));
  SIAM_TRY(plan(&bench));
  SIAM_TRY(prepare(&bench));
  SIAM_TRY(siam_bench_run_rounds(&bench));
  SIAM_TRY(siam_bench_make_report(&bench, report));
cleanup:
  clear(&bench);
  return status;
}
