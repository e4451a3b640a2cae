#include "idx.h"

#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

// The largest relative of MNIST has 814,255 pictures of 28 × 28 (638 MB).
static const uint64_t VALUES_LIMIT = 1u << 30;
enum { TYPE_BYTES = 8, PIECE = 1 << 20 };

/// Fills `bytes` from the file, decompressing where needed; fewer, or damage, is an error that names the
/// file.
static siam_status read_exactly(gzFile file, const char *path, uint8_t *bytes, size_t count) {
  for (size_t done = 0; done < count;) {
    unsigned wanted = count - done < PIECE ? (unsigned)(count - done) : PIECE;
    int got = gzread(file, bytes + done, wanted);
    if (got < 0) {
      int code = Z_OK;
      const char *reason = gzerror(file, &code);
      return siam_fail(SIAM_ERROR_FORMAT, "%s: cannot read: %s", path,
                       code == Z_ERRNO ? strerror(errno) : reason);
    }
    if (got == 0)
      return siam_fail(SIAM_ERROR_FORMAT, "%s: ends early: %zu of %zu bytes are there; fetch it again", path,
                       done, count);
    done += (size_t)got;
  }
  return SIAM_OK;
}

static siam_status read_header(gzFile file, const char *path, uint32_t dimension_count, siam_idx *idx,
                               size_t *size) {
  uint8_t header[4];
  SIAM_RETURN_IF_FAILED(read_exactly(file, path, header, sizeof header));
  if (header[0] != 0 || header[1] != 0 || header[2] != TYPE_BYTES)
    return siam_fail(SIAM_ERROR_FORMAT, "%s: not an IDX file of bytes", path);
  if (header[3] != dimension_count)
    return siam_fail(SIAM_ERROR_FORMAT,
                     "%s: has %d dimensions, not %" PRIu32 "; pictures have 3, labels have 1", path,
                     header[3], dimension_count);
  uint64_t product = 1;
  idx->dimension_count = dimension_count;
  for (uint32_t i = 0; i < SIAM_IDX_DIMENSIONS; i++) {
    idx->dimensions[i] = 1;
    if (i >= dimension_count) continue;
    uint8_t bytes[4];
    SIAM_RETURN_IF_FAILED(read_exactly(file, path, bytes, sizeof bytes));
    idx->dimensions[i] =
        (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    // Both factors are below 2^32, and the product is checked before it grows further.
    product *= idx->dimensions[i];
    if (product == 0 || product > VALUES_LIMIT)
      return siam_fail(SIAM_ERROR_FORMAT, "%s: dimension %" PRIu32 " is %" PRIu32 ", which cannot be", path,
                       i + 1, idx->dimensions[i]);
  }
  *size = (size_t)product;
  return SIAM_OK;
}

siam_status siam_idx_read(const char *path, uint32_t dimension_count, siam_idx *idx) {
  *idx = (siam_idx){0};
  siam_status status = SIAM_OK;
  gzFile file = gzopen(path, "rb");
  if (file == NULL) return siam_fail(SIAM_ERROR_FILE, "%s: cannot open: %s", path, strerror(errno));
  size_t size = 0;
  uint8_t beyond;
  SIAM_TRY(read_header(file, path, dimension_count, idx, &size));
  SIAM_TRY_ALLOCATE(idx->values, size);
  SIAM_TRY(read_exactly(file, path, idx->values, size));
  int more = gzread(file, &beyond, 1);
  if (more != 0)
    status = siam_fail(SIAM_ERROR_FORMAT,
                       "%s: goes on, or is damaged, after the %zu bytes its header tells of", path, size);
cleanup:
  gzclose(file);
  if (status != SIAM_OK) siam_idx_release(idx);
  return status;
}

void siam_idx_release(siam_idx *idx) {
  siam_free(idx->values);
  *idx = (siam_idx){0};
}
