#include "picture_folder.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stb/stb_image_write.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

siam_status siam_folder_make(const char *path) {
  char *partial = siam_copy_text(path);
  if (partial == NULL) return SIAM_ERROR_MEMORY;
  siam_status status = SIAM_OK;
  for (char *end = partial + 1; status == SIAM_OK; end++) {
    char kept = *end;
    if (kept != '/' && kept != '\0') continue;
    *end = '\0';
    if (mkdir(partial, 0777) != 0 && errno != EEXIST)
      status = siam_fail(SIAM_ERROR_FILE, "%s: cannot make this folder: %s", partial, strerror(errno));
    *end = kept;
    if (kept == '\0') break;
  }
  siam_free(partial);
  return status;
}

siam_status siam_folder_require_empty(const char *path) {
  if (path[0] == '\0') return siam_fail(SIAM_ERROR_ARGUMENT, "the folder to write to has an empty name");
  DIR *folder = opendir(path);
  if (folder == NULL) {
    if (errno == ENOENT) return SIAM_OK;
    return siam_fail(SIAM_ERROR_FILE, "%s: cannot be used as a folder: %s", path, strerror(errno));
  }
  bool empty = true;
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) empty = false;
  closedir(folder);
  if (empty) return SIAM_OK;
  return siam_fail(SIAM_ERROR_FILE, "%s: is not empty; remove it or name another folder", path);
}

/// Where the encoder's bytes go: into `file`, until a write fails.
typedef struct picture_sink {
  FILE *file;
  bool failed;
} picture_sink;

static void receive(void *context, void *bytes, int count) {
  picture_sink *sink = context;
  if (fwrite(bytes, 1, (size_t)count, sink->file) != (size_t)count) sink->failed = true;
}

siam_status siam_picture_write(const char *path, const uint8_t *pixels, int height, int width) {
  picture_sink sink = {.file = fopen(path, "wb")};
  if (sink.file == NULL) return siam_fail(SIAM_ERROR_FILE, "%s: cannot create: %s", path, strerror(errno));
  bool packed = stbi_write_png_to_func(receive, &sink, width, height, 1, pixels, width) != 0;
  if (fclose(sink.file) != 0) sink.failed = true;
  if (!packed) return siam_fail(SIAM_ERROR_MEMORY, "%s: out of memory while packing the picture", path);
  if (sink.failed) return siam_fail(SIAM_ERROR_FILE, "%s: cannot write: %s", path, strerror(errno));
  return SIAM_OK;
}
