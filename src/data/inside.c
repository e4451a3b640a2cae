#include "data/inside.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static siam_status fail_errno(const char *path) {
  return siam_fail(errno == ENOMEM ? SIAM_ERROR_MEMORY : SIAM_ERROR_FILE, "%s: cannot examine: %s", path,
                   strerror(errno));
}

/// The path without links. realpath() takes its memory from the system's allocator.
static siam_status resolve(const char *path, char **resolved) {
  char *real = realpath(path, NULL);
  if (real == NULL) return fail_errno(path);
  *resolved = siam_copy_text(real);
  free(real);
  return *resolved != NULL ? SIAM_OK : SIAM_ERROR_MEMORY;
}

static siam_status check_resolved(siam_inside *inside, const char *path, bool *lies_inside) {
  char *real = NULL;
  if (inside->root == NULL)
    SIAM_RETURN_IF_FAILED(resolve(inside->folder[0] != '\0' ? inside->folder : ".", &inside->root));
  SIAM_RETURN_IF_FAILED(resolve(path, &real));
  size_t length = strlen(inside->root);
  // The root of the file system ends in a slash of its own.
  if (length == 1) length = 0;
  *lies_inside = strncmp(real, inside->root, length) == 0 && (real[length] == '/' || real[length] == '\0');
  siam_free(real);
  return SIAM_OK;
}

/// The same for the folder that a file lies in.
static siam_status check_folder(siam_inside *inside, const char *path, bool *lies_inside) {
  siam_status status = SIAM_OK;
  struct stat information;
  siam_text folder = {0};
  SIAM_TRY(siam_path_folder(path, &folder));
  if (stat(folder.bytes, &information) != 0) {
    status = fail_errno(folder.bytes);
    goto cleanup;
  }
  const uint64_t device = (uint64_t)information.st_dev, number = (uint64_t)information.st_ino;
  *lies_inside = siam_key_map_has(&inside->known, device, number);
  if (*lies_inside) goto cleanup;
  SIAM_TRY(check_resolved(inside, folder.bytes, lies_inside));
  if (*lies_inside) status = siam_key_map_put(&inside->known, device, number, 0, NULL, NULL);
cleanup:
  siam_text_clear(&folder);
  return status;
}

siam_status siam_inside_check(siam_inside *inside, const char *path, bool *lies_inside) {
  struct stat information;
  if (lstat(path, &information) != 0) return fail_errno(path);
  return S_ISLNK(information.st_mode) ? check_resolved(inside, path, lies_inside)
                                      : check_folder(inside, path, lies_inside);
}

void siam_inside_end(siam_inside *inside) {
  siam_free(inside->root);
  siam_key_map_clear(&inside->known);
  inside->root = NULL;
}
