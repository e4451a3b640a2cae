#include "model/session.h"

#include "base/memory.h"
#include "device/upload.h"
#include "losses/target_loss.h"
#include "optim/optimizer.h"

#include <string.h>

enum { PASSES_KEPT = 4, NORM_WORDS = 2 };

/// Both ways of one batch size on one tape, divided at `middle`: so the arena knows that what backward reads
/// of forward must live on.
typedef struct session_pass {
  int images; ///< 0: none yet.
  bool training;
  siam_tape *tape;
  siam_run *run;
  siam_view x, y, dy, dx;
  size_t middle;
  const siam_target_loss *loss; ///< Of the tape between the two ways; NULL: there is none yet.
  siam_tape *compare;
  siam_view target, result;
  bool compared; ///< dy is the gradient of the loss of the last forward pass.
} session_pass;

struct siam_session {
  siam_network *network;
  session_pass passes[PASSES_KEPT];
  size_t oldest;           ///< The pass to give up for another batch size.
  session_pass *forwarded; ///< The pass whose way back is open; NULL: none.
  siam_upload *clock;      ///< Of the passes.
  uint32_t forwards;       ///< Training passes so far: the step of dropout's draws.
  siam_tape *clear;
  const siam_optimizer_type *optimizer; ///< Of `update`; NULL before the first.
  siam_optimizer_options optimizer_options;
  siam_tape *update;
  siam_upload *update_clock;
  cl_mem state;
  uint32_t updates;
};

static void pass_clear(session_pass *pass) {
  siam_tape_destroy(pass->compare);
  siam_tape_destroy(pass->tape);
  siam_run_destroy(pass->run);
  *pass = (session_pass){0};
}

void siam_session_destroy(siam_session *session) {
  if (session == NULL) return;
  for (int i = 0; i < PASSES_KEPT; i++) pass_clear(&session->passes[i]);
  siam_tape_destroy(session->clear);
  siam_tape_destroy(session->update);
  siam_upload_destroy(session->clock);
  siam_upload_destroy(session->update_clock);
  siam_buffer_release(session->network->store.device, session->state);
  siam_free(session);
}

void siam_session_forget(siam_session *session) {
  if (session != NULL) session->forwarded = NULL;
}

/// The session of a placed network, made where there is none.
static siam_status take(siam_network *network, siam_session **session) {
  siam_status status = SIAM_OK;
  siam_session *made = NULL;
  if (!network->placed)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "the network was changed, or never placed; place it on a device first");
  if (network->session == NULL) {
    siam_device *device = network->store.device;
    const siam_view gradients = siam_view_of_buffer(network->store.gradients, 0, network->store.trained);
    SIAM_TRY_ALLOCATE(made, 1);
    made->network = network;
    SIAM_TRY(siam_upload_create(device, SIAM_CLOCK_WORDS * sizeof(uint32_t), &made->clock));
    SIAM_TRY(siam_upload_create(device, SIAM_CLOCK_WORDS * sizeof(uint32_t), &made->update_clock));
    SIAM_TRY(siam_tape_create(device, &made->clear));
    SIAM_TRY(siam_tape_fill(made->clear, gradients, 0));
    SIAM_TRY(siam_tape_seal(made->clear));
    network->session = made;
    made = NULL;
  }
  *session = network->session;
cleanup:
  siam_session_destroy(made);
  return status;
}

static siam_status send_clock(siam_upload *clock, uint32_t step, uint64_t seed, float rate) {
  void *slot = NULL;
  SIAM_RETURN_IF_FAILED(siam_upload_begin(clock, &slot));
  uint32_t *words = slot;
  memset(words, 0, SIAM_CLOCK_WORDS * sizeof *words);
  words[SIAM_CLOCK_STEP] = step;
  words[SIAM_CLOCK_SEED_LOW] = (uint32_t)seed;
  words[SIAM_CLOCK_SEED_HIGH] = (uint32_t)(seed >> 32);
  memcpy(&words[SIAM_CLOCK_RATE], &rate, sizeof rate);
  return siam_upload_send(clock);
}

static siam_status check_images(const siam_network *network, int images) {
  const size_t most = siam_network_most_images(network);
  if (images >= 1 && (size_t)images <= most) return SIAM_OK;
  return siam_fail(SIAM_ERROR_ARGUMENT, "a batch of %d; this network takes 1 to %zu", images, most);
}

static siam_status write_pass(siam_session *session, session_pass *pass) {
  siam_network *network = session->network;
  size_t images = (size_t)pass->images, inputs = images * siam_shape_count(network->input);
  size_t outputs = images * siam_shape_count(siam_network_output(network));
  const siam_run_options options = {
      .images = pass->images, .training = pass->training, .clock = siam_upload_buffer(session->clock)};
  SIAM_RETURN_IF_FAILED(siam_tape_create(network->store.device, &pass->tape));
  pass->x = siam_tape_lasting(pass->tape, inputs);
  pass->y = siam_tape_lasting(pass->tape, outputs);
  pass->dy = siam_tape_lasting(pass->tape, outputs);
  pass->dx = siam_tape_lasting(pass->tape, inputs);
  SIAM_RETURN_IF_FAILED(siam_run_forward(network, pass->tape, &options, pass->x, pass->y, &pass->run));
  pass->middle = siam_tape_mark(pass->tape);
  SIAM_RETURN_IF_FAILED(siam_run_backward_to_input(pass->run, pass->dy, network->store.gradients, pass->dx));
  return siam_tape_seal(pass->tape);
}

static siam_status find_pass(siam_session *session, bool training, int images, session_pass **found) {
  for (int i = 0; i < PASSES_KEPT; i++) {
    *found = &session->passes[i];
    if ((*found)->images == images && (*found)->training == training) return SIAM_OK;
  }
  session_pass *pass = &session->passes[session->oldest];
  session->oldest = (session->oldest + 1) % PASSES_KEPT;
  pass_clear(pass);
  pass->images = images;
  pass->training = training;
  siam_status status = write_pass(session, pass);
  if (status != SIAM_OK) pass_clear(pass);
  *found = pass;
  return status;
}

static siam_status write_view(const siam_tape *tape, siam_view view, const float *values) {
  siam_place place = siam_tape_place(tape, view);
  return siam_buffer_write(siam_tape_device(tape), place.buffer, place.first, view.count, values);
}

static siam_status read_view(const siam_tape *tape, siam_view view, float *values) {
  if (values == NULL) return SIAM_OK;
  siam_place place = siam_tape_place(tape, view);
  return siam_buffer_read(siam_tape_device(tape), place.buffer, place.first, view.count, values);
}

siam_status siam_network_forward(siam_network *network, bool training, const float *x, int images, float *y) {
  siam_session *session = NULL;
  session_pass *pass = NULL;
  SIAM_RETURN_IF_FAILED(take(network, &session));
  SIAM_RETURN_IF_FAILED(check_images(network, images));
  session->forwarded = NULL;
  SIAM_RETURN_IF_FAILED(find_pass(session, training, images, &pass));
  if (training) session->forwards++;
  SIAM_RETURN_IF_FAILED(send_clock(session->clock, session->forwards, network->seed, 0));
  SIAM_RETURN_IF_FAILED(write_view(pass->tape, pass->x, x));
  SIAM_RETURN_IF_FAILED(siam_tape_run_part(pass->tape, 0, pass->middle));
  SIAM_RETURN_IF_FAILED(read_view(pass->tape, pass->y, y));
  pass->compared = false;
  session->forwarded = pass;
  return SIAM_OK;
}

/// The pass that can be gone back, or a refusal.
static siam_status find_forwarded(siam_session *session, session_pass **pass) {
  *pass = session->forwarded;
  if (*pass != NULL) return SIAM_OK;
  return siam_fail(SIAM_ERROR_ARGUMENT,
                   "there is no forward pass to go back: run one first, and one for each "
                   "way back; a change of weights ends it too");
}

/// A range of a pass's tape for another tape.
static siam_view view_of(const session_pass *pass, siam_view view) {
  siam_place place = siam_tape_place(pass->tape, view);
  return siam_view_of_buffer(place.buffer, place.first, view.count);
}

/// Writes the tape of a loss where it is not the last one's.
static siam_status prepare_loss(session_pass *pass, const siam_target_loss *loss) {
  if (pass->loss == loss) return SIAM_OK;
  siam_status status = SIAM_OK;
  siam_tape *tape = NULL;
  const size_t rows = (size_t)pass->images, columns = pass->y.count / rows;
  SIAM_TRY(siam_tape_create(siam_tape_device(pass->tape), &tape));
  siam_target_batch batch = {.tape = tape,
                             .rows = pass->images,
                             .columns = (int)columns,
                             .output = view_of(pass, pass->y),
                             .gradient = view_of(pass, pass->dy),
                             .target = siam_tape_lasting(tape, loss->takes_classes ? rows : rows * columns),
                             .result = siam_tape_lasting(tape, SIAM_LOSS_WORDS)};
  SIAM_TRY(loss->add(&batch));
  SIAM_TRY(siam_tape_seal(tape));
  siam_tape_destroy(pass->compare);
  pass->compare = tape;
  tape = NULL;
  pass->loss = loss;
  pass->target = batch.target;
  pass->result = siam_view_part(batch.result, SIAM_LOSS_VALUE, 1);
cleanup:
  siam_tape_destroy(tape);
  return status;
}

static siam_status check_classes(const session_pass *pass, const float *target) {
  const size_t rows = (size_t)pass->images, classes = pass->y.count / rows;
  for (size_t i = 0; i < rows; i++)
    if (!(target[i] >= 0 && target[i] < (float)classes && target[i] == (float)(size_t)target[i]))
      return siam_fail(
          SIAM_ERROR_ARGUMENT,
          "target %zu is %g, and no number of a class: %zu outputs stand for the classes 0 to %zu", i,
          (double)target[i], classes, classes - 1);
  return SIAM_OK;
}

siam_status siam_network_loss(siam_network *network, const char *loss, const float *target, float *value) {
  siam_session *session = NULL;
  session_pass *pass = NULL;
  const siam_target_loss *found = NULL;
  SIAM_RETURN_IF_FAILED(take(network, &session));
  SIAM_RETURN_IF_FAILED(siam_target_loss_find(loss, &found));
  SIAM_RETURN_IF_FAILED(find_forwarded(session, &pass));
  if (found->takes_classes) SIAM_RETURN_IF_FAILED(check_classes(pass, target));
  SIAM_RETURN_IF_FAILED(prepare_loss(pass, found));
  SIAM_RETURN_IF_FAILED(write_view(pass->compare, pass->target, target));
  SIAM_RETURN_IF_FAILED(siam_tape_run(pass->compare));
  pass->compared = true;
  return read_view(pass->compare, pass->result, value);
}

siam_status siam_network_backward(siam_network *network, const float *dy, float *dx) {
  siam_session *session = NULL;
  SIAM_RETURN_IF_FAILED(take(network, &session));
  session_pass *pass = NULL;
  SIAM_RETURN_IF_FAILED(find_forwarded(session, &pass));
  if (dy == NULL && !pass->compared)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "there is no gradient to go back with: give one, or call siam_network_loss() after the "
                     "forward pass");
  // The tape's memory is used again on the way back.
  session->forwarded = NULL;
  if (dy != NULL) SIAM_RETURN_IF_FAILED(write_view(pass->tape, pass->dy, dy));
  SIAM_RETURN_IF_FAILED(siam_tape_run_part(pass->tape, pass->middle, siam_tape_mark(pass->tape)));
  return read_view(pass->tape, pass->dx, dx);
}

siam_status siam_network_clear_gradients(siam_network *network) {
  siam_session *session = NULL;
  SIAM_RETURN_IF_FAILED(take(network, &session));
  return siam_tape_run(session->clear);
}

/// `given`, or the standard value for 0, or nothing below 0.
static float choose(double given, float standard) {
  return given > 0 ? (float)given : given < 0 ? 0 : standard;
}

/// Writes the optimizer's tape where it is not the last one's; its memory stays where only its options
/// changed.
static siam_status prepare_update(siam_session *session, const siam_optimizer_type *type,
                                  const siam_optimizer_options *options) {
  const siam_store *store = &session->network->store;
  const siam_optimizer_options *known = &session->optimizer_options;
  if (session->update != NULL && session->optimizer == type && known->momentum == options->momentum &&
      known->weight_decay == options->weight_decay && known->clip == options->clip)
    return SIAM_OK;
  siam_tape_destroy(session->update);
  session->update = NULL;
  if (session->optimizer != type) {
    siam_buffer_release(store->device, session->state);
    session->state = NULL;
    session->updates = 0;
    session->optimizer = NULL;
    SIAM_RETURN_IF_FAILED(
        siam_buffer_create(store->device, (size_t)type->states * store->trained, &session->state));
    session->optimizer = type;
  }
  siam_status status = SIAM_OK;
  siam_tape *tape = NULL;
  SIAM_TRY(siam_tape_create(store->device, &tape));
  SIAM_TRY(siam_optimizer_add(type, options,
                              &(siam_optimizer_batch){.tape = tape,
                                                      .weights = store->weights,
                                                      .gradients = store->gradients,
                                                      .state = session->state,
                                                      .clock = siam_upload_buffer(session->update_clock),
                                                      .decayed = store->decayed,
                                                      .trained = store->trained,
                                                      .norm = siam_tape_tensor(tape, NORM_WORDS)}));
  SIAM_TRY(siam_tape_seal(tape));
  session->optimizer_options = *options;
  session->update = tape;
  tape = NULL;
cleanup:
  siam_tape_destroy(tape);
  return status;
}

siam_status siam_network_update(siam_network *network, const siam_update_options *options) {
  static const siam_update_options standard;
  siam_session *session = NULL;
  const siam_optimizer_type *type = NULL;
  if (options == NULL) options = &standard;
  SIAM_RETURN_IF_FAILED(take(network, &session));
  SIAM_RETURN_IF_FAILED(
      siam_optimizer_find(options->optimizer != NULL ? options->optimizer : "adamw", &type));
  if (!(options->rate >= 0))
    return siam_fail(SIAM_ERROR_ARGUMENT, "a learning rate of %g; use one above 0", options->rate);
  siam_optimizer_options chosen = type->standard;
  chosen.momentum = choose(options->momentum, chosen.momentum);
  chosen.weight_decay = choose(options->weight_decay, chosen.weight_decay);
  chosen.clip = choose(options->clip, 0);
  SIAM_RETURN_IF_FAILED(prepare_update(session, type, &chosen));
  SIAM_RETURN_IF_FAILED(
      send_clock(session->update_clock, session->updates + 1, 0, choose(options->rate, type->rate)));
  session->forwarded = NULL;
  SIAM_RETURN_IF_FAILED(siam_tape_run(session->update));
  session->updates++;
  return SIAM_OK;
}
