// The model file: safetensors with every parameter under its own name, and in the metadata all that is needed
// to use them. docs/model-file.md is the reference; a change of meaning raises FORMAT_VERSION.
#include "base/json.h"
#include "base/memory.h"
#include "model/default_model.h"
#include "model/description.h"
#include "model/model.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define FORMAT "siamese-model"
#define FORMAT_VERSION "1"

static const char *const reserved_keys[] = {"format",        "format_version", "encoder",
                                            "preprocessing", "data_checksum",  NULL};

static bool is_reserved(const char *key) {
  for (size_t i = 0; reserved_keys[i] != NULL; i++)
    if (strcmp(reserved_keys[i], key) == 0) return true;
  return false;
}

/// Networks of other things than pictures may have any number of channels; their preprocessing is not used.
static int described_channels(const siam_network *network) {
  return network->input.channels < 3 ? network->input.channels : 3;
}

/// Adds the preprocessing as JSON.
static siam_status write_preprocessing(const siam_preprocessing *preprocessing, int channels,
                                       siam_text *text) {
  json_t *mean = json_array(), *deviation = json_array();
  bool whole = true;
  for (int c = 0; c < channels && whole; c++)
    whole = json_array_append_new(mean, json_real(preprocessing->mean[c])) == 0 &&
            json_array_append_new(deviation, json_real(preprocessing->deviation[c])) == 0;
  // Packing takes over both arrays, whether it succeeds or not.
  json_t *object =
      json_pack("{s:s, s:i, s:i, s:o, s:o}", "resize", siam_resize_mode_name(preprocessing->resize),
                "resampler", preprocessing->resampler > 0 ? preprocessing->resampler : SIAM_RESAMPLER_VERSION,
                "background", 255, "mean", mean, "deviation", deviation);
  siam_json_write(text, whole ? object : NULL, JSON_COMPACT | JSON_REAL_PRECISION(9));
  json_decref(object);
  return siam_text_status(text);
}

static siam_status read_triple(json_t *object, const char *key, int channels, float *values) {
  json_t *array = json_object_get(object, key);
  if ((int)json_array_size(array) != channels)
    return siam_fail(SIAM_ERROR_FORMAT, "preprocessing: '%s' needs %d numbers", key, channels);
  for (int c = 0; c < channels; c++) {
    values[c] = (float)json_number_value(json_array_get(array, (size_t)c));
    if (!json_is_number(json_array_get(array, (size_t)c)) || !isfinite(values[c]))
      return siam_fail(SIAM_ERROR_FORMAT, "preprocessing: '%s' holds something that is no number", key);
  }
  return SIAM_OK;
}

static siam_status read_preprocessing(const char *text, int channels, siam_preprocessing *preprocessing) {
  json_error_t error;
  json_t *object = NULL;
  siam_status status = text != NULL ? siam_json_load(text, strlen(text), &object, &error) : SIAM_OK;
  if (status == SIAM_ERROR_MEMORY) return status;
  const char *resize = json_string_value(json_object_get(object, "resize"));
  if (resize == NULL) {
    status =
        siam_fail(SIAM_ERROR_FORMAT, "the metadata say nothing, or nothing readable, of the preprocessing");
    goto cleanup;
  }
  json_int_t version = json_integer_value(json_object_get(object, "resampler"));
  if (version < 1 || version > SIAM_RESAMPLER_VERSION) {
    status = siam_fail(SIAM_ERROR_UNSUPPORTED,
                       "made with resampler %" JSON_INTEGER_FORMAT
                       ", and this version has 1 to %d; use the version "
                       "that trained it",
                       version, SIAM_RESAMPLER_VERSION);
    goto cleanup;
  }
  preprocessing->resampler = (int)version;
  SIAM_TRY(siam_resize_mode_parse(resize, &preprocessing->resize));
  SIAM_TRY(read_triple(object, "mean", channels, preprocessing->mean));
  SIAM_TRY(read_triple(object, "deviation", channels, preprocessing->deviation));
  for (int c = 0; c < channels; c++) {
    if (preprocessing->deviation[c] > 0) continue;
    status = siam_fail(SIAM_ERROR_FORMAT, "preprocessing: a deviation must be above 0");
    goto cleanup;
  }
cleanup:
  json_decref(object);
  return status;
}

/// What a file is written from; `release` undoes it all.
typedef struct file_content {
  float *weights;
  siam_safetensors_tensor *tensors;
  siam_safetensors_text *metadata, *aliases;
  char (*alias_names)[SIAM_PARAMETER_NAME_SIZE];
  siam_text preprocessing;
} file_content;

static void release(file_content *content) {
  siam_free(content->weights);
  siam_free(content->tensors);
  siam_free(content->metadata);
  siam_free(content->aliases);
  siam_free(content->alias_names);
  siam_text_clear(&content->preprocessing);
}

/// The parameters of the network itself, without those of its loss; returns how many.
static size_t fill_tensors(const siam_store *store, const float *weights, siam_safetensors_tensor *tensors) {
  size_t count = 0;
  for (size_t i = 0; i < store->count; i++) {
    const siam_parameter *parameter = &store->parameters[i];
    if (parameter->guest) continue;
    siam_safetensors_tensor *tensor = &tensors[count++];
    *tensor = (siam_safetensors_tensor){
        .name = parameter->name, .rank = (uint32_t)parameter->rank, .values = weights + parameter->offset};
    for (int d = 0; d < parameter->rank; d++) tensor->shape[d] = (uint64_t)parameter->dims[d];
  }
  return count;
}

/// Other names of shared parameters. A slot that reads its parameter transposed is no second name of it: the
/// description says how it is used.
static size_t fill_aliases(const siam_network *network, file_content *content) {
  size_t count = 0;
  for (size_t i = 0; i < network->count; i++) {
    const siam_layer *layer = &network->layers[i];
    for (int s = 0; s < layer->slot_count; s++) {
      const siam_slot *slot = &layer->slots[s];
      const char *stored = network->store.parameters[slot->parameter].name;
      char *name = content->alias_names[count];
      snprintf(name, SIAM_PARAMETER_NAME_SIZE, "%s.%s", layer->name, slot->role);
      if (slot->transposed || strcmp(name, stored) == 0) continue;
      content->aliases[count++] = (siam_safetensors_text){name, stored};
    }
  }
  return count;
}

siam_status siam_model_save(siam_model *model, const char *path) {
  siam_status status = SIAM_OK;
  const siam_network *network = model->network;
  const siam_store *store = &network->store;
  file_content content = {0};
  size_t slots = network->count * SIAM_SLOTS_MAX, metadata_count = 4 + model->fact_count;
  SIAM_TRY_ALLOCATE(content.weights, store->total);
  SIAM_TRY_ALLOCATE(content.tensors, store->count);
  SIAM_TRY_ALLOCATE(content.metadata, metadata_count);
  SIAM_TRY_ALLOCATE(content.aliases, slots);
  SIAM_TRY_ALLOCATE(content.alias_names, slots);
  SIAM_TRY(write_preprocessing(&model->preprocessing, described_channels(network), &content.preprocessing));
  SIAM_TRY(siam_buffer_read(model->device, store->weights, 0, store->total, content.weights));
  const size_t tensors = fill_tensors(store, content.weights, content.tensors);
  const siam_safetensors_text own[] = {{"format", FORMAT},
                                       {"format_version", FORMAT_VERSION},
                                       {"encoder", model->encoder},
                                       {"preprocessing", content.preprocessing.bytes}};
  memcpy(content.metadata, own, sizeof own);
  for (size_t i = 0; i < model->fact_count; i++)
    content.metadata[4 + i] = (siam_safetensors_text){model->facts[i].key, model->facts[i].value};
  SIAM_TRY(
      siam_safetensors_save(path, &(siam_safetensors_content){.tensors = content.tensors,
                                                              .tensor_count = tensors,
                                                              .metadata = content.metadata,
                                                              .metadata_count = metadata_count,
                                                              .aliases = content.aliases,
                                                              .alias_count = fill_aliases(network, &content),
                                                              .checksum = true}));
cleanup:
  release(&content);
  return status;
}

static siam_status check_format(const siam_safetensors *file) {
  const char *format = siam_safetensors_find_metadata(file, "format");
  const char *version = siam_safetensors_find_metadata(file, "format_version");
  if (format == NULL || strcmp(format, FORMAT) != 0 || version == NULL ||
      siam_safetensors_find_metadata(file, "encoder") == NULL)
    return siam_fail(SIAM_ERROR_FORMAT, "a safetensors file, but not a model of this toolkit; train one with "
                                        "siamese-train");
  if (strcmp(version, FORMAT_VERSION) != 0)
    return siam_fail(SIAM_ERROR_UNSUPPORTED,
                     "has format version %.16s and this program reads %s; use a newer one", version,
                     FORMAT_VERSION);
  return SIAM_OK;
}

/// Every parameter that somebody uses must be in the file, and nothing else.
static siam_status check_tensors(const siam_safetensors *file, const siam_store *store) {
  size_t used = 0;
  for (size_t i = 0; i < store->count; i++) {
    const siam_parameter *parameter = &store->parameters[i];
    if (parameter->users == 0) continue;
    used++;
    const siam_safetensors_tensor *tensor = siam_safetensors_find(file, parameter->name);
    bool fits = tensor != NULL && tensor->values != NULL && tensor->rank == (uint32_t)parameter->rank;
    for (int d = 0; fits && d < parameter->rank; d++) fits = tensor->shape[d] == (uint64_t)parameter->dims[d];
    if (!fits)
      return siam_fail(SIAM_ERROR_FORMAT,
                       "the parameter '%s' is missing, or has not the shape its encoder needs",
                       parameter->name);
  }
  if (siam_safetensors_count(file) != used)
    return siam_fail(SIAM_ERROR_FORMAT, "holds %zu tensors and its encoder has %zu parameters",
                     siam_safetensors_count(file), used);
  return SIAM_OK;
}

/// Brings every number to its place on the device.
static siam_status write_weights(const siam_safetensors *file, siam_model *model) {
  siam_status status = SIAM_OK;
  const siam_store *store = &model->network->store;
  float *weights = NULL;
  SIAM_TRY_ALLOCATE(weights, store->total);
  for (size_t i = 0; i < store->count; i++) {
    const siam_parameter *parameter = &store->parameters[i];
    const siam_safetensors_tensor *tensor = siam_safetensors_find(file, parameter->name);
    memcpy(weights + parameter->offset, tensor->values, parameter->count * sizeof(float));
  }
  SIAM_TRY(siam_buffer_write(model->device, store->weights, 0, store->total, weights));
cleanup:
  siam_free(weights);
  return status;
}

static siam_status read_facts(const siam_safetensors *file, siam_model *model) {
  // Each fact is looked for among the others, so that a hostile file with many would take for ever.
  enum { MOST_FACTS = 4096 };
  if (siam_safetensors_count_metadata(file) > MOST_FACTS)
    return siam_fail(SIAM_ERROR_FORMAT, "has %zu entries of metadata, more than %d",
                     siam_safetensors_count_metadata(file), MOST_FACTS);
  for (size_t i = 0; i < siam_safetensors_count_metadata(file); i++) {
    const siam_safetensors_text *text = siam_safetensors_get_metadata(file, i);
    siam_slot *slot = NULL;
    // A slot's name is another name of a shared parameter, which the description has too.
    bool alias =
        strchr(text->key, '.') != NULL && siam_network_slot(model->network, text->key, &slot) == SIAM_OK;
    if (is_reserved(text->key) || alias) continue;
    SIAM_RETURN_IF_FAILED(siam_model_set_fact(model, text->key, text->value));
  }
  return SIAM_OK;
}

/// Sum of all parameters' sizes against what the file holds, before anything is allocated for them.
static siam_status check_size(const siam_safetensors *file, const siam_network *network) {
  uint64_t stored = 0, needed = 0;
  for (size_t i = 0; i < siam_safetensors_count(file); i++) stored += siam_safetensors_get(file, i)->count;
  for (size_t i = 0; i < network->store.count; i++)
    if (network->store.parameters[i].users > 0) needed += network->store.parameters[i].count;
  if (stored == needed) return SIAM_OK;
  return siam_fail(SIAM_ERROR_FORMAT, "holds %" PRIu64 " numbers and its encoder needs %" PRIu64, stored,
                   needed);
}

siam_status siam_model_read(const siam_safetensors *file, siam_model **model) {
  siam_status status = SIAM_OK;
  siam_network *network = NULL;
  siam_model *made = NULL;
  SIAM_TRY(check_format(file));
  SIAM_TRY(
      siam_description_parse("its encoder", siam_safetensors_find_metadata(file, "encoder"), NULL, &network));
  siam_preprocessing preprocessing = {0};
  const char *text = siam_safetensors_find_metadata(file, "preprocessing");
  SIAM_TRY(read_preprocessing(text, described_channels(network), &preprocessing));
  SIAM_TRY(check_size(file, network));
  SIAM_TRY(check_tensors(file, &network->store));
  network->store.values_follow = true;
  status = siam_model_describe(network, &made);
  network = NULL;
  if (status != SIAM_OK) goto cleanup;
  made->preprocessing = preprocessing;
  SIAM_TRY(read_facts(file, made));
  *model = made;
  made = NULL;
cleanup:
  siam_network_destroy(network);
  siam_model_destroy(made);
  return status;
}

static siam_status build(siam_device *device, const siam_safetensors *file, siam_model **model) {
  siam_model *made = NULL;
  SIAM_RETURN_IF_FAILED(siam_model_read(file, &made));
  siam_status status = siam_model_place(made, device, 0);
  if (status == SIAM_OK) status = write_weights(file, made);
  if (status == SIAM_OK)
    *model = made;
  else
    siam_model_destroy(made);
  return status;
}

static const siam_safetensors_options reading = {.require_finite = true};

/// Takes over the file, which `name` stands for in messages.
static siam_status adopt(siam_device *device, siam_safetensors *file, const char *name, siam_model **model) {
  siam_status status = build(device, file, model);
  siam_safetensors_destroy(file);
  if (status != SIAM_OK) return siam_fail_within(status, "%s", name);
  (*model)->path = siam_copy_text(name);
  if ((*model)->path != NULL) return SIAM_OK;
  siam_model_destroy(*model);
  *model = NULL;
  return SIAM_ERROR_MEMORY;
}

siam_status siam_model_load(siam_device *device, const char *path, siam_model **model) {
  siam_safetensors *file = NULL;
  SIAM_RETURN_IF_FAILED(siam_safetensors_load(path, &reading, &file));
  return adopt(device, file, path, model);
}

siam_status siam_model_load_default(siam_device *device, siam_model **model) {
  static const char name[] = "the default model";
  siam_safetensors *file = NULL;
  SIAM_RETURN_IF_FAILED(
      siam_safetensors_parse(name, siam_default_model, siam_default_model_size, &reading, &file));
  SIAM_RETURN_IF_FAILED(adopt(device, file, name, model));
  (*model)->refuses_blank = true;
  return SIAM_OK;
}
