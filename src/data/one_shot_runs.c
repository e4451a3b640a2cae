#include "data/one_shot_runs.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LABELS "class_labels.txt"
/// The official files have 20 lines of 45 bytes.
enum { LABELS_LIMIT = 1 << 20 };

/// One line of class_labels.txt; both point into the file's bytes.
typedef struct label {
  const char *query, *support;
} label;

typedef struct label_list {
  label *labels;
  size_t count, capacity;
} label_list;

static int compare_names(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

static char *join(const char *folder, const char *name) {
  siam_text path = {0};
  siam_text_add(&path, "%s/%s", folder, name);
  if (!path.failed) return path.bytes;
  siam_text_clear(&path);
  return NULL;
}

/// Cuts the text into its lines of two words.
static siam_status parse_labels(const char *path, char *text, label_list *list) {
  unsigned number = 0;
  for (char *line = text, *next; line != NULL; line = next) {
    next = strchr(line, '\n');
    if (next != NULL) *next++ = '\0';
    number++;
    char *rest = NULL, *query = strtok_r(line, " \t\r", &rest), *support = strtok_r(NULL, " \t\r", &rest);
    if (query == NULL) continue;
    if (support == NULL || strtok_r(NULL, " \t\r", &rest) != NULL)
      return siam_fail(SIAM_ERROR_FORMAT,
                       "%s: line %u is not two paths; write \"run01/test/item01.png "
                       "run01/training/class01.png\"",
                       path, number);
    if (!siam_path_stays_inside(query) || !siam_path_stays_inside(support))
      return siam_fail(SIAM_ERROR_FORMAT, "%s: line %u names a picture outside of the folder of runs", path,
                       number);
    SIAM_RETURN_IF_FAILED(SIAM_GROW(list->labels, list->count, list->capacity));
    list->labels[list->count++] = (label){query, support};
  }
  return SIAM_OK;
}

/// The different supports of the list, in order; the caller frees `*names`.
static siam_status find_supports(const label_list *list, const char ***names, size_t *count) {
  const char **found = siam_allocate(list->count, sizeof(char *));
  if (found == NULL) return SIAM_ERROR_MEMORY;
  for (size_t i = 0; i < list->count; i++) found[i] = list->labels[i].support;
  qsort(found, list->count, sizeof(char *), compare_names);
  size_t kept = 0;
  for (size_t i = 0; i < list->count; i++)
    if (kept == 0 || strcmp(found[kept - 1], found[i]) != 0) found[kept++] = found[i];
  *names = found;
  *count = kept;
  return SIAM_OK;
}

/// Gives a picture its number; its path takes a place that was made before.
static siam_status add_image(const char *folder, const char *name, siam_one_shot_runs *runs,
                             uint32_t *number) {
  char *path = join(folder, name);
  if (path == NULL) return SIAM_ERROR_MEMORY;
  *number = runs->image_count++;
  runs->paths[*number] = path;
  return SIAM_OK;
}

static siam_status fill_run(const char *folder, const label_list *list, const char *const *names,
                            size_t count, siam_one_shot_runs *runs, siam_one_shot_run *run) {
  siam_status status = SIAM_OK;
  char **paths = siam_reallocate(runs->paths, runs->image_count + count + list->count, sizeof *paths);
  if (paths == NULL) return SIAM_ERROR_MEMORY;
  runs->paths = paths;
  SIAM_TRY_ALLOCATE(run->supports, count);
  SIAM_TRY_ALLOCATE(run->queries, list->count);
  SIAM_TRY_ALLOCATE(run->truth, list->count);
  run->support_count = (uint32_t)count;
  run->query_count = (uint32_t)list->count;
  for (size_t i = 0; i < count; i++) SIAM_TRY(add_image(folder, names[i], runs, &run->supports[i]));
  for (size_t i = 0; i < list->count; i++) {
    SIAM_TRY(add_image(folder, list->labels[i].query, runs, &run->queries[i]));
    const char *const *place = bsearch(&list->labels[i].support, names, count, sizeof *names, compare_names);
    run->truth[i] = (uint32_t)(place - names);
  }
cleanup:
  return status;
}

/// The next run, empty.
static siam_status add_run(const char *name, siam_one_shot_runs *runs, siam_one_shot_run **run) {
  siam_one_shot_run *grown = siam_reallocate(runs->runs, runs->run_count + 1, sizeof *grown);
  if (grown == NULL) return SIAM_ERROR_MEMORY;
  runs->runs = grown;
  *run = &grown[runs->run_count++];
  **run = (siam_one_shot_run){.name = siam_copy_text(name)};
  return (*run)->name != NULL ? SIAM_OK : SIAM_ERROR_MEMORY;
}

siam_status siam_one_shot_runs_parse(const char *folder, const char *name, char *text, size_t length,
                                     siam_one_shot_runs *runs) {
  siam_status status = SIAM_OK;
  siam_one_shot_run *run = NULL;
  siam_text path = {0};
  label_list list = {0};
  const char **names = NULL;
  size_t count = 0;
  siam_text_add(&path, "%s/%s/" LABELS, folder, name);
  SIAM_TRY(siam_text_status(&path));
  SIAM_TRY(add_run(name, runs, &run));
  if (memchr(text, '\0', length) != NULL) {
    status = siam_fail(SIAM_ERROR_FORMAT, "%s: holds a NUL byte and is no list of labels", path.bytes);
    goto cleanup;
  }
  SIAM_TRY(parse_labels(path.bytes, text, &list));
  SIAM_TRY(find_supports(&list, &names, &count));
  if (count < 2) {
    status =
        siam_fail(SIAM_ERROR_DATA, "%s: a run needs two supports or more, there are %zu", path.bytes, count);
    goto cleanup;
  }
  SIAM_TRY(fill_run(folder, &list, names, count, runs, run));
cleanup:
  siam_free(names);
  siam_free(list.labels);
  siam_text_clear(&path);
  return status;
}

static siam_status read_run(const char *folder, const char *name, siam_one_shot_runs *runs) {
  siam_status status = SIAM_OK;
  siam_text path = {0};
  uint8_t *bytes = NULL;
  size_t length = 0;
  siam_text_add(&path, "%s/%s/" LABELS, folder, name);
  SIAM_TRY(siam_text_status(&path));
  SIAM_TRY(siam_file_read(path.bytes, LABELS_LIMIT, &bytes, &length));
  SIAM_TRY(siam_one_shot_runs_parse(folder, name, (char *)bytes, length, runs));
cleanup:
  siam_free(bytes);
  siam_text_clear(&path);
  return status;
}

static bool is_run(const char *folder, const char *name) {
  if (*name == '.') return false;
  siam_text path = {0};
  siam_text_add(&path, "%s/%s/" LABELS, folder, name);
  bool found = !path.failed && access(path.bytes, F_OK) == 0;
  siam_text_clear(&path);
  return found;
}

/// Names of the folders that hold a run, in order. The caller frees each and the array.
static siam_status find_runs(const char *folder, char ***names, size_t *count) {
  siam_status status = SIAM_OK;
  size_t capacity = 0;
  DIR *open_folder = opendir(folder);
  if (open_folder == NULL) return siam_fail(SIAM_ERROR_FILE, "%s: cannot open: %s", folder, strerror(errno));
  for (const struct dirent *entry; (entry = readdir(open_folder)) != NULL;) {
    if (!is_run(folder, entry->d_name)) continue;
    SIAM_TRY(SIAM_GROW(*names, *count, capacity));
    (*names)[*count] = siam_copy_text(entry->d_name);
    if ((*names)[*count] == NULL) {
      status = SIAM_ERROR_MEMORY;
      goto cleanup;
    }
    ++*count;
  }
  if (*count == 0)
    status = siam_fail(SIAM_ERROR_DATA,
                       "%s: no folder in it has a class_labels.txt; give the folder that holds "
                       "run01, run02 …",
                       folder);
  else
    qsort(*names, *count, sizeof **names, compare_names);
cleanup:
  closedir(open_folder);
  return status;
}

siam_status siam_one_shot_runs_read(const char *folder, siam_one_shot_runs *runs) {
  siam_status status = SIAM_OK;
  siam_one_shot_runs made = {0};
  char **names = NULL;
  size_t count = 0;
  SIAM_TRY(find_runs(folder, &names, &count));
  for (size_t i = 0; i < count; i++) SIAM_TRY(read_run(folder, names[i], &made));
  *runs = made;
  made = (siam_one_shot_runs){0};
cleanup:
  for (size_t i = 0; i < count; i++) siam_free(names[i]);
  siam_free(names);
  siam_one_shot_runs_clear(&made);
  return status;
}

void siam_one_shot_runs_clear(siam_one_shot_runs *runs) {
  for (uint32_t i = 0; i < runs->run_count; i++) {
    siam_free(runs->runs[i].name);
    siam_free(runs->runs[i].supports);
    siam_free(runs->runs[i].queries);
    siam_free(runs->runs[i].truth);
  }
  for (uint32_t i = 0; i < runs->image_count; i++) siam_free(runs->paths[i]);
  siam_free(runs->runs);
  siam_free(runs->paths);
  *runs = (siam_one_shot_runs){0};
}
