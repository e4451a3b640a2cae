// The public view of a network: what it holds, its parameters' places and values, and its file.
#include "base/memory.h"
#include "model/description.h"
#include "model/model.h"
#include "model/session.h"

#include <string.h>

static size_t count_weights(const siam_store *store, size_t *parameters) {
  size_t weights = 0;
  *parameters = 0;
  for (size_t i = 0; i < store->count; i++) {
    const siam_parameter *parameter = &store->parameters[i];
    // A parameter that nobody refers to any more leaves at the next placing.
    if (parameter->users == 0) continue;
    ++*parameters;
    if (parameter->kind != SIAM_PARAMETER_STATE) weights += parameter->count;
  }
  return weights;
}

siam_network_info siam_network_get_info(const siam_network *network) {
  siam_network_info info = {.height = network->input.height,
                            .width = network->input.width,
                            .channels = network->input.channels,
                            .inputs = siam_shape_count(network->input),
                            .outputs = siam_shape_count(siam_network_output(network)),
                            .layers = network->count,
                            .placed = network->placed};
  info.weights = count_weights(&network->store, &info.parameters);
  return info;
}

siam_status siam_network_describe(siam_network *network, const char **text) {
  siam_text written = {0};
  siam_description_write(network, &written);
  siam_status status = siam_text_status(&written);
  if (status != SIAM_OK) {
    siam_text_clear(&written);
    return status;
  }
  siam_free(network->description);
  network->description = written.bytes;
  *text = network->description;
  return SIAM_OK;
}

static siam_parameter_info describe_parameter(const siam_network *network, const siam_parameter *parameter) {
  siam_parameter_info info = {.name = parameter->name,
                              .offset = network->placed ? parameter->offset * sizeof(float) : 0,
                              .bytes = parameter->count * sizeof(float),
                              .count = parameter->count,
                              .rank = parameter->rank,
                              .users = parameter->users,
                              .trained = parameter->kind != SIAM_PARAMETER_STATE};
  memcpy(info.dims, parameter->dims, sizeof info.dims);
  return info;
}

siam_status siam_network_get_parameter(const siam_network *network, size_t index, siam_parameter_info *info) {
  const siam_store *store = &network->store;
  size_t seen = 0;
  for (size_t i = 0; i < store->count; i++) {
    if (store->parameters[i].users == 0 || seen++ != index) continue;
    *info = describe_parameter(network, &store->parameters[i]);
    return SIAM_OK;
  }
  return siam_fail(SIAM_ERROR_ARGUMENT, "there is no parameter number %zu; there are %zu, from 0", index,
                   seen);
}

siam_status siam_network_get_slot(const siam_network *network, const char *slot, siam_parameter_info *info,
                                  bool *transposed) {
  siam_slot *found = NULL;
  SIAM_RETURN_IF_FAILED(siam_network_slot(network, slot, &found));
  *info = describe_parameter(network, &network->store.parameters[found->parameter]);
  if (transposed != NULL) *transposed = found->transposed;
  return SIAM_OK;
}

/// Number of the parameter behind a slot of a placed network.
static siam_status find_placed(const siam_network *network, const char *slot, unsigned *number) {
  siam_slot *found = NULL;
  if (!network->placed)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "the network was changed, or never placed; place it on a device first");
  SIAM_RETURN_IF_FAILED(siam_network_slot(network, slot, &found));
  *number = found->parameter;
  return SIAM_OK;
}

siam_status siam_network_read(siam_network *network, const char *slot, float *values) {
  unsigned number = 0;
  SIAM_RETURN_IF_FAILED(find_placed(network, slot, &number));
  siam_view view = siam_store_weight(&network->store, number);
  return siam_buffer_read(network->store.device, view.buffer, view.first, view.count, values);
}

siam_status siam_network_write(siam_network *network, const char *slot, const float *values) {
  unsigned number = 0;
  SIAM_RETURN_IF_FAILED(find_placed(network, slot, &number));
  siam_view view = siam_store_weight(&network->store, number);
  siam_session_forget(network->session);
  return siam_buffer_write(network->store.device, view.buffer, view.first, view.count, values);
}

siam_status siam_network_read_gradient(siam_network *network, const char *slot, float *values) {
  unsigned number = 0;
  SIAM_RETURN_IF_FAILED(find_placed(network, slot, &number));
  siam_view view = siam_store_gradient(&network->store, network->store.gradients, number);
  if (!siam_view_exists(view))
    return siam_fail(SIAM_ERROR_ARGUMENT, "'%s' is a running statistic and has no gradient", slot);
  return siam_buffer_read(network->store.device, view.buffer, view.first, view.count, values);
}

siam_status siam_network_save(siam_network *network, const char *path) {
  const char *text = NULL;
  if (!network->placed || network->count == 0)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "%s: a network without layers or places has no values to save; place "
                     "it on a device first",
                     path);
  SIAM_RETURN_IF_FAILED(siam_network_describe(network, &text));
  // A model around it for the time of writing; it owns nothing.
  siam_model model = {.device = network->store.device,
                      .network = network,
                      .encoder = network->description,
                      .preprocessing = {.mean = {0.5f, 0.5f, 0.5f}, .deviation = {0.5f, 0.5f, 0.5f}}};
  return siam_model_save(&model, path);
}

siam_status siam_network_load(siam_device *device, const char *path, siam_network **network) {
  siam_model *model = NULL;
  SIAM_RETURN_IF_FAILED(siam_model_load(device, path, &model));
  *network = model->network;
  model->network = NULL;
  siam_model_destroy(model);
  return SIAM_OK;
}
