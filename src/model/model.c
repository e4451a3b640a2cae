#include "model/model.h"

#include "base/memory.h"
#include "model/description.h"

#include <string.h>

siam_status siam_model_describe(siam_network *network, siam_model **model) {
  siam_status status = SIAM_OK;
  siam_text text = {0};
  siam_model *made = siam_allocate(1, sizeof *made);
  if (made == NULL) {
    siam_network_destroy(network);
    return SIAM_ERROR_MEMORY;
  }
  made->network = network;
  for (int c = 0; c < 3; c++) {
    made->preprocessing.mean[c] = 0.5f;
    made->preprocessing.deviation[c] = 0.5f;
  }
  siam_description_write(network, &text);
  SIAM_TRY(siam_text_status(&text));
  made->encoder = text.bytes;
  text = (siam_text){0};
  *model = made;
  made = NULL;
cleanup:
  siam_text_clear(&text);
  siam_model_destroy(made);
  return status;
}

siam_status siam_model_place(siam_model *model, siam_device *device, uint64_t seed) {
  model->device = device;
  return siam_network_place(model->network, device, seed);
}

siam_status siam_model_wrap(siam_device *device, siam_network *network, uint64_t seed, siam_model **model) {
  siam_model *made = NULL;
  SIAM_RETURN_IF_FAILED(siam_model_describe(network, &made));
  siam_status status = siam_model_place(made, device, seed);
  if (status == SIAM_OK)
    *model = made;
  else
    siam_model_destroy(made);
  return status;
}

siam_status siam_model_create_like(siam_device *device, const siam_model_options *options,
                                   const siam_model *like, siam_model **model) {
  if (options->channels != 0 && options->channels != 1 && options->channels != 3)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%d channels; use 1 (grey) or 3 (colour)", options->channels);
  siam_network *network = NULL;
  const siam_description_changes changes = {options->size, options->channels, options->embedding};
  const char *name = options->encoder != NULL ? options->encoder : siam_encoders[0].name;
  siam_status status = options->encoder == NULL && like != NULL
                           ? siam_description_parse(like->path, like->encoder, &changes, &network)
                           : siam_encoder_build(name, &changes, &network);
  if (status == SIAM_OK) status = siam_model_wrap(device, network, options->seed, model);
  if (status == SIAM_OK) (*model)->preprocessing.resize = options->resize;
  return status;
}

siam_status siam_model_create(siam_device *device, const siam_model_options *options, siam_model **model) {
  static const siam_model_options standard;
  return siam_model_create_like(device, options != NULL ? options : &standard, NULL, model);
}

void siam_model_destroy(siam_model *model) {
  if (model == NULL) return;
  siam_network_destroy(model->network);
  siam_free(model->encoder);
  siam_free(model->path);
  for (size_t i = 0; i < model->fact_count; i++) {
    siam_free(model->facts[i].key);
    siam_free(model->facts[i].value);
  }
  siam_free(model->facts);
  siam_free(model);
}

siam_model_info siam_model_get_info(const siam_model *model) {
  const siam_network *network = model->network;
  siam_model_info info = {.height = network->input.height,
                          .width = network->input.width,
                          .channels = network->input.channels,
                          .embedding = (int)siam_shape_count(siam_network_output(network)),
                          .layers = network->count,
                          .resize = model->preprocessing.resize,
                          .reach = siam_network_reach(network)};
  for (size_t i = 0; i < network->store.count; i++)
    if (network->store.parameters[i].kind != SIAM_PARAMETER_STATE && !network->store.parameters[i].guest)
      info.weights += network->store.parameters[i].count;
  return info;
}

const char *siam_model_get_encoder(const siam_model *model) {
  return model->encoder;
}

/// The row of an index, or the last row, whose fields are NULL.
static const siam_encoder *encoder_row(size_t index) {
  const siam_encoder *row = siam_encoders;
  while (index-- > 0 && row->name != NULL) row++;
  return row;
}

const char *siam_encoder_get_name(size_t index) {
  return encoder_row(index)->name;
}
const char *siam_encoder_get_summary(size_t index) {
  return encoder_row(index)->summary;
}
const char *siam_encoder_get_description(size_t index) {
  return encoder_row(index)->text;
}

const char *siam_model_get_fact(const siam_model *model, const char *key) {
  for (size_t i = 0; i < model->fact_count; i++)
    if (strcmp(model->facts[i].key, key) == 0) return model->facts[i].value;
  return NULL;
}

siam_status siam_model_set_fact(siam_model *model, const char *key, const char *value) {
  siam_fact fact = {siam_copy_text(key), siam_copy_text(value)};
  siam_status status = fact.key == NULL || fact.value == NULL ? SIAM_ERROR_MEMORY : SIAM_OK;
  if (status == SIAM_OK) status = SIAM_GROW(model->facts, model->fact_count, model->fact_capacity);
  if (status != SIAM_OK) {
    siam_free(fact.key);
    siam_free(fact.value);
    return status;
  }
  for (size_t i = 0; i < model->fact_count; i++) {
    if (strcmp(model->facts[i].key, key) != 0) continue;
    siam_free(model->facts[i].key);
    siam_free(model->facts[i].value);
    model->facts[i] = fact;
    return SIAM_OK;
  }
  model->facts[model->fact_count++] = fact;
  return SIAM_OK;
}
