#include "common/file.h"

#include "common/message.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int file, const char *bytes, size_t size) {
  while (size > 0) {
    ssize_t written = write(file, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes += written;
    size -= (size_t)written;
  }
  return true;
}

/// Rights of a new file as the user's mask has them; mkstemp() gives fewer.
static mode_t usual_rights(void) {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

const char *app_write_file(const char *path, const char *bytes, size_t size) {
  char *temporary = NULL;
  if (asprintf(&temporary, "%s.XXXXXX", path) < 0) app_end_without_memory();
  int reason = 0;
  const int file = mkstemp(temporary);
  if (file < 0 || !write_all(file, bytes, size) || fchmod(file, usual_rights()) != 0 || fsync(file) != 0)
    reason = errno;
  if (file >= 0 && close(file) != 0 && reason == 0) reason = errno;
  if (reason == 0 && rename(temporary, path) != 0) reason = errno;
  if (file >= 0 && reason != 0) unlink(temporary);
  free(temporary);
  return reason != 0 ? strerror(reason) : NULL;
}

const char *app_check_writable(const char *path) {
  char *temporary = NULL;
  if (asprintf(&temporary, "%s.XXXXXX", path) < 0) app_end_without_memory();
  const int file = mkstemp(temporary), reason = errno;
  if (file >= 0) {
    close(file);
    unlink(temporary);
  }
  free(temporary);
  return file < 0 ? strerror(reason) : NULL;
}
