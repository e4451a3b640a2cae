#include "base/file.h"
#include "base/memory.h"
#include "model/description.h"
#include "model/model.h"
#include "model/safetensors.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static char *folder;
static siam_device *device;

static void begin(void) {
  folder = siam_scratch_create();
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
}
static void end(void) {
  siam_device_destroy(device);
  siam_scratch_remove(folder);
}
TestSuite(model_file, .init = begin, .fini = end);

/// Two layers that share one matrix plainly, and a third that uses it transposed.
static const char shared[] = "input 2 3 1\nflatten\nlinear 6 name=a\nlinear 6 name=b weight=a.weight\n"
                             "batch_norm\nlinear 6 name=c weight=a.weight^T bias=b.bias\n";

static siam_model *make(const char *text) {
  siam_network *network = NULL;
  siam_model *model = NULL;
  cr_assert_eq(siam_description_parse("test", text, NULL, &network), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_model_wrap(device, network, 3, &model), SIAM_OK, "%s", siam_last_error());
  return model;
}

static float *weights_of(siam_model *model) {
  float *weights = siam_allocate(model->network->store.total, sizeof *weights);
  cr_assert_eq(
      siam_buffer_read(device, model->network->store.weights, 0, model->network->store.total, weights),
      SIAM_OK);
  return weights;
}

Test(model_file, weights_facts_and_preprocessing_come_back_to_the_bit) {
  const char *path = siam_scratch_path(folder, "model"), *again = siam_scratch_path(folder, "again");
  siam_model *model = make(shared), *loaded = NULL;
  model->preprocessing = (siam_preprocessing){SIAM_RESIZE_CROP, {0.1f}, {0.3f}, 1};
  cr_assert_eq(siam_model_set_fact(model, "training", "a \"quoted\"\nline"), SIAM_OK);
  cr_assert_eq(siam_model_save(model, path), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_model_load(device, path, &loaded), SIAM_OK, "%s", siam_last_error());
  float *before = weights_of(model), *after = weights_of(loaded);
  cr_assert_arr_eq(before, after, model->network->store.total * sizeof *before);
  cr_assert_eq(loaded->preprocessing.resize, SIAM_RESIZE_CROP);
  cr_assert_eq(loaded->preprocessing.mean[0], 0.1f);
  cr_assert_eq(loaded->preprocessing.deviation[0], 0.3f);
  cr_assert_str_eq(siam_model_get_fact(loaded, "training"), "a \"quoted\"\nline");
  cr_assert_str_eq(loaded->encoder, model->encoder);
  cr_assert_eq(loaded->fact_count, 1, "aliases must not become facts");
  cr_assert_eq(siam_model_save(loaded, again), SIAM_OK);
  uint8_t *bytes[2];
  size_t counts[2];
  siam_file_read(path, 1 << 20, &bytes[0], &counts[0]);
  siam_file_read(again, 1 << 20, &bytes[1], &counts[1]);
  cr_assert_eq(counts[0], counts[1]);
  cr_assert_arr_eq(bytes[0], bytes[1], counts[0]);
  siam_free(bytes[0]);
  siam_free(bytes[1]);
  siam_free(before);
  siam_free(after);
  siam_model_destroy(model);
  siam_model_destroy(loaded);
}

Test(model_file, a_shared_parameter_is_stored_once_and_its_other_names_are_told) {
  const char *path = siam_scratch_path(folder, "model");
  siam_model *model = make(shared);
  cr_assert_eq(siam_model_save(model, path), SIAM_OK, "%s", siam_last_error());
  siam_safetensors *file = NULL;
  cr_assert_eq(siam_safetensors_load(path, NULL, &file), SIAM_OK, "%s", siam_last_error());
  // a.weight, a.bias, b.bias and four of the normalisation.
  cr_assert_eq(siam_safetensors_count(file), 7);
  cr_assert_str_eq(siam_safetensors_find_metadata(file, "b.weight"), "a.weight");
  cr_assert_str_eq(siam_safetensors_find_metadata(file, "c.bias"), "b.bias");
  cr_assert_null(siam_safetensors_find_metadata(file, "c.weight"), "a transposed use is no second name");
  cr_assert_eq(siam_safetensors_find(file, "b.weight"), siam_safetensors_find(file, "a.weight"));
  siam_safetensors_destroy(file);
  siam_model_destroy(model);
}

/// Saves a model whose metadata or tensors are not what they should be, and expects a sentence.
static void assert_refused(const siam_safetensors_text *metadata, size_t metadata_count, uint64_t columns,
                           const char *part) {
  const char *path = siam_scratch_path(folder, "wrong");
  static const float values[64];
  const siam_safetensors_tensor tensor = {
      .name = "linear1.weight", .rank = 2, .shape = {2, columns}, .values = values};
  siam_safetensors_content content = {
      .tensors = &tensor, .tensor_count = 1, .metadata = metadata, .metadata_count = metadata_count};
  cr_assert_eq(siam_safetensors_save(path, &content), SIAM_OK);
  siam_model *model = NULL;
  cr_assert_neq(siam_model_load(device, path, &model), SIAM_OK);
  cr_assert_null(model);
  cr_assert_not_null(strstr(siam_last_error(), path), "%s", siam_last_error());
  cr_assert_not_null(strstr(siam_last_error(), part), "'%s' is not in '%s'", part, siam_last_error());
}

#define PREPROCESSING "{\"resize\":\"crop\",\"resampler\":1,\"mean\":[0.5],\"deviation\":[0.5]}"
#define ENCODER "input 1 2 1\nflatten\nlinear 3 bias=0\n"

Test(model_file, what_does_not_fit_is_refused_with_file_and_reason) {
  siam_safetensors_text metadata[] = {{"format", "siamese-model"},
                                      {"format_version", "1"},
                                      {"encoder", ENCODER},
                                      {"preprocessing", PREPROCESSING}};
  assert_refused(NULL, 0, 3, "not a model of this toolkit");
  assert_refused(metadata, 4, 4, "its encoder needs 6");
  metadata[1].value = "2";
  assert_refused(metadata, 4, 3, "format version 2");
  metadata[1].value = "1";
  metadata[2].value = "input 1 2 1\nflatten\nlinear 3 bias=0 name=other\n";
  assert_refused(metadata, 4, 3, "'other.weight' is missing");
  metadata[2].value = "input 1 2 1\nnothing\n";
  assert_refused(metadata, 4, 3, "no layer 'nothing'");
  metadata[2].value = "input 1 1 2\nflatten\nlinear 3 bias=0\n";
  assert_refused(metadata, 4, 3, "'mean' needs 2 numbers");
  metadata[2].value = ENCODER;
  metadata[3].value = "{\"resize\":\"crop\",\"resampler\":99,\"mean\":[0.5],\"deviation\":[0.5]}";
  assert_refused(metadata, 4, 3, "resampler 99");
  metadata[3].value = "{\"resize\":\"crop\",\"resampler\":1,\"mean\":[0.5],\"deviation\":[0]}";
  assert_refused(metadata, 4, 3, "above 0");
  metadata[3].value = "{\"resize\":\"twist\",\"resampler\":1,\"mean\":[0.5],\"deviation\":[1]}";
  assert_refused(metadata, 4, 3, "twist");
  metadata[3].value = "nonsense";
  assert_refused(metadata, 4, 3, "preprocessing");
}

Test(model_file, a_weight_that_is_not_finite_is_refused) {
  const char *path = siam_scratch_path(folder, "model");
  siam_model *model = make(ENCODER), *loaded = NULL;
  float nan = 0.0f / 0.0f;
  cr_assert_eq(siam_buffer_write(device, model->network->store.weights, 1, 1, &nan), SIAM_OK);
  cr_assert_eq(siam_model_save(model, path), SIAM_OK);
  cr_assert_eq(siam_model_load(device, path, &loaded), SIAM_ERROR_NUMERIC);
  cr_assert_not_null(strstr(siam_last_error(), path));
  siam_model_destroy(model);
}

Test(model_file, more_facts_than_can_be_told_apart_quickly_are_refused) {
  enum { MANY = 5000 };
  static char keys[MANY][8];
  static siam_safetensors_text metadata[MANY + 4] = {{"format", "siamese-model"},
                                                     {"format_version", "1"},
                                                     {"encoder", ENCODER},
                                                     {"preprocessing", PREPROCESSING}};
  for (int i = 0; i < MANY; i++) {
    snprintf(keys[i], sizeof keys[i], "k%d", i);
    metadata[4 + i] = (siam_safetensors_text){keys[i], ""};
  }
  assert_refused(metadata, MANY + 4, 3, "entries of metadata");
}

Test(model_file, guests_of_training_are_left_out) {
  static const siam_slot slot = {.role = "proxies",
                                 .kind = SIAM_PARAMETER_OFFSET,
                                 .initialiser = {SIAM_INITIALISE_NORMAL, 1},
                                 .rank = 2,
                                 .dims = {5, 6}};
  const char *path = siam_scratch_path(folder, "model");
  siam_model *model = make(shared), *loaded = NULL;
  const size_t weights = siam_model_get_info(model).weights, count = model->network->store.count;
  float *before = weights_of(model);
  cr_assert_eq(siam_network_add_guests(model->network, "loss", &slot, 1), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_network_place(model->network, device, 3), SIAM_OK, "%s", siam_last_error());
  const siam_store *store = &model->network->store;
  cr_expect_eq(store->count, count + 1);
  cr_expect_eq(store->trained, store->guests + 32, "30 floats, on whole cache lines");
  cr_expect_eq(siam_model_get_info(model).weights, weights);
  cr_assert_eq(siam_model_save(model, path), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_model_load(device, path, &loaded), SIAM_OK, "%s", siam_last_error());
  float *after = weights_of(loaded);
  cr_expect_eq(loaded->network->store.count, count);
  cr_expect_arr_eq(before, after, loaded->network->store.total * sizeof *before);
  siam_free(before);
  siam_free(after);
  siam_model_destroy(model);
  siam_model_destroy(loaded);
}
