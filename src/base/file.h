/// Files: whole reads with a limit, and writes that leave a complete old or a complete new version.
#ifndef SIAM_BASE_FILE_H
#define SIAM_BASE_FILE_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Reads all of a regular file into `*bytes` (free with siam_free(); one NUL follows the content).
/// A file longer than `limit` bytes is refused by name before anything is allocated.
siam_status siam_file_read(const char *path, size_t limit, uint8_t **bytes, size_t *count);

/// The same from the beginning of a file that is open and stays so; `path` names it in messages.
siam_status siam_file_read_open(int descriptor, const char *path, size_t limit, uint8_t **bytes,
                                size_t *count);

/// Fails as writing `path` would, so that it can be found out before long work whose result goes there: the
/// folder is missing or refuses new files, or `path` is a folder, a device or a pipe. Leaves nothing behind.
siam_status siam_file_check_place(const char *path);

/// Refuses to write over what somebody may miss: a file that is there, is not empty, and does not have `mark`
/// (both within its first 64 bytes) at `offset`, so that it is no `kind`, such as "model".
siam_status siam_file_check_kind(const char *path, size_t offset, const char *mark, const char *kind);

/// Fails where the file system that `path` lies on has less room than `bytes`.
siam_status siam_file_check_room(const char *path, uint64_t bytes);

/// Writes the folder that a path lies in: all up to its last slash, and a dot.
siam_status siam_path_folder(const char *path, siam_text *folder);

/// Whether two names are of one file that is there.
bool siam_file_is_same(const char *a, const char *b);

/// A file being written beside its final place. Nothing shows under `path` until siam_file_commit().
typedef struct siam_file_writer siam_file_writer;

/// Opens a temporary file, with a name no one can guess, in the folder of `path`.
siam_status siam_file_begin(const char *path, siam_file_writer **writer);
siam_status siam_file_write(siam_file_writer *writer, const void *bytes, size_t count);

/// Writes at a place of its own, in any order and from any thread; what is left out reads as zeros.
siam_status siam_file_write_at(siam_file_writer *writer, uint64_t offset, const void *bytes, size_t count);
siam_status siam_file_set_length(siam_file_writer *writer, uint64_t length);

/// Flushes to the disk, renames over `path` and flushes the folder. The writer is gone afterwards, and after
/// a failure the temporary file is too.
siam_status siam_file_commit(siam_file_writer *writer);

/// Gives up: removes the temporary file and the writer. NULL is allowed.
void siam_file_abandon(siam_file_writer *writer);

/// Renames a whole file over another in the same folder and flushes the folder.
siam_status siam_file_move(const char *from, const char *to);

/// The three steps above for content that is already in memory.
siam_status siam_file_replace(const char *path, const void *bytes, size_t count);

/// The same for a file that only its owner may read and write, whatever the umask and the old file's mode.
siam_status siam_file_replace_private(const char *path, const void *bytes, size_t count);

#endif
