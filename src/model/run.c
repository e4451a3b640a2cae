#include "base/memory.h"
#include "model/network.h"

#include <limits.h>

size_t siam_network_absorb(const siam_network *network, const siam_run_options *options, siam_layer *layers) {
  siam_fusion how = {.device = network->store.device,
                     .images = options->images,
                     .training = options->training,
                     .input_gradient = options->way_back == SIAM_BACK_TO_INPUT,
                     .way_back = options->way_back != SIAM_NO_WAY_BACK,
                     .weights_stay = options->weights_stay};
  size_t count = 0;
  for (size_t i = 0; i < network->count;) {
    siam_layer *layer = &layers[count++];
    *layer = network->layers[i++];
    while (i < network->count && layer->type->absorb != NULL &&
           layer->type->absorb(layer, &network->layers[i], &how))
      layer->out = network->layers[i++].out;
    // Behind the first layer with anything to train all gradients are asked for.
    if (layer->slot_count > 0) how.input_gradient = how.way_back;
  }
  return count;
}

static void find_parameters(const siam_network *network, const siam_layer *layer, siam_pass *pass) {
  for (int s = 0; s < layer->slot_count; s++)
    pass->weight[s] = siam_store_weight(&network->store, layer->slots[s].parameter);
}

/// Adds layer i: its output goes to a new tensor, or to `target` where that exists.
static siam_status add_forward(siam_run *run, size_t i, siam_view x, siam_view target, siam_view *output) {
  const siam_layer *layer = &run->layers[i];
  siam_pass *pass = &run->passes[i];
  pass->x = x;
  if (layer->type->forward == NULL) {
    pass->y = x;
    *output = x;
    return siam_view_exists(target) ? siam_tape_copy(run->tape, x, target) : SIAM_OK;
  }
  find_parameters(run->network, layer, pass);
  size_t count = (size_t)pass->images * siam_shape_count(layer->out);
  // Kernels count the elements of a tensor in an int.
  if (count > INT_MAX)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "%d pictures of %zu values are too many at once; use a smaller batch", pass->images,
                     siam_shape_count(layer->out));
  pass->y = siam_view_exists(target) ? target : siam_tape_tensor(run->tape, count);
  *output = pass->y;
  return layer->type->forward(layer, pass);
}

siam_status siam_run_forward(siam_network *network, siam_tape *tape, const siam_run_options *options,
                             siam_view x, siam_view y, siam_run **run) {
  siam_status status = SIAM_OK;
  siam_run *made = NULL;
  if (!network->placed || network->count == 0)
    return siam_fail(SIAM_ERROR_ARGUMENT, "a network without layers or places cannot run");
  if (options->weights_stay) siam_tape_keep_weights(tape);
  SIAM_TRY_ALLOCATE(made, 1);
  made->network = network;
  made->tape = tape;
  SIAM_TRY_ALLOCATE(made->layers, network->count);
  SIAM_TRY_ALLOCATE(made->passes, network->count);
  made->count = siam_network_absorb(network, options, made->layers);
  siam_view output = x;
  for (size_t i = 0; i < made->count; i++) {
    made->passes[i] = (siam_pass){.tape = tape,
                                  .images = options->images,
                                  .training = options->training,
                                  .clock = options->clock,
                                  .number = options->branch * (unsigned)network->count + (unsigned)i};
    siam_view target = i + 1 == made->count ? y : (siam_view){0};
    status = add_forward(made, i, output, target, &output);
    if (status != SIAM_OK) {
      siam_fail_within(status, "%s", made->layers[i].name);
      goto cleanup;
    }
  }
  *run = made;
  made = NULL;
cleanup:
  siam_run_destroy(made);
  return status;
}

/// The first layer with anything to train: gradients need not go below it.
static size_t first_trained(const siam_run *run) {
  size_t i = 0;
  while (i < run->count && run->layers[i].slot_count == 0) i++;
  return i;
}

/// Goes back from the last layer to number `lowest`, and on to `dx` where that exists.
static siam_status add_backward(siam_run *run, siam_view dy, cl_mem gradients, size_t lowest, siam_view dx) {
  for (size_t i = run->count; i-- > lowest;) {
    const siam_layer *layer = &run->layers[i];
    siam_pass *pass = &run->passes[i];
    pass->dy = dy;
    pass->dy_is_balanced = i + 1 < run->count && run->passes[i + 1].dx_is_balanced;
    if (layer->type->backward == NULL) continue;
    for (int s = 0; s < layer->slot_count; s++)
      pass->gradient[s] = siam_store_gradient(&run->network->store, gradients, layer->slots[s].parameter);
    pass->dx = i > lowest ? siam_tape_tensor(run->tape, pass->x.count) : dx;
    siam_status status = layer->type->backward(layer, pass);
    if (status != SIAM_OK) return siam_fail_within(status, "%s", layer->name);
    dy = pass->dx;
  }
  // A layer that only sees its input in another shape wrote nothing.
  bool written = dy.buffer == dx.buffer && dy.tensor == dx.tensor;
  return siam_view_exists(dx) && !written ? siam_tape_copy(run->tape, dy, dx) : SIAM_OK;
}

siam_status siam_run_backward(siam_run *run, siam_view dy, cl_mem gradients) {
  return add_backward(run, dy, gradients, first_trained(run), (siam_view){0});
}

siam_status siam_run_backward_to_input(siam_run *run, siam_view dy, cl_mem gradients, siam_view dx) {
  return add_backward(run, dy, gradients, 0, dx);
}

void siam_run_destroy(siam_run *run) {
  if (run == NULL) return;
  siam_free(run->layers);
  siam_free(run->passes);
  siam_free(run);
}
