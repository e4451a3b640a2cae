#include "base/cache.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "SIAMKEPT"
#define SUFFIX ".siamese"
static const uint64_t most_bytes = 256ULL << 20;

/// What an entry's file begins with; the key and the content follow, and the checksum is theirs.
typedef struct header {
  char magic[8];
  uint64_t key_length, content_length, checksum;
} header;

/// Writes the folder's name into `path`; leaves it empty where there is no cache.
static void name_folder(siam_text *path) {
  const char *own = getenv("SIAMESE_CACHE_DIR"), *shared = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  if (own != NULL && own[0] != '\0') {
    if (strcmp(own, "off") != 0) siam_text_add(path, "%s", own);
  } else if (shared != NULL && shared[0] == '/') {
    // The XDG base directory specification has relative paths ignored.
    siam_text_add(path, "%s/siamese", shared);
  } else if (home != NULL && home[0] == '/') {
    siam_text_add(path, "%s/.cache/siamese", home);
  }
}

/// Makes the folder and those above it, closed to others; existing ones stay as they are.
static void make_folders(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    (void)mkdir(path, 0700);
    *slash = '/';
  }
  (void)mkdir(path, 0700);
}

static siam_status check_folder(const char *path, int descriptor) {
  struct stat information;
  if (fstat(descriptor, &information) != 0)
    return siam_fail(SIAM_ERROR_FILE, "%s: cannot be used as cache folder: %s", path, strerror(errno));
  if (information.st_uid != geteuid())
    return siam_fail(SIAM_ERROR_FILE, "%s: not used as cache: the folder belongs to another user", path);
  if ((information.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return siam_fail(SIAM_ERROR_FILE, "%s: not used as cache: others may write to it; chmod 700 helps", path);
  return SIAM_OK;
}

/// Leaves out what would have a link at the end of the path followed: "link/" and "link/." are its target.
static void strip_end(siam_text *path) {
  char *bytes = path->bytes;
  size_t length = path->length;
  while (length > 1 && (bytes[length - 1] == '/' || (bytes[length - 1] == '.' && bytes[length - 2] == '/')))
    length--;
  path->length = length;
  bytes[length] = '\0';
}

/// Opens the folder, made where it is missing and found safe; `*descriptor` stays below 0 and `path` empty
/// where there is no cache.
static siam_status open_folder(siam_text *path, int *descriptor) {
  name_folder(path);
  SIAM_RETURN_IF_FAILED(siam_text_status(path));
  if (path->length == 0) return SIAM_OK;
  strip_end(path);
  make_folders(path->bytes);
  int opened = open(path->bytes, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (opened < 0 && (errno == ENOTDIR || errno == ELOOP))
    return siam_fail(SIAM_ERROR_FILE, "%s: not used as cache: it is not a folder (links are not followed)",
                     path->bytes);
  if (opened < 0)
    return siam_fail(SIAM_ERROR_FILE, "%s: cannot be used as cache folder: %s", path->bytes, strerror(errno));
  siam_status status = check_folder(path->bytes, opened);
  if (status != SIAM_OK) {
    close(opened);
    return status;
  }
  *descriptor = opened;
  return SIAM_OK;
}

/// An entry's name in the folder: name_entry() makes it, is_entry_name() knows it.
enum { HASH_DIGITS = 16 };

static siam_status name_entry(const char *kind, const char *key, siam_text *name) {
  siam_text_add(name, "%s-%0*" PRIx64 SUFFIX, kind, HASH_DIGITS, siam_hash_bytes(key, strlen(key)));
  return siam_text_status(name);
}

static bool are_digits(const char *text) {
  return strspn(text, "0123456789abcdef") >= HASH_DIGITS;
}

/// Also true for what an interrupted write left beside an entry (siam_file_begin()).
static bool is_entry_name(const char *name) {
  size_t kind = strspn(name, "abcdefghijklmnopqrstuvwxyz"), suffix = strlen(SUFFIX);
  if (kind == 0 || name[kind] != '-' || !are_digits(name + kind + 1)) return false;
  const char *end = name + kind + 1 + HASH_DIGITS;
  if (strncmp(end, SUFFIX, suffix) != 0) return false;
  end += suffix;
  return *end == '\0' || (*end == '.' && are_digits(end + 1) && end[1 + HASH_DIGITS] == '\0');
}

/// Opens an entry; below 0 where there is none, or no plain file of this user that nobody else may write.
static int open_entry(int folder, const char *name, struct stat *information) {
  int descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return descriptor;
  if (fstat(descriptor, information) == 0 && S_ISREG(information->st_mode) &&
      information->st_uid == geteuid() && (information->st_mode & (S_IWGRP | S_IWOTH)) == 0)
    return descriptor;
  close(descriptor);
  return -1;
}

bool siam_cache_is_sound(const uint8_t *file, size_t size, const char *key, size_t *content_length) {
  header head;
  if (size < sizeof head) return false;
  memcpy(&head, file, sizeof head);
  size_t rest = size - sizeof head, key_length = strlen(key);
  if (memcmp(head.magic, MAGIC, sizeof head.magic) != 0 || head.key_length != key_length) return false;
  if (key_length > rest || head.content_length != rest - key_length) return false;
  if (siam_hash_bytes(file + sizeof head, rest) != head.checksum) return false;
  *content_length = rest - key_length;
  return memcmp(file + sizeof head, key, key_length) == 0;
}

siam_status siam_cache_load(const char *kind, const char *key, size_t limit, uint8_t **bytes, size_t *count) {
  siam_status status = SIAM_OK;
  siam_text path = {0}, name = {0};
  uint8_t *file = NULL;
  size_t size = 0, content = 0, before = sizeof(header) + strlen(key);
  int folder = -1, entry = -1;
  struct stat information;
  *bytes = NULL;
  *count = 0;
  SIAM_TRY(open_folder(&path, &folder));
  if (folder < 0) goto cleanup;
  SIAM_TRY(name_entry(kind, key, &name));
  entry = open_entry(folder, name.bytes, &information);
  if (entry < 0) goto cleanup;
  if (siam_file_read_open(entry, name.bytes, before + limit, &file, &size) != SIAM_OK) goto cleanup;
  if (!siam_cache_is_sound(file, size, key, &content)) goto cleanup;
  // The time of last use decides what goes when the folder is full.
  (void)futimens(entry, NULL);
  memmove(file, file + before, content);
  *bytes = file;
  *count = content;
  file = NULL;
cleanup:
  if (entry >= 0) close(entry);
  if (folder >= 0) close(folder);
  siam_free(file);
  siam_text_clear(&name);
  siam_text_clear(&path);
  return status;
}

/// Whether a file in the folder is one that this cache wrote, by its name and by what it begins with: people
/// may keep their models beside it. Writes its length and when it was used last.
static bool is_ours(int folder, const char *name, struct stat *information) {
  char magic[sizeof MAGIC - 1];
  if (!is_entry_name(name)) return false;
  int descriptor = open_entry(folder, name, information);
  if (descriptor < 0) return false;
  bool ours = pread(descriptor, magic, sizeof magic, 0) == (ssize_t)sizeof magic &&
              memcmp(magic, MAGIC, sizeof magic) == 0;
  close(descriptor);
  return ours;
}

/// Adds up the entries in an open folder and finds the one unused for longest.
static uint64_t measure(DIR *folder, char oldest[NAME_MAX + 1]) {
  uint64_t total = 0;
  struct timespec since = {0};
  oldest[0] = '\0';
  rewinddir(folder);
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    struct stat information;
    if (!is_ours(dirfd(folder), entry->d_name, &information)) continue;
    total += (uint64_t)information.st_size;
    const struct timespec *used = &information.st_mtim;
    bool older =
        used->tv_sec < since.tv_sec || (used->tv_sec == since.tv_sec && used->tv_nsec < since.tv_nsec);
    if (oldest[0] != '\0' && !older) continue;
    since = *used;
    snprintf(oldest, NAME_MAX + 1, "%s", entry->d_name);
  }
  return total;
}

/// Takes the descriptor of the folder over.
static void remove_oldest(int descriptor) {
  DIR *folder = fdopendir(descriptor);
  if (folder == NULL) {
    close(descriptor);
    return;
  }
  char oldest[NAME_MAX + 1];
  while (measure(folder, oldest) > most_bytes)
    if (unlinkat(dirfd(folder), oldest, 0) != 0) break;
  closedir(folder);
}

siam_status siam_cache_store(const char *kind, const char *key, const void *bytes, size_t count) {
  siam_status status = SIAM_OK;
  siam_text path = {0}, file = {0};
  int folder = -1;
  SIAM_TRY(open_folder(&path, &folder));
  if (folder < 0) goto cleanup;
  siam_text_add(&path, "/");
  SIAM_TRY(name_entry(kind, key, &path));
  header head = {.key_length = strlen(key), .content_length = count};
  memcpy(head.magic, MAGIC, sizeof head.magic);
  siam_text_add_bytes(&file, (const char *)&head, sizeof head);
  siam_text_add_bytes(&file, key, head.key_length);
  siam_text_add_bytes(&file, bytes, count);
  SIAM_TRY(siam_text_status(&file));
  head.checksum = siam_hash_bytes(file.bytes + sizeof head, file.length - sizeof head);
  memcpy(file.bytes, &head, sizeof head);
  SIAM_TRY(siam_file_replace_private(path.bytes, file.bytes, file.length));
  remove_oldest(folder);
  folder = -1;
cleanup:
  if (folder >= 0) close(folder);
  siam_text_clear(&path);
  siam_text_clear(&file);
  return status;
}
