// Pictures to embeddings, from bytes in host memory to floats in host memory: as many at a time as a training
// step has, and one alone, as for a comparison.
#include "base/memory.h"
#include "model/work.h"
#include "pipeline/bench.h"
#include "pipeline/embedder.h"

#include <stdio.h>

typedef struct embed_row {
  size_t encoder;
  uint32_t batch;
  siam_embedder *embedder;
  uint8_t *pictures;
  float *embeddings;
} embed_row;

static void release(void *state) {
  embed_row *own = state;
  siam_embedder_destroy(own->embedder);
  siam_free(own->pictures);
  siam_free(own->embeddings);
  siam_free(own);
}

static siam_status prepare(siam_bench *bench, siam_bench_case *row) {
  siam_status status = SIAM_OK;
  embed_row *own = row->state;
  siam_model *model = NULL;
  siam_work work;
  SIAM_TRY(siam_bench_model(bench, own->encoder, &model));
  const siam_picture_shape shape = siam_model_picture_shape(model);
  SIAM_TRY_ALLOCATE(own->pictures, own->batch * siam_picture_shape_bytes(&shape));
  SIAM_TRY_ALLOCATE(own->embeddings, own->batch * (size_t)siam_model_get_info(model).embedding);
  SIAM_TRY(siam_embedder_create(model, own->batch, &own->embedder));
  SIAM_TRY(siam_network_work(model->network, (int)own->batch, false, &work));
  row->row.flops = work.flops;
  row->row.bytes = work.bytes;
  row->row.items = own->batch;
  snprintf(row->row.unit, sizeof row->row.unit, "pictures");
  siam_bench_describe(row, siam_embedder_tape(own->embedder), 1);
cleanup:
  return status;
}

static siam_status run(siam_bench_case *row, uint64_t count) {
  const embed_row *own = row->state;
  for (uint64_t i = 0; i < count; i++)
    SIAM_RETURN_IF_FAILED(siam_embedder_run(own->embedder, own->pictures, own->batch, own->embeddings));
  return SIAM_OK;
}

static const siam_bench_kind embed_kind = {
    .compared = true, .prepare = prepare, .run = run, .release = release};

static siam_status add(siam_bench *bench, size_t encoder, uint32_t batch) {
  embed_row *own = siam_allocate(1, sizeof *own);
  if (own == NULL) return SIAM_ERROR_MEMORY;
  own->encoder = encoder;
  own->batch = batch;
  return siam_bench_add(bench, &embed_kind, own, "embed/%s/%u", bench->encoders[encoder].label, batch);
}

siam_status siam_bench_plan_embed(siam_bench *bench) {
  for (size_t e = 0; e < bench->encoder_count; e++) {
    SIAM_RETURN_IF_FAILED(add(bench, e, 2 * (uint32_t)bench->options.batch));
    SIAM_RETURN_IF_FAILED(add(bench, e, 1));
  }
  return SIAM_OK;
}
