#include "model/work.h"

#include "base/memory.h"

/// The first layer with anything to train: gradients do not go below it.
static size_t first_trained(const siam_layer *layers, size_t count) {
  size_t i = 0;
  while (i < count && layers[i].slot_count == 0) i++;
  return i;
}

static double flops_of(const siam_network *network, bool training) {
  const size_t lowest = first_trained(network->layers, network->count);
  double flops = 0;
  for (size_t i = 0; i < network->count; i++) {
    const siam_layer *layer = &network->layers[i];
    if (layer->type->multiply_adds == NULL) continue;
    const int passes = !training ? 1 : i > lowest ? 3 : 2;
    flops += 2 * passes * layer->type->multiply_adds(layer);
  }
  return flops;
}

/// Floats of the parameters of a layer; with `trained`, of those that have gradients.
static double parameters_of(const siam_network *network, const siam_layer *layer, bool trained) {
  double count = 0;
  for (int s = 0; s < layer->slot_count; s++) {
    if (trained && layer->slots[s].kind == SIAM_PARAMETER_STATE) continue;
    count += (double)network->store.parameters[layer->slots[s].parameter].count;
  }
  return count;
}

siam_status siam_network_work(const siam_network *network, int images, bool training, siam_work *work) {
  siam_layer *layers = siam_allocate(network->count, sizeof *layers);
  if (layers == NULL) return SIAM_ERROR_MEMORY;
  const siam_run_options options = {.images = images,
                                    .training = training,
                                    .way_back = training ? SIAM_BACK_TO_WEIGHTS : SIAM_NO_WAY_BACK,
                                    .weights_stay = !training};
  const size_t count = siam_network_absorb(network, &options, layers), lowest = first_trained(layers, count);
  double floats = 0;
  for (size_t i = 0; i < count; i++) {
    const siam_layer *layer = &layers[i];
    if (layer->type->forward == NULL) continue;
    const double inputs = layer->type->joins ? 2 : 1;
    const double in = inputs * (double)images * (double)siam_shape_count(layer->in);
    const double out = (double)images * (double)siam_shape_count(layer->out);
    const double parameters = parameters_of(network, layer, false);
    floats += in + out + parameters;
    if (!training || i < lowest) continue;
    floats += in + out + (i > lowest ? in : 0) + parameters + 2 * parameters_of(network, layer, true);
  }
  siam_free(layers);
  *work = (siam_work){.flops = images * flops_of(network, training), .bytes = floats * sizeof(float)};
  return SIAM_OK;
}
