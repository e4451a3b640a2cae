/// folder.h: what lies in a folder, in an order that is the same everywhere.
#ifndef SIAM_DATA_FOLDER_H
#define SIAM_DATA_FOLDER_H

#include "base/error.h"
#include "base/text.h"
#include "data/key_map.h"

#include <stddef.h>
#include <stdint.h>

/// Names in one folder, compared byte by byte. Zero value: empty. Release with siam_folder_clear().
typedef struct siam_folder {
  char **pictures, **folders; ///< Files with a picture's extension; sub-folders, links to folders among them.
  size_t picture_count, folder_count;
  size_t picture_capacity, folder_capacity;
  uint32_t skipped; ///< Links that lead nowhere and the like; each was named.
} siam_folder;

/// Lists a folder. Names that begin with a dot and other files are left out.
siam_status siam_folder_read(const char *path, const siam_logger *logger, siam_folder *folder);
void siam_folder_clear(siam_folder *folder);

/// "folder/name" in a new text that the caller frees with siam_free(); "name" where folder is "".
char *siam_join_path(const char *folder, const char *name);

/// Whether a path, taken relative to a folder, names something in it: it is not absolute, and no ".." leads
/// above. Links are not looked at.
bool siam_path_stays_inside(const char *path);

/// True for an existing folder; true for an existing regular file. Links are followed.
bool siam_is_folder(const char *path);
bool siam_is_file(const char *path);

/// Deeper than any data set, and shallow enough for the stack.
enum { SIAM_DEEPEST_FOLDER = 200 };

/// Receives each folder of a walk. `name` is the path below the top, "" for the top itself; `depth` counts
/// the folders above it in the walk, at most SIAM_DEEPEST_FOLDER.
typedef siam_status (*siam_folder_visitor)(void *context, const char *path, const char *name, unsigned depth,
                                           const siam_folder *folder);

/// Visits a folder and, after it, its sub-folders, each folder once however many links lead to it. What
/// cannot be read is named and counted in `*skipped`; only the top itself must be readable.
siam_status siam_folder_walk(const char *top, const siam_logger *logger, siam_folder_visitor visit,
                             void *context, uint32_t *skipped);

#endif
