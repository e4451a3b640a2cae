/// npy.h: matrices of float32 as NumPy reads them (format version 1.0: numpy/lib/format.py states it).
#ifndef SIAM_BASE_NPY_H
#define SIAM_BASE_NPY_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/// A matrix being written row by row. Nothing shows under its path until siam_npy_commit().
typedef struct siam_npy_writer siam_npy_writer;

/// Data begin at a multiple of 64.
enum { SIAM_NPY_ALIGNMENT = 64 };

/// Room for a note and the NUL behind it; for the longest header, which has the longest shape and note.
enum { SIAM_NPY_NOTE_SIZE = 48, SIAM_NPY_LARGEST_HEADER = 3 * SIAM_NPY_ALIGNMENT };

/// Begins a file of `rows` × `columns` float32 numbers, rows together (C order), little-endian. `note`:
/// printable ASCII that stands in the header as a comment, which NumPy passes over; NULL: none.
siam_status siam_npy_begin(const char *path, uint64_t rows, uint64_t columns, const char *note,
                           siam_npy_writer **writer);

/// Adds `rows` rows; `values` is [rows, columns]. SIAM_ERROR_ARGUMENT where more come than were promised.
siam_status siam_npy_add(siam_npy_writer *writer, const float *values, uint64_t rows);

/// Puts the file in place. SIAM_ERROR_ARGUMENT, and no file, where fewer rows came than were promised. The
/// writer is gone afterwards, whatever the result.
siam_status siam_npy_commit(siam_npy_writer *writer);

/// Gives up: leaves no file. NULL is allowed.
void siam_npy_abandon(siam_npy_writer *writer);

/// Reads the `count` bytes of a file, which `path` names in refusals, to `values` [rows, columns], and its
/// note, "" without one. All that is not exactly such a matrix is SIAM_ERROR_FORMAT: another version than
/// 1.0, type than '<f4', order, shape or length, a header that Python does not read, a number that is not
/// finite.
siam_status siam_npy_parse(const char *path, const uint8_t *bytes, size_t count, uint64_t rows,
                           uint64_t columns, float *values, char note[SIAM_NPY_NOTE_SIZE]);

#endif
