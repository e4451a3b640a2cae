#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"
#include "model/safetensors.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/// What siam_safetensors_load() takes without being asked for more.
enum { HEADER_LIMIT = 8 << 20 };

/// A tensor with the length of its values.
typedef struct item {
  const siam_safetensors_tensor *tensor;
  uint64_t bytes;
} item;

static int compare_names(const void *left, const void *right) {
  return strcmp(((const item *)left)->tensor->name, ((const item *)right)->tensor->name);
}

static siam_status count_bytes(const char *path, const siam_safetensors_tensor *tensor, uint64_t *bytes) {
  if (tensor->rank > SIAM_SAFETENSORS_RANK)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%s: tensor '%s' has %u dimensions, more than %d", path,
                     tensor->name, tensor->rank, SIAM_SAFETENSORS_RANK);
  *bytes = sizeof(float);
  for (uint32_t i = 0; i < tensor->rank; i++)
    if (__builtin_mul_overflow(*bytes, tensor->shape[i], bytes) || *bytes > PTRDIFF_MAX ||
        tensor->shape[i] > INT64_MAX)
      return siam_fail(SIAM_ERROR_ARGUMENT, "%s: tensor '%s' is too large", path, tensor->name);
  return SIAM_OK;
}

/// Measures the tensors and brings them to the order of the file.
static siam_status order_items(const char *path, const siam_safetensors_content *content, item *items) {
  for (size_t i = 0; i < content->tensor_count; i++) {
    items[i].tensor = &content->tensors[i];
    SIAM_RETURN_IF_FAILED(count_bytes(path, items[i].tensor, &items[i].bytes));
  }
  qsort(items, content->tensor_count, sizeof *items, compare_names);
  return SIAM_OK;
}

/// Adds one key; takes over `value`, which is NULL where it could not be made.
static siam_status add(const char *path, json_t *object, const char *key, json_t *value) {
  if (json_object_get(object, key) != NULL) {
    json_decref(value);
    return siam_fail(SIAM_ERROR_ARGUMENT, "%s: the name '%s' comes twice", path, key);
  }
  if (json_object_set_new(object, key, value) == 0) return SIAM_OK;
  return siam_fail(SIAM_ERROR_ARGUMENT, "%s: '%s' or its value is not UTF-8, or memory ran out", path, key);
}

static siam_status add_item(const char *path, json_t *root, const item *added, uint64_t *offset) {
  const siam_safetensors_tensor *tensor = added->tensor;
  if (*tensor->name == '\0' || strcmp(tensor->name, "__metadata__") == 0)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%s: a tensor cannot have the name '%s'", path, tensor->name);
  json_t *shape = json_array();
  bool whole = true;
  for (uint32_t i = 0; i < tensor->rank && whole; i++)
    whole = json_array_append_new(shape, json_integer((json_int_t)tensor->shape[i])) == 0;
  if (!whole) {
    json_decref(shape);
    return siam_fail(SIAM_ERROR_MEMORY, "%s: out of memory while writing", path);
  }
  json_int_t begin = (json_int_t)*offset;
  *offset += added->bytes;
  json_int_t end = (json_int_t)*offset;
  return add(path, root, tensor->name,
             json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape, "data_offsets", begin, end));
}

static bool is_stored(const json_t *root, const char *name) {
  return strcmp(name, "__metadata__") != 0 && json_object_get(root, name) != NULL;
}

/// Fills the object that already stands first in the header; the tensors are known by now.
static siam_status add_metadata(const char *path, const siam_safetensors_content *content, const json_t *root,
                                json_t *metadata) {
  for (size_t i = 0; i < content->metadata_count; i++) {
    const siam_safetensors_text *text = &content->metadata[i];
    if (is_stored(root, text->key))
      return siam_fail(SIAM_ERROR_ARGUMENT, "%s: metadata '%s' has the name of a tensor", path, text->key);
    SIAM_RETURN_IF_FAILED(add(path, metadata, text->key, json_string(text->value)));
  }
  for (size_t i = 0; i < content->alias_count; i++) {
    const siam_safetensors_text *alias = &content->aliases[i];
    if (is_stored(root, alias->key) || !is_stored(root, alias->value))
      return siam_fail(SIAM_ERROR_ARGUMENT, "%s: '%s' cannot stand for the tensor '%s'", path, alias->key,
                       alias->value);
    SIAM_RETURN_IF_FAILED(add(path, metadata, alias->key, json_string(alias->value)));
  }
  return SIAM_OK;
}

static siam_status add_checksum(const char *path, const item *items, size_t count, json_t *metadata) {
  siam_hash hash;
  siam_hash_begin(&hash, 0);
  for (size_t i = 0; i < count; i++)
    if (items[i].bytes > 0) siam_hash_add(&hash, items[i].tensor->values, (size_t)items[i].bytes);
  char text[32];
  snprintf(text, sizeof text, "xxh64:%016" PRIx64, siam_hash_end(&hash));
  return add(path, metadata, "data_checksum", json_string(text));
}

static siam_status build_header(const char *path, const siam_safetensors_content *content, const item *items,
                                json_t *root) {
  json_t *metadata = NULL;
  if (content->metadata_count > 0 || content->alias_count > 0 || content->checksum) {
    metadata = json_object();
    SIAM_RETURN_IF_FAILED(add(path, root, "__metadata__", metadata));
  }
  uint64_t offset = 0;
  for (size_t i = 0; i < content->tensor_count; i++)
    SIAM_RETURN_IF_FAILED(add_item(path, root, &items[i], &offset));
  if (metadata == NULL) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(add_metadata(path, content, root, metadata));
  return content->checksum ? add_checksum(path, items, content->tensor_count, metadata) : SIAM_OK;
}

/// Writes the length, the header and the spaces that bring the data to a multiple of 8.
static siam_status write_header(const char *path, siam_file_writer *writer, const json_t *root) {
  siam_status status = SIAM_OK;
  siam_text text = {0};
  siam_json_write(&text, root, JSON_COMPACT);
  SIAM_TRY(siam_text_status(&text));
  size_t length = text.length, padding = (8 - length % 8) % 8;
  uint64_t stated = length + padding;
  if (stated > HEADER_LIMIT) {
    status =
        siam_fail(SIAM_ERROR_ARGUMENT, "%s: names and metadata take %zu bytes, more than the limit of %d",
                  path, length, HEADER_LIMIT);
    goto cleanup;
  }
  SIAM_TRY(siam_file_write(writer, &stated, 8));
  SIAM_TRY(siam_file_write(writer, text.bytes, length));
  SIAM_TRY(siam_file_write(writer, "        ", padding));
cleanup:
  siam_text_clear(&text);
  return status == SIAM_ERROR_MEMORY ? siam_fail_within(status, "%s", path) : status;
}

siam_status siam_safetensors_save(const char *path, const siam_safetensors_content *content) {
  siam_status status = SIAM_OK;
  siam_file_writer *writer = NULL;
  item *items = NULL;
  json_t *root = json_object();
  SIAM_TRY_ALLOCATE(items, content->tensor_count);
  SIAM_TRY(order_items(path, content, items));
  SIAM_TRY(build_header(path, content, items, root));
  SIAM_TRY(siam_file_begin(path, &writer));
  SIAM_TRY(write_header(path, writer, root));
  for (size_t i = 0; i < content->tensor_count; i++)
    SIAM_TRY(siam_file_write(writer, items[i].tensor->values, (size_t)items[i].bytes));
  siam_file_writer *finished = writer;
  writer = NULL;
  SIAM_TRY(siam_file_commit(finished));
cleanup:
  siam_file_abandon(writer);
  siam_free(items);
  json_decref(root);
  return status;
}
