#include "pipeline/embedder.h"

#include "base/memory.h"
#include "compute/augment.h"
#include "device/upload.h"

#include <math.h>
#include <string.h>

struct siam_embedder {
  siam_model *model;
  siam_tape *tape;
  siam_run *run;
  siam_upload *pictures, *indices;
  siam_view embeddings;
  uint32_t batch;
  size_t picture_bytes, dimensions;
  siam_need *need; ///< Where it is only to say what it takes; else NULL.
};

siam_picture_shape siam_model_picture_shape(const siam_model *model) {
  siam_shape input = model->network->input;
  return (siam_picture_shape){.height = (uint32_t)input.height,
                              .width = (uint32_t)input.width,
                              .channels = (uint32_t)input.channels,
                              .mode = model->preprocessing.resize,
                              .resampler = (uint32_t)model->preprocessing.resampler};
}

double siam_squared_distance(const float *a, const float *b, size_t dimensions) {
  double sum = 0;
  for (size_t i = 0; i < dimensions; i++) {
    double difference = (double)a[i] - (double)b[i];
    sum += difference * difference;
  }
  return sum;
}

double siam_distance(const float *a, const float *b, size_t dimensions) {
  return sqrt(siam_squared_distance(a, b, dimensions));
}

static siam_status write_tape(siam_embedder *embedder) {
  siam_model *model = embedder->model;
  siam_shape input = model->network->input;
  siam_augment_shape shape = {.height = input.height,
                              .width = input.width,
                              .channels = input.channels,
                              .images = (int)embedder->batch};
  memcpy(shape.mean, model->preprocessing.mean, sizeof shape.mean);
  memcpy(shape.deviation, model->preprocessing.deviation, sizeof shape.deviation);
  siam_view x = siam_tape_tensor(embedder->tape, embedder->batch * siam_shape_count(input));
  embedder->embeddings = siam_tape_lasting(embedder->tape, embedder->batch * embedder->dimensions);
  SIAM_RETURN_IF_FAILED(siam_augment_add(embedder->tape, NULL, &shape, siam_upload_buffer(embedder->pictures),
                                         siam_upload_buffer(embedder->indices), NULL, x));
  siam_run_options options = {
      .images = (int)embedder->batch, .way_back = SIAM_NO_WAY_BACK, .weights_stay = true};
  SIAM_RETURN_IF_FAILED(
      siam_run_forward(model->network, embedder->tape, &options, x, embedder->embeddings, &embedder->run));
  if (embedder->need != NULL) return siam_tape_lay_out(embedder->tape);
  SIAM_RETURN_IF_FAILED(siam_tape_seal(embedder->tape));
  return siam_tape_prepare(embedder->tape);
}

/// A plan needs something to point at, and no more.
static siam_status make_upload(siam_embedder *embedder, size_t bytes, siam_upload **upload) {
  if (embedder->need != NULL) siam_need_add(embedder->need, bytes);
  return siam_upload_create(embedder->model->device, embedder->need != NULL ? 1 : bytes, upload);
}

/// The batch's pictures are always numbers 0, 1, 2, … of the upload.
static siam_status send_indices(siam_embedder *embedder) {
  void *slot = NULL;
  SIAM_RETURN_IF_FAILED(siam_upload_begin(embedder->indices, &slot));
  int32_t *indices = slot;
  for (uint32_t i = 0; i < embedder->batch; i++) indices[i] = (int32_t)i;
  return siam_upload_send(embedder->indices);
}

/// Makes an embedder, or with `need` one that only says what it would take.
static siam_status create(siam_model *model, uint32_t batch, siam_need *need, siam_embedder **embedder) {
  siam_status status = SIAM_OK;
  siam_embedder *made = NULL;
  SIAM_TRY_ALLOCATE(made, 1);
  made->need = need;
  made->model = model;
  made->batch = batch;
  made->picture_bytes = siam_shape_count(model->network->input);
  made->dimensions = siam_shape_count(siam_network_output(model->network));
  SIAM_TRY(siam_tape_create(model->device, &made->tape));
  SIAM_TRY(make_upload(made, batch * made->picture_bytes, &made->pictures));
  SIAM_TRY(make_upload(made, batch * sizeof(int32_t), &made->indices));
  SIAM_TRY(write_tape(made));
  if (need == NULL) SIAM_TRY(send_indices(made));
  *embedder = made;
  made = NULL;
cleanup:
  siam_embedder_destroy(made);
  return status;
}

static siam_status need_of_batch(void *model, uint32_t batch, siam_need *need) {
  return siam_embedder_need(model, batch, need);
}

siam_status siam_embedder_create(siam_model *model, uint32_t batch, siam_embedder **embedder) {
  const siam_status status = create(model, batch, NULL, embedder);
  if (status != SIAM_ERROR_DEVICE) return status;
  return siam_room_refuse(model->device, "picture", 1, batch, need_of_batch, model, status);
}

siam_status siam_embedder_create_fitting(siam_model *model, uint32_t most, siam_embedder **embedder) {
  siam_status status = SIAM_ERROR_DEVICE;
  for (uint32_t batch = most; batch > 1 && status == SIAM_ERROR_DEVICE; batch /= 2)
    status = create(model, batch, NULL, embedder);
  return status == SIAM_ERROR_DEVICE ? siam_embedder_create(model, 1, embedder) : status;
}

siam_status siam_embedder_create_largest(siam_model *model, uint32_t most, siam_embedder **embedder) {
  uint32_t largest = 0;
  const size_t countable = siam_network_most_images(model->network);
  if (most > countable) most = (uint32_t)countable;
  SIAM_RETURN_IF_FAILED(siam_room_search(model->device, 1, most, need_of_batch, model, &largest));
  // Others may use the device, too: it has less room then than it says.
  return siam_embedder_create_fitting(model, largest, embedder);
}

uint32_t siam_embedder_batch(const siam_embedder *embedder) {
  return embedder->batch;
}

siam_status siam_embedder_need(siam_model *model, uint32_t batch, siam_need *need) {
  siam_embedder *planned = NULL;
  size_t arena = 0, separate = 0;
  SIAM_RETURN_IF_FAILED(create(model, batch, need, &planned));
  siam_tape_memory(planned->tape, &arena, &separate);
  siam_need_add(need, arena);
  siam_embedder_destroy(planned);
  return SIAM_OK;
}

void siam_embedder_destroy(siam_embedder *embedder) {
  if (embedder == NULL) return;
  siam_tape_destroy(embedder->tape);
  siam_run_destroy(embedder->run);
  siam_upload_destroy(embedder->pictures);
  siam_upload_destroy(embedder->indices);
  siam_free(embedder);
}

siam_status siam_embedder_run(siam_embedder *embedder, const uint8_t *bytes, uint32_t count,
                              float *embeddings) {
  void *slot = NULL;
  SIAM_RETURN_IF_FAILED(siam_upload_begin(embedder->pictures, &slot));
  memcpy(slot, bytes, count * embedder->picture_bytes);
  // What is left of the batch is computed too and thrown away; it must only be some number.
  memset((uint8_t *)slot + count * embedder->picture_bytes, 0,
         (embedder->batch - count) * embedder->picture_bytes);
  SIAM_RETURN_IF_FAILED(siam_upload_send(embedder->pictures));
  SIAM_RETURN_IF_FAILED(siam_tape_run(embedder->tape));
  siam_place place = siam_tape_place(embedder->tape, embedder->embeddings);
  return siam_buffer_read(embedder->model->device, place.buffer, place.first, count * embedder->dimensions,
                          embeddings);
}

const siam_tape *siam_embedder_tape(const siam_embedder *embedder) {
  return embedder->tape;
}
