#include "base/npy.h"

#include "base/file.h"
#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "numbers are written as they lie in memory, which must be little-endian"
#endif

enum { PREFIX_SIZE = 10 };

struct siam_npy_writer {
  siam_file_writer *file;
  char *path;
  uint64_t rows, columns, written;
};

/// Magic, version 1.0, length of the rest as 16 bits, a Python dictionary, the note as a comment, spaces and
/// a line end. Returns how many bytes that are.
static size_t fill_header(uint8_t header[SIAM_NPY_LARGEST_HEADER], uint64_t rows, uint64_t columns,
                          const char *note) {
  char text[SIAM_NPY_LARGEST_HEADER];
  int length =
      snprintf(text, sizeof text,
               "{'descr': '<f4', 'fortran_order': False, 'shape': (%" PRIu64 ", %" PRIu64 "), }%s%.*s", rows,
               columns, note != NULL ? " # " : "", SIAM_NPY_NOTE_SIZE - 1, note != NULL ? note : "");
  const size_t size =
      (PREFIX_SIZE + (size_t)length + SIAM_NPY_ALIGNMENT) / SIAM_NPY_ALIGNMENT * SIAM_NPY_ALIGNMENT;
  memset(header, ' ', size);
  memcpy(header, "\x93NUMPY\x01\x00", 8);
  header[8] = (uint8_t)(size - PREFIX_SIZE);
  header[9] = 0;
  memcpy(header + PREFIX_SIZE, text, (size_t)length);
  header[size - 1] = '\n';
  return size;
}

siam_status siam_npy_begin(const char *path, uint64_t rows, uint64_t columns, const char *note,
                           siam_npy_writer **writer) {
  siam_status status = SIAM_OK;
  siam_npy_writer *made = NULL;
  uint64_t values, bytes;
  if (__builtin_mul_overflow(rows, columns, &values) ||
      __builtin_mul_overflow(values, sizeof(float), &bytes) || bytes > INT64_MAX - SIAM_NPY_LARGEST_HEADER)
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
  uint8_t header[SIAM_NPY_LARGEST_HEADER];
  const size_t size = fill_header(header, rows, columns, note);
  SIAM_TRY(siam_file_write(made->file, header, size));
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

/// What is left of a header's text.
typedef struct reader {
  const char *path, *at, *end;
} reader;

/// What a header says. The texts are parts of it.
typedef struct header {
  const char *descr, *note;
  size_t descr_length, note_length;
  bool has_descr, has_order, has_shape, column_by_column;
  uint64_t shape[2];
  size_t rank; ///< Dimensions, also those that found no place.
} header;

static siam_status refuse_header(const reader *r) {
  return siam_fail(SIAM_ERROR_FORMAT, "%s: its header is none of NumPy's; write the file with numpy.save",
                   r->path);
}

static void pass_spaces(reader *r) {
  while (r->at < r->end && *r->at == ' ') r->at++;
}

/// Passes over a word, with the spaces before it; false where something else stands there.
static bool take(reader *r, const char *word) {
  const size_t length = strlen(word);
  pass_spaces(r);
  if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0) return false;
  r->at += length;
  return true;
}

static bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

/// A text between quotes of either kind, without escapes, which NumPy does not write.
static bool take_text(reader *r, const char **text, size_t *length) {
  pass_spaces(r);
  if (r->at == r->end || (*r->at != '\'' && *r->at != '"')) return false;
  const char quote = *r->at++;
  *text = r->at;
  while (r->at < r->end && *r->at != quote && *r->at != '\\' && is_printable(*r->at)) r->at++;
  *length = (size_t)(r->at - *text);
  return r->at < r->end && *r->at++ == quote;
}

static bool take_number(reader *r, uint64_t *number) {
  pass_spaces(r);
  const char *begin = r->at;
  *number = 0;
  for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
    if (__builtin_mul_overflow(*number, 10, number) ||
        __builtin_add_overflow(*number, (uint64_t)(*r->at - '0'), number))
      return false;
  return r->at > begin && (*begin != '0' || r->at == begin + 1);
}

/// A tuple of whole numbers; one number needs its comma.
static bool take_shape(reader *r, header *found) {
  bool comma = true;
  uint64_t number = 0;
  if (!take(r, "(")) return false;
  for (found->rank = 0; !take(r, ")"); found->rank++) {
    if (!comma || !take_number(r, &number)) return false;
    if (found->rank < 2) found->shape[found->rank] = number;
    comma = take(r, ",");
  }
  return found->rank != 1 || comma;
}

static bool is_key(const char *key, const char *text, size_t length) {
  return strlen(key) == length && memcmp(key, text, length) == 0;
}

/// A key, which must not come twice, and its value.
static bool take_entry(reader *r, header *found) {
  const char *key = NULL;
  size_t length = 0;
  if (!take_text(r, &key, &length) || !take(r, ":")) return false;
  if (is_key("descr", key, length) && !found->has_descr) {
    found->has_descr = true;
    return take_text(r, &found->descr, &found->descr_length);
  }
  if (is_key("fortran_order", key, length) && !found->has_order) {
    found->has_order = true;
    found->column_by_column = take(r, "True");
    return found->column_by_column || take(r, "False");
  }
  if (!is_key("shape", key, length) || found->has_shape) return false;
  found->has_shape = true;
  return take_shape(r, found);
}

/// A comment behind the dictionary; its words are the note.
static bool take_note(reader *r, header *found) {
  found->note = "";
  if (!take(r, "#")) return true;
  pass_spaces(r);
  found->note = r->at;
  for (; r->at < r->end && is_printable(*r->at); r->at++)
    if (*r->at != ' ') found->note_length = (size_t)(r->at - found->note) + 1;
  return found->note_length < SIAM_NPY_NOTE_SIZE;
}

static siam_status read_header(reader *r, header *found) {
  bool comma = true;
  if (!take(r, "{")) return refuse_header(r);
  while (!take(r, "}")) {
    if (!comma || !take_entry(r, found)) return refuse_header(r);
    comma = take(r, ",");
  }
  const bool whole = found->has_descr && found->has_order && found->has_shape && take_note(r, found);
  pass_spaces(r);
  return whole && r->end - r->at == 1 && *r->at == '\n' ? SIAM_OK : refuse_header(r);
}

/// Refuses what is no matrix of float32 of this shape with its rows together.
static siam_status check_header(const char *path, const header *found, uint64_t rows, uint64_t columns) {
  if (!is_key("<f4", found->descr, found->descr_length))
    return siam_fail(SIAM_ERROR_FORMAT,
                     "%s: its numbers are of the type '%.*s', not '<f4', float32 with the low byte first; "
                     "write array.astype('<f4')",
                     path, found->descr_length < 32 ? (int)found->descr_length : 32, found->descr);
  if (found->column_by_column)
    return siam_fail(
        SIAM_ERROR_FORMAT,
        "%s: its numbers lie column by column (fortran_order); write numpy.ascontiguousarray(array)", path);
  if (found->rank == 2 && found->shape[0] == rows && found->shape[1] == columns) return SIAM_OK;
  if (found->rank != 2)
    return siam_fail(SIAM_ERROR_FORMAT,
                     "%s: it has %zu dimensions, and a matrix of %" PRIu64 " by %" PRIu64
                     " is needed; name another file",
                     path, found->rank, rows, columns);
  return siam_fail(SIAM_ERROR_FORMAT,
                   "%s: it is a matrix of %" PRIu64 " by %" PRIu64 ", and one of %" PRIu64 " by %" PRIu64
                   " is needed; name another file",
                   path, found->shape[0], found->shape[1], rows, columns);
}

/// Takes the numbers, of which each must be one.
static siam_status read_values(const char *path, const uint8_t *bytes, uint64_t rows, uint64_t columns,
                               float *values) {
  const size_t count = (size_t)(rows * columns);
  if (count > 0) memcpy(values, bytes, count * sizeof(float));
  for (size_t i = 0; i < count; i++)
    if (!isfinite(values[i]))
      return siam_fail(SIAM_ERROR_FORMAT,
                       "%s: number %" PRIu64 " of row %" PRIu64 " is not finite; make the file anew", path,
                       i % columns, i / columns);
  return SIAM_OK;
}

siam_status siam_npy_parse(const char *path, const uint8_t *bytes, size_t count, uint64_t rows,
                           uint64_t columns, float *values, char note[SIAM_NPY_NOTE_SIZE]) {
  uint64_t numbers, needed;
  header found = {0};
  if (count < PREFIX_SIZE || memcmp(bytes, "\x93NUMPY", 6) != 0)
    return siam_fail(SIAM_ERROR_FORMAT, "%s: it is no NumPy file; name one that ends in .npy", path);
  if (bytes[6] != 1 || bytes[7] != 0)
    return siam_fail(SIAM_ERROR_FORMAT,
                     "%s: it has version %u.%u of NumPy's format, not 1.0; write it with numpy.save", path,
                     bytes[6], bytes[7]);
  const size_t begin = PREFIX_SIZE + bytes[8] + 256U * bytes[9];
  if (begin > count)
    return siam_fail(SIAM_ERROR_FORMAT, "%s: it ends within its header; copy it again", path);
  reader r = {path, (const char *)bytes + PREFIX_SIZE, (const char *)bytes + begin};
  SIAM_RETURN_IF_FAILED(read_header(&r, &found));
  SIAM_RETURN_IF_FAILED(check_header(path, &found, rows, columns));
  if (__builtin_mul_overflow(rows, columns, &numbers) ||
      __builtin_mul_overflow(numbers, sizeof(float), &needed) || needed != count - begin)
    return siam_fail(SIAM_ERROR_FORMAT,
                     "%s: %zu bytes follow its header, and %" PRIu64 " by %" PRIu64
                     " numbers take another count; copy it again",
                     path, count - begin, rows, columns);
  memcpy(note, found.note, found.note_length);
  note[found.note_length] = '\0';
  return read_values(path, bytes + begin, rows, columns, values);
}
