#include "base/file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static siam_status fail_errno(const char *path, const char *action) {
  bool full = errno == ENOSPC || errno == EDQUOT;
  return siam_fail(SIAM_ERROR_FILE, "%s: cannot %s: %s%s", path, action, strerror(errno),
                   full ? "; free space there, or name a file elsewhere" : "");
}

static siam_status read_exactly(int descriptor, const char *path, uint8_t *bytes, size_t count) {
  for (size_t done = 0; done < count;) {
    ssize_t got = read(descriptor, bytes + done, count - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(path, "read");
    if (got == 0) return siam_fail(SIAM_ERROR_FILE, "%s: became shorter while it was read; try again", path);
    done += (size_t)got;
  }
  return SIAM_OK;
}

siam_status siam_file_read_open(int descriptor, const char *path, size_t limit, uint8_t **bytes,
                                size_t *count) {
  siam_status status = SIAM_OK;
  uint8_t *content = NULL;
  struct stat information;
  if (fstat(descriptor, &information) != 0) return fail_errno(path, "examine");
  if (!S_ISREG(information.st_mode))
    return siam_fail(SIAM_ERROR_FILE, "%s: not a regular file; name a file", path);
  if (information.st_size < 0 || (uint64_t)information.st_size > limit)
    return siam_fail(SIAM_ERROR_FORMAT, "%s: %lld bytes, more than the limit of %zu", path,
                     (long long)information.st_size, limit);
  size_t size = (size_t)information.st_size;
  SIAM_TRY_ALLOCATE(content, size + 1);
  SIAM_TRY(read_exactly(descriptor, path, content, size));
  *bytes = content;
  *count = size;
  content = NULL;
cleanup:
  siam_free(content);
  return status;
}

siam_status siam_file_read(const char *path, size_t limit, uint8_t **bytes, size_t *count) {
  // O_NONBLOCK keeps a pipe in the place of a file from hanging the program; regular files ignore it.
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0 && errno == ENOENT)
    return siam_fail(SIAM_ERROR_FILE, "%s: no such file; check the name", path);
  if (descriptor < 0 && errno == EACCES)
    return siam_fail(SIAM_ERROR_FILE, "%s: cannot open: %s; change its permissions", path, strerror(errno));
  if (descriptor < 0) return fail_errno(path, "open");
  siam_status status = siam_file_read_open(descriptor, path, limit, bytes, count);
  close(descriptor);
  return status;
}

siam_status siam_path_folder(const char *path, siam_text *folder) {
  const char *slash = strrchr(path, '/');
  siam_text_add(folder, "%.*s.", slash != NULL ? (int)(slash - path + 1) : 0, path);
  return siam_text_status(folder);
}

struct siam_file_writer {
  char *path, *temporary;
  siam_text folder;
  int descriptor;
};

static void writer_release(siam_file_writer *writer) {
  if (writer->descriptor >= 0) close(writer->descriptor);
  siam_free(writer->path);
  siam_free(writer->temporary);
  siam_text_clear(&writer->folder);
  siam_free(writer);
}

/// Opens a new file beside `path` under a name that cannot be guessed; the umask narrows `mode`.
static int open_temporary(const char *path, char *temporary, size_t length, mode_t mode) {
  for (int attempt = 0; attempt < 16; attempt++) {
    uint64_t noise = 0;
    if (getrandom(&noise, sizeof noise, 0) != (ssize_t)sizeof noise) return -1;
    snprintf(temporary, length, "%s.%016" PRIx64, path, noise);
    int descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (descriptor >= 0 || errno != EEXIST) return descriptor;
  }
  return -1;
}

/// A file that replaces another keeps its permissions.
static siam_status keep_permissions(siam_file_writer *writer) {
  struct stat information;
  if (stat(writer->path, &information) != 0) return SIAM_OK;
  if (fchmod(writer->descriptor, information.st_mode & 0777) == 0) return SIAM_OK;
  return fail_errno(writer->path, "keep the permissions");
}

/// Renaming over a device or a pipe would remove it: with enough rights, /dev/null.
static siam_status check_target(const char *path) {
  struct stat information;
  if (stat(path, &information) != 0 || S_ISREG(information.st_mode)) return SIAM_OK;
  return siam_fail(SIAM_ERROR_FILE, "%s: cannot create: it is %s; name a file", path,
                   S_ISDIR(information.st_mode) ? "a folder" : "a device or a pipe");
}

static siam_status begin(const char *path, bool is_private, siam_file_writer **writer) {
  siam_status status = SIAM_OK;
  siam_file_writer *made = NULL;
  SIAM_RETURN_IF_FAILED(check_target(path));
  SIAM_TRY_ALLOCATE(made, 1);
  made->descriptor = -1;
  made->path = siam_copy_text(path);
  SIAM_TRY(siam_path_folder(path, &made->folder));
  size_t length = strlen(path) + sizeof ".0123456789abcdef";
  SIAM_TRY_ALLOCATE(made->temporary, length);
  if (made->path == NULL) {
    status = SIAM_ERROR_MEMORY;
    goto cleanup;
  }
  made->descriptor = open_temporary(path, made->temporary, length, is_private ? 0600 : 0666);
  if (made->descriptor < 0) {
    status = fail_errno(path, "create");
    goto cleanup;
  }
  if (!is_private) status = keep_permissions(made);
  if (status != SIAM_OK) {
    unlink(made->temporary);
    goto cleanup;
  }
  *writer = made;
  made = NULL;
cleanup:
  if (made != NULL) writer_release(made);
  return status;
}

siam_status siam_file_begin(const char *path, siam_file_writer **writer) {
  return begin(path, false, writer);
}

siam_status siam_file_write(siam_file_writer *writer, const void *bytes, size_t count) {
  const char *next = bytes;
  while (count > 0) {
    ssize_t put = write(writer->descriptor, next, count);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno(writer->path, "write");
    next += put;
    count -= (size_t)put;
  }
  return SIAM_OK;
}

siam_status siam_file_write_at(siam_file_writer *writer, uint64_t offset, const void *bytes, size_t count) {
  const char *next = bytes;
  while (count > 0) {
    ssize_t put = pwrite(writer->descriptor, next, count, (off_t)offset);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno(writer->path, "write");
    next += put;
    offset += (uint64_t)put;
    count -= (size_t)put;
  }
  return SIAM_OK;
}

siam_status siam_file_set_length(siam_file_writer *writer, uint64_t length) {
  if (ftruncate(writer->descriptor, (off_t)length) == 0) return SIAM_OK;
  return fail_errno(writer->path, "write");
}

/// Without this a rename may be lost with the power; some file systems cannot, which is no failure.
static void flush_folder(const char *folder) {
  int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  (void)fsync(descriptor);
  close(descriptor);
}

siam_status siam_file_move(const char *from, const char *to) {
  siam_text folder = {0};
  // Before the rename, since what was renamed must not be called a failure.
  siam_status status = siam_path_folder(to, &folder);
  if (status == SIAM_OK && rename(from, to) != 0) status = fail_errno(to, "replace");
  if (status == SIAM_OK) flush_folder(folder.bytes);
  siam_text_clear(&folder);
  return status;
}

siam_status siam_file_commit(siam_file_writer *writer) {
  siam_status status = SIAM_OK;
  if (fsync(writer->descriptor) != 0) status = fail_errno(writer->path, "flush");
  int closed = close(writer->descriptor);
  writer->descriptor = -1;
  if (status == SIAM_OK && closed != 0) status = fail_errno(writer->path, "close");
  if (status == SIAM_OK && rename(writer->temporary, writer->path) != 0)
    status = fail_errno(writer->path, "replace");
  if (status == SIAM_OK)
    flush_folder(writer->folder.bytes);
  else
    unlink(writer->temporary);
  writer_release(writer);
  return status;
}

void siam_file_abandon(siam_file_writer *writer) {
  if (writer == NULL) return;
  unlink(writer->temporary);
  writer_release(writer);
}

static siam_status replace(const char *path, bool is_private, const void *bytes, size_t count) {
  siam_file_writer *writer = NULL;
  SIAM_RETURN_IF_FAILED(begin(path, is_private, &writer));
  siam_status status = siam_file_write(writer, bytes, count);
  if (status != SIAM_OK) {
    siam_file_abandon(writer);
    return status;
  }
  return siam_file_commit(writer);
}

siam_status siam_file_check_place(const char *path) {
  siam_file_writer *writer = NULL;
  SIAM_RETURN_IF_FAILED(check_target(path));
  siam_status status = siam_file_begin(path, &writer);
  if (status == SIAM_ERROR_FILE)
    return siam_fail(status, "%s; name a file in a folder that exists and may be written to",
                     siam_last_error());
  siam_file_abandon(writer);
  return status;
}

siam_status siam_file_check_kind(const char *path, size_t offset, const char *mark, const char *kind) {
  char bytes[64] = {0};
  size_t length = strlen(mark);
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  // What cannot be read is not judged; whether it can be replaced is for siam_file_check_place() to say.
  if (descriptor < 0) return SIAM_OK;
  ssize_t count = pread(descriptor, bytes, sizeof bytes, 0);
  close(descriptor);
  if (count <= 0) return SIAM_OK;
  if (offset + length <= (size_t)count && memcmp(bytes + offset, mark, length) == 0) return SIAM_OK;
  return siam_fail(SIAM_ERROR_FILE, "%s: exists and is no %s; name another file, or remove it first", path,
                   kind);
}

bool siam_file_is_same(const char *a, const char *b) {
  struct stat first, second;
  return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

siam_status siam_file_check_room(const char *path, uint64_t bytes) {
  struct statvfs room;
  siam_text folder = {0};
  SIAM_RETURN_IF_FAILED(siam_path_folder(path, &folder));
  int failed = statvfs(folder.bytes, &room);
  siam_text_clear(&folder);
  // Some file systems do not know their size; there only writing will tell.
  if (failed != 0 || room.f_blocks == 0) return SIAM_OK;
  double available = (double)room.f_bavail * (double)room.f_frsize;
  if (available >= (double)bytes) return SIAM_OK;
  return siam_fail(SIAM_ERROR_FILE,
                   "%s: takes up to %.1f MiB, and %.1f MiB are free there; free space, or name a file "
                   "elsewhere",
                   path, (double)bytes / 1048576, available / 1048576);
}

siam_status siam_file_replace(const char *path, const void *bytes, size_t count) {
  return replace(path, false, bytes, count);
}

siam_status siam_file_replace_private(const char *path, const void *bytes, size_t count) {
  return replace(path, true, bytes, count);
}
