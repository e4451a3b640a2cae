// Training steps of the encoders as siamese-train runs them when nothing else is said: drawn pairs,
// contrastive loss, AdamW, light augmentation. Pictures lie on the device, as most sets do.
#include "base/memory.h"
#include "base/random.h"
#include "compute/pixels.h"
#include "model/work.h"
#include "pipeline/bench.h"
#include "pipeline/embedder.h"
#include "pipeline/step.h"

#include <stdio.h>

typedef struct train_row {
  size_t encoder;
  siam_step *step;
  siam_device *device;
  cl_mem pictures;
  uint32_t *images, *turns;
  int32_t *labels;
  uint32_t number; ///< Of the next step, less 1.
} train_row;

static void release(void *state) {
  train_row *own = state;
  siam_step_destroy(own->step);
  siam_buffer_release(own->device, own->pictures);
  siam_free(own->images);
  siam_free(own->turns);
  siam_free(own->labels);
  siam_free(own);
}

/// Fills the pictures with noise: what they show makes no difference to the time.
static siam_status make_pictures(const siam_model *model, train_row *own, uint32_t rows) {
  siam_status status = SIAM_OK;
  uint8_t *bytes = NULL;
  const siam_picture_shape shape = siam_model_picture_shape(model);
  const size_t size = siam_picture_shape_bytes(&shape);
  SIAM_TRY_ALLOCATE(bytes, rows * size);
  for (size_t i = 0; i < rows * size; i++)
    bytes[i] = (uint8_t)siam_random(1, SIAM_STREAM_INITIALISE, 0, i).word[0];
  SIAM_TRY(siam_pixels_create(model->device, rows, size, &own->pictures));
  SIAM_TRY(siam_pixels_write(model->device, own->pictures, 0, rows, size, bytes));
  SIAM_TRY_ALLOCATE(own->images, rows);
  SIAM_TRY_ALLOCATE(own->turns, rows);
  SIAM_TRY_ALLOCATE(own->labels, rows / 2);
  for (uint32_t i = 0; i < rows; i++) own->images[i] = i;
  for (uint32_t i = 0; i < rows / 2; i++) own->labels[i] = i % 2;
cleanup:
  siam_free(bytes);
  return status;
}

static siam_status make_step(siam_model *model, train_row *own, int rows) {
  siam_step_options options = {.rows = rows, .resident = own->pictures};
  SIAM_RETURN_IF_FAILED(siam_loss_parse(siam_loss_types[0]->name, &options.loss));
  SIAM_RETURN_IF_FAILED(siam_optimizer_find("adamw", &options.optimizer));
  SIAM_RETURN_IF_FAILED(siam_augment_parse("light", &options.augment));
  options.loss.pairing = SIAM_PAIRING_DRAWN;
  options.optimizer_options = options.optimizer->standard;
  return siam_step_create(model, &options, &own->step);
}

static siam_status prepare(siam_bench *bench, siam_bench_case *row) {
  train_row *own = row->state;
  const int pairs = bench->options.batch;
  siam_model *model = NULL;
  siam_work work;
  size_t arena = 0, separate = 0;
  own->device = bench->device;
  SIAM_RETURN_IF_FAILED(siam_bench_model(bench, own->encoder, &model));
  SIAM_RETURN_IF_FAILED(make_pictures(model, own, 2 * (uint32_t)pairs));
  SIAM_RETURN_IF_FAILED(make_step(model, own, 2 * pairs));
  SIAM_RETURN_IF_FAILED(siam_network_work(model->network, 2 * pairs, true, &work));
  siam_step_memory(own->step, &arena, &separate);
  row->row.flops = work.flops;
  row->row.bytes = work.bytes;
  row->row.items = pairs;
  row->row.arena_bytes = (double)arena;
  row->row.separate_bytes = (double)separate;
  snprintf(row->row.unit, sizeof row->row.unit, "pairs");
  siam_bench_describe(row, siam_step_tape(own->step), 1);
  return SIAM_OK;
}

static siam_status run(siam_bench_case *row, uint64_t count) {
  train_row *own = row->state;
  siam_step_result result;
  for (uint64_t i = 0; i < count; i++) {
    const siam_step_input input = {.number = ++own->number,
                                   .rate = 1e-4F,
                                   .images = own->images,
                                   .turns = own->turns,
                                   .labels = own->labels};
    SIAM_RETURN_IF_FAILED(siam_step_run(own->step, &input, &result));
  }
  return siam_step_finish(own->step, &result);
}

static const siam_bench_kind train_kind = {
    .compared = true, .prepare = prepare, .run = run, .release = release};

siam_status siam_bench_plan_train(siam_bench *bench) {
  for (size_t e = 0; e < bench->encoder_count; e++) {
    train_row *own = siam_allocate(1, sizeof *own);
    if (own == NULL) return SIAM_ERROR_MEMORY;
    own->encoder = e;
    SIAM_RETURN_IF_FAILED(siam_bench_add(bench, &train_kind, own, "train/%s/%d", bench->encoders[e].label,
                                         bench->options.batch));
  }
  return SIAM_OK;
}
