#include "base/lock.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct siam_lock {
  int socket;
};

/// A name that goes by the folder itself, so that all paths of a file have one. Its first byte is 0, which
/// makes it abstract.
static siam_status name_lock(const char *path, struct sockaddr_un *address, socklen_t *length) {
  struct stat information;
  siam_text folder = {0};
  const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
  SIAM_RETURN_IF_FAILED(siam_path_folder(path, &folder));
  const int failed = stat(folder.bytes, &information);
  siam_text_clear(&folder);
  if (failed != 0)
    return siam_fail(SIAM_ERROR_FILE, "%s: cannot create: %s; name a file in a folder that exists", path,
                     strerror(errno));
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  const int count =
      snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "siamese/%ju/%jx/%jx/%016" PRIx64,
               (uintmax_t)geteuid(), (uintmax_t)information.st_dev, (uintmax_t)information.st_ino,
               siam_hash_bytes(name, strlen(name)));
  *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)count);
  return SIAM_OK;
}

siam_status siam_lock_take(const char *path, siam_lock **lock) {
  siam_status status = SIAM_OK;
  struct sockaddr_un address;
  socklen_t length = 0;
  siam_lock *made = NULL;
  *lock = NULL;
  SIAM_RETURN_IF_FAILED(name_lock(path, &address, &length));
  SIAM_TRY_ALLOCATE(made, 1);
  made->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (made->socket < 0) goto cleanup;
  if (bind(made->socket, (const struct sockaddr *)&address, length) == 0) {
    *lock = made;
    return SIAM_OK;
  }
  if (errno == EADDRINUSE)
    status = siam_fail(SIAM_ERROR_FILE,
                       "%s: another run is writing it; wait for its end, or name another file", path);
cleanup:
  siam_lock_release(made);
  return status;
}

void siam_lock_release(siam_lock *lock) {
  if (lock == NULL) return;
  if (lock->socket >= 0) close(lock->socket);
  siam_free(lock);
}
