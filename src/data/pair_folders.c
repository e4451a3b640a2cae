/// Pair folders: `same/` and `different/`, each with folders of two pictures or files X_a.EXT and X_b.EXT.
#include "data/dataset_build.h"
#include "data/folder.h"

#include "base/memory.h"

#include <string.h>

typedef struct pair_reader {
  siam_dataset *dataset;
  const siam_logger *logger;
  siam_key_map known;
  bool same;
} pair_reader;

static siam_status skip(pair_reader *reader, const char *folder, const char *name, const char *reason) {
  siam_log(reader->logger, SIAM_LOG_WARNING, "%s/%s: skipped: %s", folder, name, reason);
  reader->dataset->skipped++;
  return SIAM_OK;
}

static siam_status add_pair(pair_reader *reader, const char *folder, const char *first, const char *second) {
  siam_status status = SIAM_OK;
  siam_pair pair = {.same = reader->same};
  char *a = siam_join_path(folder, first), *b = siam_join_path(folder, second);
  if (a == NULL || b == NULL) {
    status = SIAM_ERROR_MEMORY;
    goto cleanup;
  }
  SIAM_TRY(siam_dataset_add_file(reader->dataset, &reader->known, a, SIAM_NO_CLASS, &pair.a));
  SIAM_TRY(siam_dataset_add_file(reader->dataset, &reader->known, b, SIAM_NO_CLASS, &pair.b));
  status = pair.a == pair.b ? skip(reader, folder, second, "the pair is one file under two names")
                            : siam_dataset_add_pair(reader->dataset, pair, 0);
cleanup:
  siam_free(a);
  siam_free(b);
  return status;
}

/// Length of X in X_a.EXT or X_b.EXT, and the letter; 0 where the name is of neither kind.
static size_t split_name(const char *name, char *letter) {
  const char *dot = strrchr(name, '.');
  if (dot == NULL || dot - name < 2 || dot[-2] != '_' || (dot[-1] != 'a' && dot[-1] != 'b')) return 0;
  *letter = dot[-1];
  return (size_t)(dot - name) - 2;
}

/// A partner's name differs in the letter, and perhaps in the extension. Names are in order, so that it
/// stands among those that begin with the same X.
static const char *find_partner(const siam_folder *folder, size_t place, size_t length) {
  const char *name = folder->pictures[place];
  const char *partner = NULL;
  for (size_t i = place + 1; i < folder->picture_count; i++) {
    char letter = 0;
    const char *other = folder->pictures[i];
    if (strncmp(other, name, length + 1) != 0) break;
    if (split_name(other, &letter) != length || letter != 'b') continue;
    if (partner != NULL) return NULL;
    partner = other;
  }
  return partner;
}

static bool has_first(const siam_folder *folder, size_t place, size_t length) {
  const char *name = folder->pictures[place];
  for (size_t i = place; i > 0 && strncmp(folder->pictures[i - 1], name, length + 1) == 0; i--) {
    char letter = 0;
    if (split_name(folder->pictures[i - 1], &letter) == length && letter == 'a') return true;
  }
  return false;
}

/// Pictures that lie in `same/` or `different/` itself.
static siam_status add_named_pairs(pair_reader *reader, const char *path, const siam_folder *folder) {
  for (size_t i = 0; i < folder->picture_count; i++) {
    char letter = 0;
    size_t length = split_name(folder->pictures[i], &letter);
    const char *name = folder->pictures[i], *partner = NULL;
    if (length == 0) {
      SIAM_RETURN_IF_FAILED(skip(reader, path, name, "its name does not end in _a or _b"));
    } else if (letter == 'b') {
      if (!has_first(folder, i, length))
        SIAM_RETURN_IF_FAILED(skip(reader, path, name, "there is no picture _a for it"));
    } else if ((partner = find_partner(folder, i, length)) != NULL) {
      SIAM_RETURN_IF_FAILED(add_pair(reader, path, name, partner));
    } else {
      SIAM_RETURN_IF_FAILED(skip(reader, path, name, "there is not one picture _b for it"));
    }
  }
  return SIAM_OK;
}

static siam_status visit(void *context, const char *path, const char *name, unsigned depth,
                         const siam_folder *folder) {
  pair_reader *reader = context;
  (void)name;
  if (depth == 0) return add_named_pairs(reader, path, folder);
  if (folder->picture_count == 2) return add_pair(reader, path, folder->pictures[0], folder->pictures[1]);
  // A folder without pictures only leads to others.
  if (folder->picture_count == 0) return SIAM_OK;
  return skip(reader, path, ".", "the folder of a pair holds exactly two pictures");
}

static siam_status read_kind(const char *path, const char *name, bool same, pair_reader *reader) {
  char *folder = siam_join_path(path, name);
  if (folder == NULL) return SIAM_ERROR_MEMORY;
  reader->same = same;
  siam_status status = siam_folder_walk(folder, reader->logger, visit, reader, &reader->dataset->skipped);
  siam_free(folder);
  return status;
}

siam_status siam_read_pair_folders(const char *path, const siam_logger *logger, siam_dataset *dataset) {
  siam_status status = SIAM_OK;
  pair_reader reader = {.dataset = dataset, .logger = logger};
  SIAM_TRY(read_kind(path, "same", true, &reader));
  SIAM_TRY(read_kind(path, "different", false, &reader));
cleanup:
  siam_key_map_clear(&reader.known);
  return status;
}
