#include "base/npy.h"

#include "base/file.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "numbers are written as they lie in memory, which must be little-endian"
#endif

/// Header of every matrix: the data begin at a multiple of 64, and the longest shape fits.
enum { HEADER_SIZE = 128, PREFIX_SIZE = 10 };

struct siam_npy_writer {
  siam_file_writer *file;
  char *path;
  uint64_t rows, columns, written;
};

/// Magic, version 1.0, length of the rest as 16 bits, a Python dictionary, spaces and a line end.
static void fill_header(uint8_t header[HEADER_SIZE], uint64_t rows, uint64_t columns) {
  memset(header, ' ', HEADER_SIZE);
  memcpy(header, "\x93NUMPY\x01\x00", 8);
  header[8] = HEADER_SIZE - PREFIX_SIZE;
  header[9] = 0;
  char text[HEADER_SIZE];
  int length = snprintf(text, sizeof text,
                        "{'descr': '<f4', 'fortran_order': False, 'shape': (%" PRIu64 ", %" PRIu64 "), }",
                        rows, columns);
  memcpy(header + PREFIX_SIZE, text, (size_t)length);
  header[HEADER_SIZE - 1] = '\n';
}

siam_status siam_npy_begin(const char *path, uint64_t rows, uint64_t columns, siam_npy_writer **writer) {
  siam_status status = SIAM_OK;
  siam_npy_writer *made = NULL;
  uint64_t values, bytes;
  if (__builtin_mul_overflow(rows, columns, &values) ||
      __builtin_mul_overflow(values, sizeof(float), &bytes) || bytes > INT64_MAX - HEADER_SIZE)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%s: %" PRIu64 " rows of %" PRIu64 " numbers fit no file", path,
                     rows, columns);
  SIAM_TRY_ALLOCATE(made, 1);
  made->rows = rows;
  made->columns = columns;
  made->path = siam_copy_text(path);
  if (made->path == NULL) {
    status = SIAM_ERROR_MEMORY;
    goto cleanup;
  }
  SIAM_TRY(siam_file_begin(path, &made->file));
  uint8_t header[HEADER_SIZE];
  fill_header(header, rows, columns);
  SIAM_TRY(siam_file_write(made->file, header, HEADER_SIZE));
  *writer = made;
  made = NULL;
cleanup:
  siam_npy_abandon(made);
  return status;
}

siam_status siam_npy_add(siam_npy_writer *writer, const float *values, uint64_t rows) {
  if (rows > writer->rows - writer->written)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%s: more than the %" PRIu64 " rows that its header states",
                     writer->path, writer->rows);
  SIAM_RETURN_IF_FAILED(siam_file_write(writer->file, values, rows * writer->columns * sizeof(float)));
  writer->written += rows;
  return SIAM_OK;
}

siam_status siam_npy_commit(siam_npy_writer *writer) {
  siam_status status = SIAM_OK;
  if (writer->written != writer->rows) {
    status = siam_fail(SIAM_ERROR_ARGUMENT, "%s: %" PRIu64 " rows came, its header states %" PRIu64,
                       writer->path, writer->written, writer->rows);
  } else {
    siam_file_writer *file = writer->file;
    writer->file = NULL;
    status = siam_file_commit(file);
  }
  siam_npy_abandon(writer);
  return status;
}

void siam_npy_abandon(siam_npy_writer *writer) {
  if (writer == NULL) return;
  siam_file_abandon(writer->file);
  siam_free(writer->path);
  siam_free(writer);
}
