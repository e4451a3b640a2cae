#include "base/outputs.h"

#include "base/text.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

static bool are_one(const char *first, const char *second) {
  struct stat a, b;
  return stat(first, &a) == 0 && stat(second, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// The part of a path behind its last slash.
static const char *last_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

/// Whether two files that need not be there yet would lie in one folder.
static siam_status share_folder(const char *first, const char *second, bool *shared) {
  siam_text a = {0}, b = {0};
  siam_text_add(&a, "%.*s.", (int)(last_name(first) - first), first);
  siam_text_add(&b, "%.*s.", (int)(last_name(second) - second), second);
  siam_status status = siam_text_status(&a);
  if (status == SIAM_OK) status = siam_text_status(&b);
  *shared = status == SIAM_OK && are_one(a.bytes, b.bytes);
  siam_text_clear(&a);
  siam_text_clear(&b);
  return status;
}

static siam_status check_two(const siam_output *first, const siam_output *second) {
  bool same = are_one(first->path, second->path);
  if (!same && strcmp(last_name(first->path), last_name(second->path)) == 0)
    SIAM_RETURN_IF_FAILED(share_folder(first->path, second->path, &same));
  if (!same) return SIAM_OK;
  return siam_fail(SIAM_ERROR_ARGUMENT, "%s: both %s and %s; name two files", second->path, first->what,
                   second->what);
}

siam_status siam_outputs_check(const siam_output *outputs, size_t count) {
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < i; j++)
      if (outputs[i].path != NULL && outputs[j].path != NULL)
        SIAM_RETURN_IF_FAILED(check_two(&outputs[j], &outputs[i]));
  return SIAM_OK;
}
