#include "base/outputs.h"

#include "base/file.h"

#include <string.h>

/// The part of a path behind its last slash.
static const char *last_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

/// Whether two files that need not be there yet would lie in one folder.
static siam_status share_folder(const char *first, const char *second, bool *shared) {
  siam_text a = {0}, b = {0};
  siam_status status = siam_path_folder(first, &a);
  if (status == SIAM_OK) status = siam_path_folder(second, &b);
  *shared = status == SIAM_OK && siam_file_is_same(a.bytes, b.bytes);
  siam_text_clear(&a);
  siam_text_clear(&b);
  return status;
}

static siam_status check_two(const siam_output *first, const siam_output *second) {
  bool same = siam_file_is_same(first->path, second->path);
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
