#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"
#include "model/safetensors.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "values are used as they lie in the file, which is little-endian"
#endif

/// jansson's tree takes up to a hundred bytes for one of the header, so the usual limit is far below the
/// format's own.
static const uint64_t FORMAT_HEADER_LIMIT = 100000000, USUAL_HEADER_LIMIT = 8u << 20,
                      USUAL_FILE_LIMIT = (uint64_t)4 << 30;

typedef struct data_type {
  const char *name;
  unsigned bits;
} data_type;

static const data_type DATA_TYPES[] = {
    {"BOOL", 8},        {"F4", 4},          {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},   {"I8", 8},
    {"F8_E5M2", 8},     {"F8_E4M3", 8},     {"F8_E8M0", 8}, {"I16", 16},    {"U16", 16}, {"F16", 16},
    {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"BF16", 16},   {"I32", 32},    {"U32", 32}, {"F32", 32},
    {"C64", 64},        {"F64", 64},        {"I64", 64},    {"U64", 64}};

typedef struct entry {
  siam_safetensors_tensor tensor;
  const data_type *type;
  uint64_t begin, end; ///< Place among the data.
  char *name;
  float *copy; ///< Values that lie misaligned in the file.
} entry;

struct siam_safetensors {
  char *name;     ///< Of the file, for messages.
  uint8_t *owned; ///< All bytes, where siam_safetensors_load() read them.
  entry *entries;
  size_t count;
  siam_safetensors_text *metadata;
  size_t metadata_count;
};

/// Every refusal: the file, the reference's name of the error, a sentence.
__attribute__((format(printf, 3, 4))) static siam_status refuse(const siam_safetensors *file,
                                                                const char *error, const char *format, ...) {
  char reason[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, sizeof reason, format, arguments);
  va_end(arguments);
  return siam_fail(SIAM_ERROR_FORMAT, "%s: not a sound safetensors file: %s (%s); copy or make it again",
                   file->name, reason, error);
}

/// A name out of a file as messages may show it: short, and nothing that a terminal would obey.
typedef struct shown_name {
  char text[64];
} shown_name;

static shown_name show(const char *name) {
  shown_name shown;
  snprintf(shown.text, sizeof shown.text, "%s", name);
  for (char *next = shown.text; *next != '\0'; next++)
    if ((unsigned char)*next < ' ' || *next == 0x7f) *next = '?';
  return shown;
}

static siam_status parse_json(const siam_safetensors *file, const uint8_t *bytes, size_t count,
                              json_t **root) {
  if (count == 0 || bytes[0] != '{')
    return refuse(file, "InvalidHeaderStart", "the header does not begin with {");
  // jansson passes over a NUL behind a number.
  if (memchr(bytes, '\0', count) != NULL)
    return refuse(file, "InvalidHeaderDeserialization", "the header holds a NUL byte");
  json_error_t error;
  siam_status status = siam_json_load((const char *)bytes, count, root, &error);
  if (status == SIAM_ERROR_MEMORY) return siam_fail_within(status, "%s", file->name);
  if (status == SIAM_OK) return SIAM_OK;
  switch (json_error_code(&error)) {
  case json_error_invalid_utf8:
    return refuse(file, "InvalidHeader", "header byte %d is not UTF-8", error.position);
  case json_error_duplicate_key:
    return refuse(file, "DuplicateKey", "a name comes twice before header byte %d", error.position);
  case json_error_numeric_overflow:
    return refuse(file, "ValidationOverflow", "the number before header byte %d is too large",
                  error.position);
  default:
    return refuse(file, "InvalidHeaderDeserialization", "the header is not JSON at byte %d", error.position);
  }
}

static siam_status read_metadata(siam_safetensors *file, const json_t *object) {
  if (object == NULL || json_is_null(object)) return SIAM_OK;
  if (!json_is_object(object))
    return refuse(file, "InvalidHeaderDeserialization", "__metadata__ is not an object");
  size_t count = json_object_size(object);
  file->metadata = siam_allocate(count, sizeof *file->metadata);
  if (file->metadata == NULL) return SIAM_ERROR_MEMORY;
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)object, key, value) {
    if (!json_is_string(value))
      return refuse(file, "InvalidHeaderDeserialization", "metadata '%s' is not a text", show(key).text);
    siam_safetensors_text *text = &file->metadata[file->metadata_count++];
    text->key = siam_copy_text(key);
    text->value = siam_copy_text(json_string_value(value));
    if (text->key == NULL || text->value == NULL) return SIAM_ERROR_MEMORY;
  }
  return SIAM_OK;
}

static bool read_size(const json_t *number, uint64_t *size) {
  if (!json_is_integer(number) || json_integer_value(number) < 0) return false;
  *size = (uint64_t)json_integer_value(number);
  return true;
}

static const data_type *find_type(const json_t *name) {
  if (!json_is_string(name)) return NULL;
  for (size_t i = 0; i < sizeof DATA_TYPES / sizeof *DATA_TYPES; i++)
    if (strcmp(DATA_TYPES[i].name, json_string_value(name)) == 0) return &DATA_TYPES[i];
  return NULL;
}

static siam_status read_entry(const siam_safetensors *file, const char *name, const json_t *object,
                              entry *made) {
  static const char *const error = "InvalidHeaderDeserialization";
  made->name = siam_copy_text(name);
  if (made->name == NULL) return SIAM_ERROR_MEMORY;
  made->tensor.name = made->name;
  if (!json_is_object(object)) return refuse(file, error, "tensor '%s' is not an object", show(name).text);
  made->type = find_type(json_object_get(object, "dtype"));
  if (made->type == NULL) return refuse(file, error, "tensor '%s' has no known dtype", show(name).text);
  made->tensor.dtype = made->type->name;
  const json_t *shape = json_object_get(object, "shape");
  if (!json_is_array(shape)) return refuse(file, error, "tensor '%s' has no shape", show(name).text);
  if (json_array_size(shape) > SIAM_SAFETENSORS_RANK)
    return refuse(file, "RankTooLarge", "tensor '%s' has %zu dimensions, more than %d", show(name).text,
                  json_array_size(shape), SIAM_SAFETENSORS_RANK);
  made->tensor.rank = (uint32_t)json_array_size(shape);
  for (uint32_t i = 0; i < made->tensor.rank; i++)
    if (!read_size(json_array_get(shape, i), &made->tensor.shape[i]))
      return refuse(file, error, "dimension %u of tensor '%s' is no size", i, show(name).text);
  const json_t *offsets = json_object_get(object, "data_offsets");
  if (!json_is_array(offsets) || json_array_size(offsets) != 2 ||
      !read_size(json_array_get(offsets, 0), &made->begin) ||
      !read_size(json_array_get(offsets, 1), &made->end))
    return refuse(file, error, "tensor '%s' has no two data_offsets", show(name).text);
  return SIAM_OK;
}

static siam_status read_header(siam_safetensors *file, const uint8_t *bytes, size_t count) {
  siam_status status = SIAM_OK;
  json_t *root = NULL;
  SIAM_TRY(parse_json(file, bytes, count, &root));
  SIAM_TRY(read_metadata(file, json_object_get(root, "__metadata__")));
  SIAM_TRY_ALLOCATE(file->entries, json_object_size(root));
  const char *name;
  json_t *value;
  json_object_foreach(root, name, value) {
    if (strcmp(name, "__metadata__") == 0) continue;
    SIAM_TRY(read_entry(file, name, value, &file->entries[file->count++]));
  }
cleanup:
  json_decref(root);
  return status;
}

static int compare_places(const void *left, const void *right) {
  const entry *a = left, *b = right;
  if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
  return (a->end > b->end) - (a->end < b->end);
}

static int compare_names(const void *left, const void *right) {
  return strcmp(((const entry *)left)->name, ((const entry *)right)->name);
}

/// Counts the numbers of a tensor and holds its bytes against them.
static siam_status check_size(const siam_safetensors *file, entry *checked) {
  siam_safetensors_tensor *tensor = &checked->tensor;
  uint64_t bits;
  tensor->count = 1;
  for (uint32_t i = 0; i < tensor->rank; i++)
    if (__builtin_mul_overflow(tensor->count, tensor->shape[i], &tensor->count))
      return refuse(file, "ValidationOverflow", "tensor '%s' is too large", show(tensor->name).text);
  if (__builtin_mul_overflow(tensor->count, checked->type->bits, &bits))
    return refuse(file, "ValidationOverflow", "tensor '%s' is too large", show(tensor->name).text);
  if (bits % 8 != 0)
    return refuse(file, "MisalignedSlice", "tensor '%s' does not end with a whole byte",
                  show(tensor->name).text);
  if (checked->end - checked->begin != bits / 8)
    return refuse(file, "TensorInvalidInfo", "tensor '%s' needs %" PRIu64 " bytes and has %" PRIu64,
                  show(tensor->name).text, bits / 8, checked->end - checked->begin);
  return SIAM_OK;
}

/// The tensors must fill `available` bytes from the first to the last, each byte once.
static siam_status check_places(siam_safetensors *file, uint64_t available) {
  qsort(file->entries, file->count, sizeof *file->entries, compare_places);
  uint64_t filled = 0;
  for (size_t i = 0; i < file->count; i++) {
    entry *next = &file->entries[i];
    if (next->begin != filled || next->end < next->begin)
      return refuse(file, "InvalidOffset",
                    "tensor '%s' lies at %" PRIu64 " to %" PRIu64 ", where %" PRIu64 " is its place to begin",
                    show(next->name).text, next->begin, next->end, filled);
    filled = next->end;
    SIAM_RETURN_IF_FAILED(check_size(file, next));
  }
  if (filled != available)
    return refuse(file, "MetadataIncompleteBuffer",
                  "%" PRIu64 " bytes follow the header, its tensors need %" PRIu64, available, filled);
  return SIAM_OK;
}

static siam_status check_checksum(const siam_safetensors *file, const uint8_t *data, size_t count) {
  const char *stated = siam_safetensors_find_metadata(file, "data_checksum");
  if (stated == NULL || strncmp(stated, "xxh64:", 6) != 0) return SIAM_OK;
  char found[32];
  snprintf(found, sizeof found, "xxh64:%016" PRIx64, siam_hash_bytes(data, count));
  if (strcmp(stated, found) == 0) return SIAM_OK;
  return refuse(file, "ChecksumMismatch", "the checksum of the data is %s, the metadata have %s", found,
                show(stated).text);
}

static siam_status check_finite(const siam_safetensors *file, const siam_safetensors_tensor *tensor) {
  for (uint64_t i = 0; i < tensor->count; i++)
    if (!isfinite(tensor->values[i]))
      return siam_fail(SIAM_ERROR_NUMERIC,
                       "%s: number %" PRIu64 " of tensor '%s' is not finite; the file "
                       "cannot be used, go back to an earlier one",
                       file->name, i, show(tensor->name).text);
  return SIAM_OK;
}

/// Points the F32 tensors at their values, which are copied where the header's length puts them askew.
static siam_status place_values(siam_safetensors *file, const uint8_t *data) {
  for (size_t i = 0; i < file->count; i++) {
    entry *placed = &file->entries[i];
    if (strcmp(placed->type->name, "F32") != 0) continue;
    const uint8_t *bytes = data + placed->begin;
    placed->tensor.values = (const float *)(const void *)bytes;
    if ((uintptr_t)bytes % _Alignof(float) == 0) continue;
    placed->copy = siam_allocate(placed->tensor.count, sizeof(float));
    if (placed->copy == NULL) return SIAM_ERROR_MEMORY;
    memcpy(placed->copy, bytes, placed->tensor.count * sizeof(float));
    placed->tensor.values = placed->copy;
  }
  return SIAM_OK;
}

static siam_status read_all(siam_safetensors *file, const uint8_t *bytes, size_t count,
                            const siam_safetensors_options *options) {
  if (count < 8) return refuse(file, "HeaderTooSmall", "%zu bytes, not even the length of a header", count);
  uint64_t length = 0, limit = options->max_header_bytes > 0 ? options->max_header_bytes : USUAL_HEADER_LIMIT;
  memcpy(&length, bytes, 8);
  if (limit > FORMAT_HEADER_LIMIT) limit = FORMAT_HEADER_LIMIT;
  // Some other file: its first bytes are no length, and to call it damaged would mislead.
  if (length > limit && (count < 9 || bytes[8] != '{'))
    return siam_fail(SIAM_ERROR_FORMAT,
                     "%s: not a model, nor any safetensors file: a header of %" PRIu64
                     " bytes, more than the limit of %" PRIu64
                     " (HeaderTooLarge); models are written by siamese-train",
                     file->name, length, limit);
  if (length > limit)
    return refuse(file, "HeaderTooLarge", "a header of %" PRIu64 " bytes, more than the limit of %" PRIu64,
                  length, limit);
  if (length > count - 8)
    return refuse(file, "InvalidHeaderLength", "a header of %" PRIu64 " bytes in a file of %zu", length,
                  count);
  const uint8_t *data = bytes + 8 + length;
  size_t available = count - 8 - (size_t)length;
  SIAM_RETURN_IF_FAILED(read_header(file, bytes + 8, (size_t)length));
  SIAM_RETURN_IF_FAILED(check_places(file, available));
  SIAM_RETURN_IF_FAILED(check_checksum(file, data, available));
  qsort(file->entries, file->count, sizeof *file->entries, compare_names);
  SIAM_RETURN_IF_FAILED(place_values(file, data));
  for (size_t i = 0; i < file->count && options->require_finite; i++)
    if (file->entries[i].tensor.values != NULL)
      SIAM_RETURN_IF_FAILED(check_finite(file, &file->entries[i].tensor));
  return SIAM_OK;
}

siam_status siam_safetensors_parse(const char *name, const uint8_t *bytes, size_t count,
                                   const siam_safetensors_options *options, siam_safetensors **file) {
  static const siam_safetensors_options usual = {0};
  siam_status status = SIAM_OK;
  siam_safetensors *made = NULL;
  SIAM_TRY_ALLOCATE(made, 1);
  made->name = siam_copy_text(name);
  if (made->name == NULL) {
    status = SIAM_ERROR_MEMORY;
    goto cleanup;
  }
  SIAM_TRY(read_all(made, bytes, count, options != NULL ? options : &usual));
  *file = made;
  made = NULL;
cleanup:
  siam_safetensors_destroy(made);
  return status;
}

siam_status siam_safetensors_load(const char *path, const siam_safetensors_options *options,
                                  siam_safetensors **file) {
  siam_status status = SIAM_OK;
  uint8_t *bytes = NULL;
  size_t count = 0;
  uint64_t limit = options != NULL && options->max_bytes > 0 ? options->max_bytes : USUAL_FILE_LIMIT;
  SIAM_TRY(siam_file_read(path, limit < SIZE_MAX ? (size_t)limit : SIZE_MAX - 1, &bytes, &count));
  SIAM_TRY(siam_safetensors_parse(path, bytes, count, options, file));
  (*file)->owned = bytes;
  bytes = NULL;
cleanup:
  siam_free(bytes);
  return status;
}

void siam_safetensors_destroy(siam_safetensors *file) {
  if (file == NULL) return;
  for (size_t i = 0; i < file->count; i++) {
    siam_free(file->entries[i].name);
    siam_free(file->entries[i].copy);
  }
  for (size_t i = 0; i < file->metadata_count; i++) {
    siam_free((char *)file->metadata[i].key);
    siam_free((char *)file->metadata[i].value);
  }
  siam_free(file->entries);
  siam_free(file->metadata);
  siam_free(file->owned);
  siam_free(file->name);
  siam_free(file);
}

size_t siam_safetensors_count(const siam_safetensors *file) {
  return file->count;
}

const siam_safetensors_tensor *siam_safetensors_get(const siam_safetensors *file, size_t index) {
  return &file->entries[index].tensor;
}

static const siam_safetensors_tensor *find_stored(const siam_safetensors *file, const char *name) {
  entry wanted = {.name = (char *)name};
  const entry *found = bsearch(&wanted, file->entries, file->count, sizeof wanted, compare_names);
  return found != NULL ? &found->tensor : NULL;
}

const siam_safetensors_tensor *siam_safetensors_find(const siam_safetensors *file, const char *name) {
  const siam_safetensors_tensor *stored = find_stored(file, name);
  if (stored != NULL) return stored;
  const char *kept = siam_safetensors_find_metadata(file, name);
  return kept != NULL ? find_stored(file, kept) : NULL;
}

size_t siam_safetensors_count_metadata(const siam_safetensors *file) {
  return file->metadata_count;
}

const siam_safetensors_text *siam_safetensors_get_metadata(const siam_safetensors *file, size_t index) {
  return &file->metadata[index];
}

const char *siam_safetensors_find_metadata(const siam_safetensors *file, const char *key) {
  for (size_t i = 0; i < file->metadata_count; i++)
    if (strcmp(file->metadata[i].key, key) == 0) return file->metadata[i].value;
  return NULL;
}
