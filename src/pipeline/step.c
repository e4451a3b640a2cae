#include "pipeline/step.h"

#include "base/memory.h"
#include "device/upload.h"
#include "losses/mean_squared_error.h"
#include "optim/average.h"

#include <string.h>

enum { NORM_WORDS = 2, RESULT_WORDS = SIAM_LOSS_WORDS + NORM_WORDS };

struct siam_step {
  siam_model *model;
  siam_step_options options;
  siam_tape *tape;
  siam_run *runs[2]; ///< One per branch; fused: only the first.
  siam_upload *pictures, *indices, *labels, *clock;
  siam_need *need; ///< Where it is only to say what it takes; else NULL.
  cl_mem state;
  size_t state_count, average_first; ///< Floats; those of the average begin there.
  siam_view results;                 ///< Loss words, then the norm and its factor.
  float read_back[RESULT_WORDS];     ///< Of the step `pending`.
  cl_event reading;                  ///< Done when `read_back` holds.
  float pending_rate;                ///< Learning rate of the step `pending`.
  uint32_t pending;                  ///< Number of the step whose result is under way; 0: none.
};

static siam_shape input_of(const siam_step *step) {
  return step->model->network->input;
}

/// A plan needs something to point at, and no more.
static siam_status make_upload(siam_step *step, size_t bytes, siam_upload **upload) {
  if (step->need != NULL) siam_need_add(step->need, bytes);
  return siam_upload_create(step->model->device, step->need != NULL ? 1 : bytes, upload);
}

static siam_status make_buffers(siam_step *step) {
  siam_device *device = step->model->device;
  size_t rows = (size_t)step->options.rows;
  if (step->options.resident == NULL)
    SIAM_RETURN_IF_FAILED(make_upload(step, rows * siam_shape_count(input_of(step)), &step->pictures));
  SIAM_RETURN_IF_FAILED(make_upload(step, rows * sizeof(int32_t), &step->indices));
  if (!step->options.reconstruct)
    SIAM_RETURN_IF_FAILED(make_upload(step, rows * sizeof(int32_t), &step->labels));
  SIAM_RETURN_IF_FAILED(make_upload(step, SIAM_CLOCK_WORDS * sizeof(uint32_t), &step->clock));
  const siam_store *store = &step->model->network->store;
  step->average_first = (size_t)step->options.optimizer->states * store->trained;
  step->state_count = step->average_first + (step->options.average > 0 ? store->total : 0);
  const size_t count = step->state_count > 0 ? step->state_count : 1;
  if (step->need == NULL) return siam_buffer_create(device, count, &step->state);
  siam_need_add(step->need, count * sizeof(float));
  return siam_buffer_create(device, 1, &step->state);
}

/// Adds the pictures `first` … of a branch, as `*x`, and their way through the network to rows of
/// `embeddings`.
static siam_status add_branch(siam_step *step, unsigned branch, int first, int images, siam_view embeddings,
                              siam_view *x) {
  siam_shape input = input_of(step);
  const siam_preprocessing *preprocessing = &step->model->preprocessing;
  siam_augment_shape shape = {.height = input.height,
                              .width = input.width,
                              .channels = input.channels,
                              .images = images,
                              .first = first,
                              .turned = step->options.turned};
  memcpy(shape.mean, preprocessing->mean, sizeof shape.mean);
  memcpy(shape.deviation, preprocessing->deviation, sizeof shape.deviation);
  cl_mem bytes = step->options.resident != NULL ? step->options.resident : siam_upload_buffer(step->pictures);
  cl_mem clock = siam_upload_buffer(step->clock);
  *x = siam_tape_tensor(step->tape, (size_t)images * siam_shape_count(input));
  SIAM_RETURN_IF_FAILED(siam_augment_add(step->tape, &step->options.augment, &shape, bytes,
                                         siam_upload_buffer(step->indices), clock, *x));
  size_t dimensions = embeddings.count / (size_t)step->options.rows;
  siam_view y = siam_view_part(embeddings, (size_t)first * dimensions, (size_t)images * dimensions);
  siam_run_options run = {
      .images = images, .training = true, .clock = clock, .branch = branch, .way_back = SIAM_BACK_TO_WEIGHTS};
  return siam_run_forward(step->model->network, step->tape, &run, *x, y, &step->runs[branch]);
}

static siam_status add_optimizer(siam_step *step) {
  const siam_network *network = step->model->network;
  const siam_store *store = &network->store;
  return siam_optimizer_add(
      step->options.optimizer, &step->options.optimizer_options,
      &(siam_optimizer_batch){.tape = step->tape,
                              .weights = store->weights,
                              .gradients = store->gradients,
                              .state = step->state,
                              .clock = siam_upload_buffer(step->clock),
                              .decayed = store->decayed,
                              .trained = store->trained,
                              .paced = store->guests,
                              .pace =
                                  network->guest_count > 0 ? (float)siam_loss_rate(&step->options.loss) : 1,
                              .norm = siam_view_part(step->results, SIAM_LOSS_WORDS, NORM_WORDS)});
}

/// Adds the loss of the outputs, and their gradients; `inputs` are the pictures of the last branch.
static siam_status add_loss(siam_step *step, siam_view inputs, siam_view outputs, siam_view gradients) {
  const siam_network *network = step->model->network;
  const int rows = step->options.rows;
  const siam_view result = siam_view_part(step->results, 0, SIAM_LOSS_WORDS);
  if (step->options.reconstruct)
    return siam_mean_squared_error_add(step->tape, outputs, inputs, gradients, result);
  siam_loss_batch batch = {.tape = step->tape,
                           .rows = rows,
                           .dimensions = (int)(outputs.count / (size_t)rows),
                           .embeddings = outputs,
                           .gradients = gradients,
                           .labels = siam_upload_buffer(step->labels),
                           .result = result,
                           .classes = step->options.classes,
                           .clock = siam_upload_buffer(step->clock)};
  for (int s = 0; s < network->guest_count; s++) {
    unsigned number = network->guests[s].parameter;
    batch.parameter[s] = siam_store_weight(&network->store, number);
    batch.parameter_gradient[s] = siam_store_gradient(&network->store, network->store.gradients, number);
  }
  return siam_loss_add(&step->options.loss, &batch);
}

static siam_status write_tape(siam_step *step) {
  const siam_store *store = &step->model->network->store;
  int rows = step->options.rows, branches = step->options.branches == SIAM_BRANCHES_TWO_PASS ? 2 : 1;
  int images = rows / branches;
  size_t dimensions = siam_shape_count(siam_network_output(step->model->network));
  siam_view embeddings = siam_tape_tensor(step->tape, (size_t)rows * dimensions);
  siam_view gradients = siam_tape_tensor(step->tape, (size_t)rows * dimensions);
  siam_view x = {0};
  step->results = siam_tape_lasting(step->tape, RESULT_WORDS);
  SIAM_RETURN_IF_FAILED(
      siam_tape_fill(step->tape, siam_view_of_buffer(store->gradients, 0, store->trained), 0));
  for (int b = 0; b < branches; b++)
    SIAM_RETURN_IF_FAILED(add_branch(step, (unsigned)b, b * images, images, embeddings, &x));
  SIAM_RETURN_IF_FAILED(add_loss(step, x, embeddings, gradients));
  for (int b = 0; b < branches; b++) {
    size_t count = (size_t)images * dimensions;
    siam_view dy = siam_view_part(gradients, (size_t)b * count, count);
    SIAM_RETURN_IF_FAILED(siam_run_backward(step->runs[b], dy, store->gradients));
  }
  SIAM_RETURN_IF_FAILED(add_optimizer(step));
  if (step->options.average > 0)
    SIAM_RETURN_IF_FAILED(siam_average_add(step->tape, siam_view_of_buffer(store->weights, 0, store->total),
                                           siam_step_average(step), siam_upload_buffer(step->clock),
                                           step->options.average));
  return step->need != NULL ? siam_tape_lay_out(step->tape) : siam_tape_seal(step->tape);
}

siam_status siam_step_check_loss(const siam_model *model, const siam_loss *loss) {
  const siam_network *network = model->network;
  return siam_loss_check(loss, siam_network_reach(network), siam_network_has_unit_length(network));
}

static siam_status check_reconstruction(const siam_model *model, const siam_step_options *options) {
  const siam_network *network = model->network;
  size_t inputs = siam_shape_count(network->input), outputs = siam_shape_count(siam_network_output(network));
  if (outputs != inputs)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "a network of %zu outputs cannot give back pictures of %zu numbers; mirror the encoder",
                     outputs, inputs);
  if (options->branches != SIAM_BRANCHES_FUSED)
    return siam_fail(SIAM_ERROR_ARGUMENT, "reconstructing has no branches to run one after the other");
  return SIAM_OK;
}

static siam_status check(const siam_model *model, const siam_step_options *options) {
  if (options->rows < 2)
    return siam_fail(SIAM_ERROR_ARGUMENT, "a step of %d pictures; use at least 2", options->rows);
  if (options->reconstruct) return check_reconstruction(model, options);
  SIAM_RETURN_IF_FAILED(siam_step_check_loss(model, &options->loss));
  bool drawn = options->loss.pairing == SIAM_PAIRING_DRAWN;
  if (drawn && options->rows % 2 != 0)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%d pictures are no whole number of pairs", options->rows);
  if (!drawn && options->branches == SIAM_BRANCHES_TWO_PASS)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "two passes need drawn pairs; with all pairs of a batch there are no "
                     "two branches");
  return SIAM_OK;
}

/// Makes a step, or with `need` one that only says what it would take.
static siam_status create(siam_model *model, const siam_step_options *options, siam_need *need,
                          siam_step **step) {
  siam_status status = SIAM_OK;
  siam_step *made = NULL;
  SIAM_RETURN_IF_FAILED(check(model, options));
  SIAM_TRY_ALLOCATE(made, 1);
  made->model = model;
  made->options = *options;
  made->need = need;
  SIAM_TRY(siam_tape_create(model->device, &made->tape));
  SIAM_TRY(make_buffers(made));
  SIAM_TRY(write_tape(made));
  *step = made;
  made = NULL;
cleanup:
  siam_step_destroy(made);
  return status;
}

siam_status siam_step_create(siam_model *model, const siam_step_options *options, siam_step **step) {
  return create(model, options, NULL, step);
}

siam_status siam_step_need(siam_model *model, const siam_step_options *options, siam_need *need) {
  siam_step *planned = NULL;
  size_t arena = 0, separate = 0;
  SIAM_RETURN_IF_FAILED(create(model, options, need, &planned));
  siam_step_memory(planned, &arena, &separate);
  siam_need_add(need, arena);
  siam_step_destroy(planned);
  return SIAM_OK;
}

void siam_step_destroy(siam_step *step) {
  if (step == NULL) return;
  if (step->reading != NULL) {
    clWaitForEvents(1, &step->reading);
    clReleaseEvent(step->reading);
  }
  siam_tape_destroy(step->tape);
  for (int b = 0; b < 2; b++) siam_run_destroy(step->runs[b]);
  siam_upload_destroy(step->pictures);
  siam_upload_destroy(step->indices);
  siam_upload_destroy(step->labels);
  siam_upload_destroy(step->clock);
  siam_buffer_release(step->model->device, step->state);
  siam_free(step);
}

siam_status siam_step_pictures(siam_step *step, uint8_t **bytes) {
  void *slot = NULL;
  SIAM_RETURN_IF_FAILED(siam_upload_begin(step->pictures, &slot));
  *bytes = slot;
  return SIAM_OK;
}

static siam_status send_indices(siam_step *step, const siam_step_input *input) {
  void *slot = NULL;
  SIAM_RETURN_IF_FAILED(siam_upload_begin(step->indices, &slot));
  uint32_t *indices = slot;
  for (int i = 0; i < step->options.rows; i++)
    indices[i] = (input->images != NULL ? input->images[i] : (uint32_t)i) | input->turns[i];
  if (input->images == NULL) SIAM_RETURN_IF_FAILED(siam_upload_send(step->pictures));
  return siam_upload_send(step->indices);
}

static siam_status send_labels(siam_step *step, const int32_t *labels) {
  void *slot = NULL;
  SIAM_RETURN_IF_FAILED(siam_upload_begin(step->labels, &slot));
  bool drawn = step->options.loss.pairing == SIAM_PAIRING_DRAWN;
  memcpy(slot, labels, (size_t)(drawn ? step->options.rows / 2 : step->options.rows) * sizeof *labels);
  return siam_upload_send(step->labels);
}

static siam_status send_clock(siam_step *step, const siam_step_input *input) {
  void *slot = NULL;
  SIAM_RETURN_IF_FAILED(siam_upload_begin(step->clock, &slot));
  uint32_t *words = slot;
  memset(words, 0, SIAM_CLOCK_WORDS * sizeof *words);
  words[SIAM_CLOCK_STEP] = input->number;
  words[SIAM_CLOCK_SEED_LOW] = (uint32_t)step->options.seed;
  words[SIAM_CLOCK_SEED_HIGH] = (uint32_t)(step->options.seed >> 32);
  memcpy(&words[SIAM_CLOCK_RATE], &input->rate, sizeof input->rate);
  return siam_upload_send(step->clock);
}

/// Waits for the result that is under way, if any.
static siam_status take_result(siam_step *step, siam_step_result *result) {
  *result = (siam_step_result){.step = step->pending, .rate = step->pending_rate};
  if (step->pending == 0) return SIAM_OK;
  cl_int error = clWaitForEvents(1, &step->reading);
  clReleaseEvent(step->reading);
  step->reading = NULL;
  step->pending = 0;
  SIAM_RETURN_IF_FAILED(siam_opencl(error, "wait for a step"));
  memcpy(result->loss, step->read_back, sizeof result->loss);
  result->norm = step->read_back[SIAM_LOSS_WORDS];
  return SIAM_OK;
}

siam_status siam_step_run(siam_step *step, const siam_step_input *input, siam_step_result *previous) {
  SIAM_RETURN_IF_FAILED(send_indices(step, input));
  if (!step->options.reconstruct) SIAM_RETURN_IF_FAILED(send_labels(step, input->labels));
  SIAM_RETURN_IF_FAILED(send_clock(step, input));
  SIAM_RETURN_IF_FAILED(siam_tape_run(step->tape));
  // The last result is read only now, when the device already has this step to work on.
  SIAM_RETURN_IF_FAILED(take_result(step, previous));
  siam_place place = siam_tape_place(step->tape, step->results);
  SIAM_RETURN_IF_FAILED(siam_opencl(clEnqueueReadBuffer(step->model->device->queue, place.buffer, CL_FALSE,
                                                        place.first * sizeof(float), sizeof step->read_back,
                                                        step->read_back, 0, NULL, &step->reading),
                                    "read a step's result"));
  step->pending = input->number;
  step->pending_rate = input->rate;
  return siam_opencl(clFlush(step->model->device->queue), "hand the commands to the device");
}

siam_status siam_step_finish(siam_step *step, siam_step_result *last) {
  return take_result(step, last);
}

cl_mem siam_step_state(const siam_step *step, size_t *count) {
  *count = step->state_count;
  return step->state;
}

siam_view siam_step_average(const siam_step *step) {
  if (step->options.average <= 0) return (siam_view){0};
  return siam_view_of_buffer(step->state, step->average_first, step->model->network->store.total);
}

const siam_tape *siam_step_tape(const siam_step *step) {
  return step->tape;
}

void siam_step_memory(const siam_step *step, size_t *arena_bytes, size_t *separate_bytes) {
  siam_tape_memory(step->tape, arena_bytes, separate_bytes);
}
