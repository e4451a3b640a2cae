// How long it takes to choose how everything is computed that a training step and embedding need, as a
// program does when it begins: what tuning kept is read from its file, and where it kept nothing, the rules
// of the engines are asked. No candidate is run.
#include "base/memory.h"
#include "device/tuning.h"
#include "pipeline/bench.h"
#include "pipeline/computations.h"

#include <stdio.h>

typedef struct choice_row {
  size_t encoder;
  siam_device *device;
  siam_computations computations;
} choice_row;

static void release(void *state) {
  choice_row *own = state;
  siam_computations_clear(&own->computations);
  siam_free(own);
}

static siam_status prepare(siam_bench *bench, siam_bench_case *row) {
  choice_row *own = row->state;
  const int pairs = bench->options.batch;
  own->device = bench->device;
  SIAM_RETURN_IF_FAILED(siam_computations_collect(bench->device, bench->encoders[own->encoder].name, pairs,
                                                  2 * (uint32_t)pairs, &own->computations));
  row->row.items = (double)own->computations.count;
  snprintf(row->row.unit, sizeof row->row.unit, "choices");
  return SIAM_OK;
}

static siam_status run(siam_bench_case *row, uint64_t count) {
  const choice_row *own = row->state;
  char choice[SIAM_TUNING_CHOICE_SIZE];
  for (uint64_t n = 0; n < count; n++) {
    siam_tuning_release(own->device);
    for (size_t i = 0; i < own->computations.count; i++) {
      const siam_tunable *tunable = &own->computations.list[i];
      if (siam_tunable_choice(own->device, tunable) == NULL &&
          !tunable->type->candidate(own->device, tunable, 0, choice))
        return siam_fail(SIAM_ERROR_DEVICE, "no engine can do %s", tunable->name);
    }
  }
  return SIAM_OK;
}

static const siam_bench_kind choice_kind = {.prepare = prepare, .run = run, .release = release};

siam_status siam_bench_plan_choices(siam_bench *bench) {
  for (size_t e = 0; e < bench->encoder_count; e++) {
    choice_row *own = siam_allocate(1, sizeof *own);
    if (own == NULL) return SIAM_ERROR_MEMORY;
    own->encoder = e;
    SIAM_RETURN_IF_FAILED(
        siam_bench_add(bench, &choice_kind, own, "start/choice/%s", bench->encoders[e].label));
  }
  return SIAM_OK;
}
