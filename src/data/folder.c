#include "data/folder.h"

#include "base/memory.h"
#include "data/picture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char *siam_join_path(const char *folder, const char *name) {
  siam_text path = {0};
  size_t length = strlen(folder);
  siam_text_add(&path, "%s%s%s", folder, length == 0 || folder[length - 1] == '/' ? "" : "/", name);
  if (siam_text_status(&path) == SIAM_OK) return path.bytes;
  siam_text_clear(&path);
  return NULL;
}

bool siam_path_stays_inside(const char *path) {
  int depth = 0;
  if (*path == '/') return false;
  for (const char *part = path; *part != '\0' && depth >= 0;) {
    size_t length = strcspn(part, "/");
    if (length == 2 && strncmp(part, "..", 2) == 0)
      depth--;
    else if (length > 0 && !(length == 1 && *part == '.'))
      depth++;
    part += length + (part[length] == '/');
  }
  return depth >= 0;
}

bool siam_is_folder(const char *path) {
  struct stat information;
  return stat(path, &information) == 0 && S_ISDIR(information.st_mode);
}

bool siam_is_file(const char *path) {
  struct stat information;
  return stat(path, &information) == 0 && S_ISREG(information.st_mode);
}

void siam_folder_clear(siam_folder *folder) {
  for (size_t i = 0; i < folder->picture_count; i++) siam_free(folder->pictures[i]);
  for (size_t i = 0; i < folder->folder_count; i++) siam_free(folder->folders[i]);
  siam_free(folder->pictures);
  siam_free(folder->folders);
  *folder = (siam_folder){0};
}

static int compare_names(const void *first, const void *second) {
  return strcmp(*(char *const *)first, *(char *const *)second);
}

typedef enum entry_kind { ENTRY_FILE, ENTRY_FOLDER, ENTRY_OTHER } entry_kind;

/// What an entry is; the file system is asked only where the listing does not say.
static siam_status examine(int descriptor, const struct dirent *entry, entry_kind *kind) {
  struct stat information;
  *kind = entry->d_type == DT_REG ? ENTRY_FILE : entry->d_type == DT_DIR ? ENTRY_FOLDER : ENTRY_OTHER;
  if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN) return SIAM_OK;
  if (fstatat(descriptor, entry->d_name, &information, 0) != 0) return SIAM_ERROR_FILE;
  *kind = S_ISREG(information.st_mode)   ? ENTRY_FILE
          : S_ISDIR(information.st_mode) ? ENTRY_FOLDER
                                         : ENTRY_OTHER;
  return SIAM_OK;
}

static siam_status keep_name(siam_folder *folder, const char *name, entry_kind kind) {
  siam_status status = SIAM_OK;
  char *copy = siam_copy_text(name);
  if (copy == NULL) return SIAM_ERROR_MEMORY;
  if (kind == ENTRY_FILE) {
    SIAM_TRY(SIAM_GROW(folder->pictures, folder->picture_count, folder->picture_capacity));
    folder->pictures[folder->picture_count++] = copy;
  } else {
    SIAM_TRY(SIAM_GROW(folder->folders, folder->folder_count, folder->folder_capacity));
    folder->folders[folder->folder_count++] = copy;
  }
  return SIAM_OK;
cleanup:
  siam_free(copy);
  return status;
}

static siam_status read_entry(const char *path, int descriptor, const struct dirent *entry,
                              const siam_logger *logger, siam_folder *folder) {
  entry_kind kind = ENTRY_OTHER;
  if (entry->d_name[0] == '.') return SIAM_OK;
  if (examine(descriptor, entry, &kind) != SIAM_OK) {
    siam_log(logger, SIAM_LOG_WARNING, "%s/%s: skipped: %s", path, entry->d_name, strerror(errno));
    folder->skipped++;
    return SIAM_OK;
  }
  bool wanted = kind == ENTRY_FOLDER || (kind == ENTRY_FILE && siam_picture_has_extension(entry->d_name));
  return wanted ? keep_name(folder, entry->d_name, kind) : SIAM_OK;
}

/// Without memory the folder is no worse than before, and must not be passed over like one without rights.
static siam_status fail_open(const char *path) {
  const int error = errno;
  struct stat information;
  if (error == ENOTDIR && stat(path, &information) == 0 && !S_ISREG(information.st_mode))
    return siam_fail(SIAM_ERROR_FILE, "%s: a device or a pipe; name a folder or a picture", path);
  return siam_fail(error == ENOMEM ? SIAM_ERROR_MEMORY : SIAM_ERROR_FILE, "%s: cannot open: %s%s", path,
                   strerror(error), error == EACCES ? "; change its permissions" : "");
}

siam_status siam_folder_read(const char *path, const siam_logger *logger, siam_folder *folder) {
  siam_status status = SIAM_OK;
  *folder = (siam_folder){0};
  DIR *listing = opendir(path);
  if (listing == NULL) return fail_open(path);
  for (;;) {
    errno = 0;
    const struct dirent *entry = readdir(listing);
    if (entry == NULL && errno != 0) {
      status = siam_fail(SIAM_ERROR_FILE, "%s: cannot list: %s", path, strerror(errno));
      goto cleanup;
    }
    if (entry == NULL) break;
    SIAM_TRY(read_entry(path, dirfd(listing), entry, logger, folder));
  }
  if (folder->picture_count > 0)
    qsort(folder->pictures, folder->picture_count, sizeof(char *), compare_names);
  if (folder->folder_count > 0) qsort(folder->folders, folder->folder_count, sizeof(char *), compare_names);
cleanup:
  closedir(listing);
  if (status != SIAM_OK) siam_folder_clear(folder);
  return status;
}

typedef struct folder_walk {
  const siam_logger *logger;
  siam_folder_visitor visit;
  void *context;
  siam_key_map visited;
  uint32_t skipped;
} folder_walk;

/// Notes a folder as visited; `*again` when it was before.
static siam_status enter(folder_walk *walk, const char *path, bool *again) {
  struct stat information;
  if (stat(path, &information) != 0)
    return siam_fail(SIAM_ERROR_FILE, "%s: cannot examine: %s; check the name", path, strerror(errno));
  return siam_key_map_put(&walk->visited, (uint64_t)information.st_dev, (uint64_t)information.st_ino, 0, NULL,
                          again);
}

static siam_status walk_folder(folder_walk *walk, const char *path, const char *name, unsigned depth);

static siam_status walk_below(folder_walk *walk, const char *path, const char *name, const char *entry,
                              unsigned depth) {
  siam_status status = SIAM_OK;
  char *below_path = siam_join_path(path, entry), *below_name = siam_join_path(name, entry);
  if (below_path == NULL || below_name == NULL) {
    status = SIAM_ERROR_MEMORY;
    goto cleanup;
  }
  if (depth == SIAM_DEEPEST_FOLDER) {
    siam_log(walk->logger, SIAM_LOG_WARNING, "%s: skipped: more than %d folders deep", below_path,
             SIAM_DEEPEST_FOLDER);
    walk->skipped++;
    goto cleanup;
  }
  status = walk_folder(walk, below_path, below_name, depth + 1);
  if (status == SIAM_ERROR_FILE) {
    siam_log(walk->logger, SIAM_LOG_WARNING, "skipped: %s", siam_last_error());
    walk->skipped++;
    status = SIAM_OK;
  }
cleanup:
  siam_free(below_path);
  siam_free(below_name);
  return status;
}

static siam_status walk_folder(folder_walk *walk, const char *path, const char *name, unsigned depth) {
  siam_status status = SIAM_OK;
  siam_folder folder = {0};
  bool again = false;
  SIAM_RETURN_IF_FAILED(enter(walk, path, &again));
  if (again) {
    siam_log(walk->logger, SIAM_LOG_INFO, "%s: passed over: a link to a folder that was read already", path);
    return SIAM_OK;
  }
  SIAM_RETURN_IF_FAILED(siam_folder_read(path, walk->logger, &folder));
  walk->skipped += folder.skipped;
  SIAM_TRY(walk->visit(walk->context, path, name, depth, &folder));
  for (size_t i = 0; i < folder.folder_count; i++)
    SIAM_TRY(walk_below(walk, path, name, folder.folders[i], depth));
cleanup:
  siam_folder_clear(&folder);
  return status;
}

siam_status siam_folder_walk(const char *top, const siam_logger *logger, siam_folder_visitor visit,
                             void *context, uint32_t *skipped) {
  folder_walk walk = {.logger = logger, .visit = visit, .context = context};
  siam_status status = walk_folder(&walk, top, "", 0);
  siam_key_map_clear(&walk.visited);
  *skipped += walk.skipped;
  return status;
}
