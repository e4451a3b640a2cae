// A case of a loss on a device, between guards.
#include "base/memory.h"
#include "reference/guarded.h"
#include "reference/loss_case.h"

/// What a case takes of the device; `release` gives it back.
typedef struct ranges {
  siam_device *device;
  siam_tape *tape;
  siam_view embeddings, gradients, result, parameters, parameter_gradients;
  cl_mem labels, clock;
} ranges;

static void release(ranges *r) {
  const cl_mem buffers[7] = {
      r->embeddings.buffer,          r->gradients.buffer, r->result.buffer, r->parameters.buffer,
      r->parameter_gradients.buffer, r->labels,           r->clock};
  siam_tape_destroy(r->tape);
  for (int i = 0; i < 7; i++) siam_buffer_release(r->device, buffers[i]);
}

static siam_status make_words(siam_device *device, const void *words, size_t count, cl_mem *buffer) {
  SIAM_RETURN_IF_FAILED(siam_buffer_create(device, count, buffer));
  return siam_buffer_write(device, *buffer, 0, count, words);
}

static siam_status make(ranges *r, const siam_loss_case *c, siam_loss_outcome *outcome) {
  const size_t count = (size_t)c->rows * (size_t)c->dimensions, parameters = (size_t)c->parameter_count;
  const uint32_t words[16] = {c->step, c->seed};
  SIAM_RETURN_IF_FAILED(siam_guarded_create(r->device, c->embeddings, count, &r->embeddings));
  // What was there before must not matter.
  SIAM_RETURN_IF_FAILED(siam_guarded_create(r->device, c->embeddings, count, &r->gradients));
  SIAM_RETURN_IF_FAILED(siam_guarded_create(r->device, c->embeddings, SIAM_LOSS_WORDS, &r->result));
  SIAM_RETURN_IF_FAILED(make_words(r->device, c->labels, (size_t)c->rows, &r->labels));
  SIAM_RETURN_IF_FAILED(make_words(r->device, words, 16, &r->clock));
  if (parameters == 0) return SIAM_OK;
  for (size_t i = 0; i < parameters; i++) outcome->parameter_gradients[i] = c->prior;
  SIAM_RETURN_IF_FAILED(siam_guarded_create(r->device, c->parameters, parameters, &r->parameters));
  return siam_guarded_create(r->device, outcome->parameter_gradients, parameters, &r->parameter_gradients);
}

static siam_status run(ranges *r, const siam_loss_case *c) {
  SIAM_RETURN_IF_FAILED(siam_tape_create(r->device, &r->tape));
  const siam_loss_batch batch = {.tape = r->tape,
                                 .rows = c->rows,
                                 .dimensions = c->dimensions,
                                 .embeddings = r->embeddings,
                                 .gradients = r->gradients,
                                 .labels = r->labels,
                                 .result = r->result,
                                 .classes = c->classes,
                                 .clock = r->clock,
                                 .parameter = {r->parameters},
                                 .parameter_gradient = {r->parameter_gradients}};
  SIAM_RETURN_IF_FAILED(siam_loss_add(&c->loss, &batch));
  SIAM_RETURN_IF_FAILED(siam_tape_seal(r->tape));
  return siam_tape_run(r->tape);
}

siam_status siam_loss_execute(siam_device *device, const siam_loss_case *c, siam_loss_outcome *outcome) {
  siam_status status = SIAM_OK;
  ranges r = {.device = device};
  SIAM_TRY(make(&r, c, outcome));
  SIAM_TRY(run(&r, c));
  SIAM_TRY(siam_guarded_read(device, r.gradients, outcome->gradients));
  SIAM_TRY(siam_guarded_read(device, r.result, outcome->result));
  if (c->parameter_count > 0)
    SIAM_TRY(siam_guarded_read(device, r.parameter_gradients, outcome->parameter_gradients));
cleanup:
  release(&r);
  return status;
}
