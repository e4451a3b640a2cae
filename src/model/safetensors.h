/// safetensors.h: the container of model files and checkpoints, as huggingface/safetensors defines it.
///
///     8 bytes   N, the length of the header, little-endian
///     N bytes   JSON {"__metadata__": {key: text}, name: {"dtype", "shape", "data_offsets"}}, then spaces
///     the rest  the tensors' values, one after another without a gap, row-major, little-endian
///
/// A file is checked as a whole before anything of it is handed out. Each refusal carries the name that the
/// reference reader gives it: HeaderTooSmall, HeaderTooLarge, InvalidHeaderLength, InvalidHeader (not UTF-8),
/// InvalidHeaderStart, InvalidHeaderDeserialization, InvalidOffset (overlap, gap or sharing),
/// TensorInvalidInfo (shape and bytes disagree), ValidationOverflow, MisalignedSlice and
/// MetadataIncompleteBuffer (bytes missing or left over). Stricter than the reference, which lets these pass:
/// a key that comes twice (DuplicateKey), white space before the header, NUL in a name, a number beyond 63
/// bits wherever it stands (ValidationOverflow), more than eight dimensions (RankTooLarge). Laxer: -0 is 0.
/// Ours alone: ChecksumMismatch.
///
/// A parameter that several names share is stored once. The metadata map each other name to the stored one,
/// as safetensors.torch.save_model() of PyTorch users does.
#ifndef SIAM_MODEL_SAFETENSORS_H
#define SIAM_MODEL_SAFETENSORS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIAM_SAFETENSORS_RANK = 8 };

/// A named array of a file.
typedef struct siam_safetensors_tensor {
  const char *name;
  uint32_t rank; ///< Dimensions; 0 is a single number.
  uint64_t shape[SIAM_SAFETENSORS_RANK];
  const float *values; ///< [shape], or NULL where `dtype` is not F32.
  uint64_t count;      ///< Numbers in it: the product of `shape`.
  const char *dtype;   ///< "F32", "I64" … as the file has it. Not looked at when writing: always F32.
} siam_safetensors_tensor;

typedef struct siam_safetensors_text {
  const char *key, *value; ///< UTF-8.
} siam_safetensors_text;

/// A file in memory. Immutable; readable from several threads.
typedef struct siam_safetensors siam_safetensors;

/// Zero means the default.
typedef struct siam_safetensors_options {
  uint64_t max_bytes;        ///< Longest file that is read; 0: 4 GiB.
  uint64_t max_header_bytes; ///< Longest header; 0: 8 MiB, and never more than the format's 100,000,000.
  bool require_finite;       ///< Refuse NaN and infinity in F32 tensors, with SIAM_ERROR_NUMERIC.
} siam_safetensors_options;

/// Reads and checks a file. `options` may be NULL. Where the metadata hold `data_checksum` (see
/// siam_safetensors_content), the data must agree with it. SIAM_ERROR_FILE, SIAM_ERROR_FORMAT (with one of
/// the names above), SIAM_ERROR_NUMERIC. Free with siam_safetensors_destroy().
siam_status siam_safetensors_load(const char *path, const siam_safetensors_options *options,
                                  siam_safetensors **file);

/// The same for bytes in memory, which must outlive the file and not change; `name` stands for it in
/// messages.
siam_status siam_safetensors_parse(const char *name, const uint8_t *bytes, size_t count,
                                   const siam_safetensors_options *options, siam_safetensors **file);
void siam_safetensors_destroy(siam_safetensors *file);

/// Tensors are numbered in the order of their names, byte by byte. What is handed out belongs to the file.
size_t siam_safetensors_count(const siam_safetensors *file);
const siam_safetensors_tensor *siam_safetensors_get(const siam_safetensors *file, size_t index);

/// The tensor of that name, or the one that the metadata give for a name that is not stored; NULL if neither.
const siam_safetensors_tensor *siam_safetensors_find(const siam_safetensors *file, const char *name);

/// Metadata in the order of the file.
size_t siam_safetensors_count_metadata(const siam_safetensors *file);
const siam_safetensors_text *siam_safetensors_get_metadata(const siam_safetensors *file, size_t index);
/// The text of a key, or NULL.
const char *siam_safetensors_find_metadata(const siam_safetensors *file, const char *key);

/// What to write.
typedef struct siam_safetensors_content {
  const siam_safetensors_tensor *tensors; ///< In any order; `count` and `dtype` are not looked at.
  size_t tensor_count;
  const siam_safetensors_text *metadata; ///< Keys that differ from each other and from every name.
  size_t metadata_count;
  const siam_safetensors_text *aliases; ///< key: a name that is not stored; value: the name of its tensor.
  size_t alias_count;
  bool checksum; ///< Adds `data_checksum`: "xxh64:" and 16 hexadecimal digits, over all bytes after the
                 ///< header.
} siam_safetensors_content;

/// Writes a file that is complete or not there (siam_file_begin()). The same content gives the same bytes,
/// and the bytes that the reference writes for it: header padded to 8, tensors in the order of their names.
/// SIAM_ERROR_ARGUMENT for content that no file can hold: a name that comes twice or is empty or
/// `__metadata__`, text that is not UTF-8, an alias of nothing.
siam_status siam_safetensors_save(const char *path, const siam_safetensors_content *content);

#endif
