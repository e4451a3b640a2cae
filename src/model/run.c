#include "base/memory.h"
#include "compute/add.h"
#include "model/network.h"

#include <limits.h>

/// The layer among the first `count` of those that run whose output is that of layer `source`.
static siam_source place_of(const siam_layer *layers, size_t count, siam_source source) {
  if (source < 0) return source;
  while (count-- > 0)
    if (layers[count].number == source) break;
  return (siam_source)count;
}

/// Whether layer i may be taken over by the one that does the work of layer i − 1: it reads nothing else, and
/// nobody else reads what is between them.
static bool is_only_reader(const siam_network *network, size_t i) {
  const siam_layer *layer = &network->layers[i];
  return layer->from == (siam_source)i - 1 && layer->other == SIAM_SOURCE_NONE &&
         siam_network_count_users(network, layer->from) == 1;
}

size_t siam_network_absorb(const siam_network *network, const siam_run_options *options, siam_layer *layers) {
  siam_fusion how = {.device = network->store.device,
                     .images = options->images,
                     .training = options->training,
                     .input_gradient = options->way_back == SIAM_BACK_TO_INPUT,
                     .way_back = options->way_back != SIAM_NO_WAY_BACK,
                     .weights_stay = options->weights_stay};
  size_t count = 0;
  for (size_t i = 0; i < network->count;) {
    siam_layer *layer = &layers[count];
    *layer = network->layers[i++];
    layer->from = place_of(layers, count, layer->from);
    layer->other = place_of(layers, count, layer->other);
    count++;
    for (; i < network->count && layer->type->absorb != NULL && is_only_reader(network, i); i++) {
      if (!layer->type->absorb(layer, &network->layers[i], &how)) break;
      layer->out = network->layers[i].out;
      layer->number = network->layers[i].number;
    }
    // Behind the first layer with anything to train all gradients are asked for.
    if (layer->slot_count > 0) how.input_gradient = how.way_back;
  }
  return count;
}

static void find_parameters(const siam_network *network, const siam_layer *layer, siam_pass *pass) {
  for (int s = 0; s < layer->slot_count; s++)
    pass->weight[s] = siam_store_weight(&network->store, layer->slots[s].parameter);
}

static siam_view output_of(const siam_run *run, siam_source source, siam_view input) {
  if (source == SIAM_SOURCE_NONE) return (siam_view){0};
  return source < 0 ? input : run->passes[source].y;
}

/// Adds layer i: its output goes to a new tensor, or to `target` where that exists.
static siam_status add_forward(siam_run *run, size_t i, siam_view input, siam_view target) {
  const siam_layer *layer = &run->layers[i];
  siam_pass *pass = &run->passes[i];
  pass->x = output_of(run, layer->from, input);
  pass->other = output_of(run, layer->other, input);
  if (layer->type->forward == NULL) {
    pass->y = pass->x;
    return siam_view_exists(target) ? siam_tape_copy(run->tape, pass->x, target) : SIAM_OK;
  }
  find_parameters(run->network, layer, pass);
  size_t count = (size_t)pass->images * siam_shape_count(layer->out);
  // Kernels count the elements of a tensor in an int.
  if (count > INT_MAX)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "%d pictures of %zu values are too many at once; use a smaller batch", pass->images,
                     siam_shape_count(layer->out));
  pass->y = siam_view_exists(target) ? target : siam_tape_tensor(run->tape, count);
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
  for (size_t i = 0; i < made->count; i++) {
    made->passes[i] = (siam_pass){.tape = tape,
                                  .images = options->images,
                                  .training = options->training,
                                  .clock = options->clock,
                                  .number = options->branch * (unsigned)network->count + (unsigned)i};
    siam_view target = i + 1 == made->count ? y : (siam_view){0};
    status = add_forward(made, i, x, target);
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

/// The way back through one network: down to layer number `lowest`, or to the input.
typedef struct way {
  siam_run *run;
  siam_source lowest; ///< Gradients of outputs before this layer's are not asked for.
  siam_view dx;       ///< Where that of the input goes to; nothing: nobody asks for it.
  siam_view input;    ///< That of the input, as far as it is known.
} way;

/// Adds a share of the gradient of a source's output.
static siam_status add_share(way *w, siam_source source, siam_view share, bool is_balanced) {
  if (source < w->lowest) return SIAM_OK;
  siam_pass *pass = source < 0 ? NULL : &w->run->passes[source];
  siam_view *gradient = pass != NULL ? &pass->dy : &w->input;
  const siam_view first = *gradient;
  if (pass != NULL) pass->dy_is_balanced = is_balanced && (!siam_view_exists(first) || pass->dy_is_balanced);
  *gradient = share;
  if (!siam_view_exists(first)) return SIAM_OK;
  // A tensor of its own, because a share may be another layer's gradient, too.
  *gradient = siam_tape_tensor(w->run->tape, share.count);
  return siam_add(w->run->tape, first, share, &(siam_epilogue){0}, *gradient);
}

/// Where layer i writes the gradient of its input: at once where `dx` is to be, if it is the only one there.
static siam_view place_for(const way *w, const siam_layer *layer, size_t count) {
  if (layer->from < w->lowest && layer->other < w->lowest) return (siam_view){0};
  const bool is_last = layer->from == SIAM_SOURCE_INPUT && !siam_view_exists(w->input);
  if (is_last && layer == w->run->layers) return w->dx;
  return siam_tape_tensor(w->run->tape, count);
}

static siam_status back_through(way *w, size_t i, cl_mem gradients) {
  siam_run *run = w->run;
  const siam_layer *layer = &run->layers[i];
  siam_pass *pass = &run->passes[i];
  // Nobody reads the layer's output.
  if (!siam_view_exists(pass->dy)) return SIAM_OK;
  if (layer->type->backward == NULL) return add_share(w, layer->from, pass->dy, false);
  for (int s = 0; s < layer->slot_count; s++)
    pass->gradient[s] = siam_store_gradient(&run->network->store, gradients, layer->slots[s].parameter);
  pass->dx = place_for(w, layer, pass->x.count);
  SIAM_RETURN_IF_FAILED(layer->type->backward(layer, pass));
  SIAM_RETURN_IF_FAILED(add_share(w, layer->from, pass->dx, pass->dx_is_balanced));
  return layer->type->joins ? add_share(w, layer->other, pass->dx, pass->dx_is_balanced) : SIAM_OK;
}

/// Goes back from the last layer to number `lowest`, or to the input, whose gradient goes to `dx`.
static siam_status add_backward(siam_run *run, siam_view dy, cl_mem gradients, siam_source lowest,
                                siam_view dx) {
  way w = {.run = run, .lowest = lowest, .dx = dx};
  for (size_t i = 0; i < run->count; i++) run->passes[i].dy = (siam_view){0};
  SIAM_RETURN_IF_FAILED(add_share(&w, (siam_source)run->count - 1, dy, false));
  for (size_t i = run->count; i-- > 0 && (siam_source)i >= lowest;) {
    siam_status status = back_through(&w, i, gradients);
    if (status != SIAM_OK) return siam_fail_within(status, "%s", run->layers[i].name);
  }
  if (!siam_view_exists(dx)) return SIAM_OK;
  bool written = w.input.buffer == dx.buffer && w.input.tensor == dx.tensor;
  return written ? SIAM_OK : siam_tape_copy(run->tape, w.input, dx);
}

siam_status siam_run_backward(siam_run *run, siam_view dy, cl_mem gradients) {
  return add_backward(run, dy, gradients, (siam_source)first_trained(run), (siam_view){0});
}

siam_status siam_run_backward_to_input(siam_run *run, siam_view dy, cl_mem gradients, siam_view dx) {
  return add_backward(run, dy, gradients, SIAM_SOURCE_INPUT, dx);
}

void siam_run_destroy(siam_run *run) {
  if (run == NULL) return;
  siam_free(run->layers);
  siam_free(run->passes);
  siam_free(run);
}
