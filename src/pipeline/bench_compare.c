// Two picture files to a verdict by a comparer that is ready.
#include "base/memory.h"
#include "pipeline/bench.h"

#include <siamese/compare.h>
#include <stdio.h>

typedef struct compare_row {
  size_t encoder;
  siam_text a, b; ///< Paths.
  siam_comparer *comparer;
} compare_row;

static void release(void *state) {
  compare_row *own = state;
  siam_comparer_destroy(own->comparer);
  siam_text_clear(&own->a);
  siam_text_clear(&own->b);
  siam_free(own);
}

static siam_status prepare(siam_bench *bench, siam_bench_case *row) {
  static const double threshold = 1;
  compare_row *own = row->state;
  siam_model *model = NULL;
  row->row.items = 1;
  snprintf(row->row.unit, sizeof row->row.unit, "pairs");
  SIAM_RETURN_IF_FAILED(siam_bench_model(bench, own->encoder, &model));
  SIAM_RETURN_IF_FAILED(siam_bench_write_pair(bench, &own->a, &own->b));
  return siam_comparer_create(model, &(siam_compare_options){.threshold = &threshold}, &own->comparer);
}

static siam_status run(siam_bench_case *row, uint64_t count) {
  const compare_row *own = row->state;
  siam_comparison comparison;
  for (uint64_t i = 0; i < count; i++)
    SIAM_RETURN_IF_FAILED(siam_compare(own->comparer, own->a.bytes, own->b.bytes, &comparison));
  return SIAM_OK;
}

static const siam_bench_kind pair_kind = {.prepare = prepare, .run = run, .release = release};

siam_status siam_bench_plan_compare(siam_bench *bench) {
  for (size_t e = 0; e < bench->encoder_count; e++) {
    compare_row *own = siam_allocate(1, sizeof *own);
    if (own == NULL) return SIAM_ERROR_MEMORY;
    own->encoder = e;
    SIAM_RETURN_IF_FAILED(
        siam_bench_add(bench, &pair_kind, own, "compare/pair/%s", bench->encoders[e].label));
  }
  return SIAM_OK;
}
