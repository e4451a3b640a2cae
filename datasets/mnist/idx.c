#include "idx.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

// The largest relative of MNIST has 814,255 pictures of 28 × 28 (638 MB).
enum { VALUES_LIMIT = 1 << 30, HEADER_LIMIT = 4 + 4 * SIAM_IDX_DIMENSIONS, TYPE_BYTES = 8, PIECE = 1 << 14 };

static bool is_compressed(const uint8_t *bytes, size_t count) {
  return count >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/// What comes out of gzip is added piece by piece, so that it takes no more memory than there is content.
static siam_status inflate_all(const char *path, z_stream *stream, siam_text *content) {
  uint8_t piece[PIECE];
  while (content->length <= (size_t)VALUES_LIMIT + HEADER_LIMIT) {
    stream->next_out = piece;
    stream->avail_out = PIECE;
    int code = inflate(stream, Z_NO_FLUSH);
    siam_text_add_bytes(content, (const char *)piece, PIECE - stream->avail_out);
    if (code == Z_STREAM_END && stream->avail_in == 0) return siam_text_status(content);
    // A file may consist of several that were put one behind the other.
    if (code == Z_STREAM_END) code = inflateReset(stream);
    if (code == Z_MEM_ERROR || content->failed)
      return siam_fail(SIAM_ERROR_MEMORY, "%s: out of memory", path);
    if (code != Z_OK)
      return siam_fail(SIAM_ERROR_FORMAT, "%s: cannot decompress after %zu bytes: %s; fetch it again", path,
                       content->length, stream->msg != NULL ? stream->msg : "ends early");
  }
  return siam_fail(SIAM_ERROR_FORMAT, "%s: holds more than %d bytes", path, VALUES_LIMIT);
}

static siam_status decompress(const char *path, const uint8_t *bytes, size_t count, siam_text *content) {
  enum { GZIP = 16 };
  z_stream stream = {.next_in = (uint8_t *)bytes, .avail_in = (uInt)count};
  if (inflateInit2(&stream, MAX_WBITS + GZIP) != Z_OK)
    return siam_fail(SIAM_ERROR_MEMORY, "%s: out of memory", path);
  siam_status status = inflate_all(path, &stream, content);
  inflateEnd(&stream);
  return status;
}

static uint32_t read_32(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/// Checks that the file is as long as its header says, and gives where its values begin.
static siam_status read_header(const char *path, const uint8_t *bytes, size_t count, uint32_t dimension_count,
                               siam_idx *idx, size_t *begin) {
  if (count >= 3 && (bytes[0] != 0 || bytes[1] != 0 || bytes[2] != TYPE_BYTES))
    return siam_fail(SIAM_ERROR_FORMAT, "%s: not an IDX file of bytes", path);
  *begin = 4 + 4 * (size_t)dimension_count;
  if (count >= 4 && bytes[3] != dimension_count)
    return siam_fail(SIAM_ERROR_FORMAT,
                     "%s: has %d dimensions, not %" PRIu32 "; pictures have 3, labels have 1", path, bytes[3],
                     dimension_count);
  if (count < *begin)
    return siam_fail(SIAM_ERROR_FORMAT, "%s: ends early: %zu of %zu bytes are there; fetch it again", path,
                     count, *begin);
  uint64_t size = 1;
  idx->dimension_count = dimension_count;
  for (uint32_t i = 0; i < SIAM_IDX_DIMENSIONS; i++) {
    idx->dimensions[i] = i < dimension_count ? read_32(bytes + 4 + 4 * (size_t)i) : 1;
    // Both factors are below 2^32, and the product is checked before it grows further.
    size *= idx->dimensions[i];
    if (size == 0 || size > VALUES_LIMIT)
      return siam_fail(SIAM_ERROR_FORMAT, "%s: dimension %" PRIu32 " is %" PRIu32 ", which cannot be", path,
                       i + 1, idx->dimensions[i]);
  }
  if (count - *begin < size)
    return siam_fail(SIAM_ERROR_FORMAT, "%s: ends early: %zu of %zu bytes are there; fetch it again", path,
                     count - *begin, (size_t)size);
  if (count - *begin > size)
    return siam_fail(SIAM_ERROR_FORMAT, "%s: goes on after the %zu bytes its header tells of", path,
                     (size_t)size);
  return SIAM_OK;
}

siam_status siam_idx_parse(const char *path, const uint8_t *bytes, size_t count, uint32_t dimension_count,
                           siam_idx *idx) {
  siam_status status = SIAM_OK;
  siam_text content = {0};
  size_t begin = 0;
  *idx = (siam_idx){0};
  if (is_compressed(bytes, count)) {
    SIAM_TRY(decompress(path, bytes, count, &content));
    bytes = (const uint8_t *)content.bytes;
    count = content.length;
  }
  SIAM_TRY(read_header(path, bytes, count, dimension_count, idx, &begin));
  SIAM_TRY_ALLOCATE(idx->values, count - begin);
  memcpy(idx->values, bytes + begin, count - begin);
cleanup:
  siam_text_clear(&content);
  if (status != SIAM_OK) siam_idx_release(idx);
  return status;
}

siam_status siam_idx_read(const char *path, uint32_t dimension_count, siam_idx *idx) {
  uint8_t *bytes = NULL;
  size_t count = 0;
  *idx = (siam_idx){0};
  SIAM_RETURN_IF_FAILED(siam_file_read(path, (size_t)VALUES_LIMIT + HEADER_LIMIT, &bytes, &count));
  siam_status status = siam_idx_parse(path, bytes, count, dimension_count, idx);
  siam_free(bytes);
  return status;
}

void siam_idx_release(siam_idx *idx) {
  siam_free(idx->values);
  *idx = (siam_idx){0};
}
