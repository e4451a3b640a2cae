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

static siam_status check_folder(const char *path) {
  struct stat information;
  if (lstat(path, &information) != 0)
    return siam_fail(SIAM_ERROR_FILE, "%s: cannot be used as cache folder: %s", path, strerror(errno));
  if (!S_ISDIR(information.st_mode))
    return siam_fail(SIAM_ERROR_FILE, "%s: not used as cache: it is not a folder (links are not followed)",
                     path);
  if (information.st_uid != geteuid())
    return siam_fail(SIAM_ERROR_FILE, "%s: not used as cache: the folder belongs to another user", path);
  if ((information.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return siam_fail(SIAM_ERROR_FILE, "%s: not used as cache: others may write to it; chmod 700 helps", path);
  return SIAM_OK;
}

/// The folder, made where it is missing and found safe; an empty text where there is no cache.
static siam_status open_folder(siam_text *path) {
  name_folder(path);
  SIAM_RETURN_IF_FAILED(siam_text_status(path));
  if (path->length == 0) return SIAM_OK;
  make_folders(path->bytes);
  return check_folder(path->bytes);
}

/// The path of an entry; an empty text where there is no cache.
static siam_status find_entry(const char *kind, const char *key, siam_text *path) {
  SIAM_RETURN_IF_FAILED(open_folder(path));
  if (path->length == 0) return SIAM_OK;
  siam_text_add(path, "/%s-%016" PRIx64 SUFFIX, kind, siam_hash_bytes(key, strlen(key)));
  return siam_text_status(path);
}

/// An entry must be a plain file of this user that nobody else may write.
static bool is_safe_entry(const char *path) {
  struct stat information;
  return lstat(path, &information) == 0 && S_ISREG(information.st_mode) && information.st_uid == geteuid() &&
         (information.st_mode & (S_IWGRP | S_IWOTH)) == 0;
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
  siam_text path = {0};
  uint8_t *file = NULL;
  size_t size = 0, content = 0, before = sizeof(header) + strlen(key);
  *bytes = NULL;
  *count = 0;
  SIAM_TRY(find_entry(kind, key, &path));
  if (path.length == 0 || !is_safe_entry(path.bytes)) goto cleanup;
  if (siam_file_read(path.bytes, before + limit, &file, &size) != SIAM_OK) goto cleanup;
  if (!siam_cache_is_sound(file, size, key, &content)) goto cleanup;
  // The time of last use decides what goes when the folder is full.
  (void)utimensat(AT_FDCWD, path.bytes, NULL, AT_SYMLINK_NOFOLLOW);
  memmove(file, file + before, content);
  *bytes = file;
  *count = content;
  file = NULL;
cleanup:
  siam_free(file);
  siam_text_clear(&path);
  return status;
}

/// Adds up the entries in an open folder and finds the one unused for longest.
static uint64_t measure(DIR *folder, char oldest[NAME_MAX + 1]) {
  uint64_t total = 0;
  struct timespec since = {0};
  oldest[0] = '\0';
  rewinddir(folder);
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    struct stat information;
    // Anything else in the folder is not ours to count or to remove.
    if (strstr(entry->d_name, SUFFIX) == NULL) continue;
    if (fstatat(dirfd(folder), entry->d_name, &information, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(information.st_mode)) continue;
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

static void remove_oldest(const char *path) {
  DIR *folder = path != NULL ? opendir(path) : NULL;
  if (folder == NULL) return;
  char oldest[NAME_MAX + 1];
  while (measure(folder, oldest) > most_bytes)
    if (unlinkat(dirfd(folder), oldest, 0) != 0) break;
  closedir(folder);
}

siam_status siam_cache_store(const char *kind, const char *key, const void *bytes, size_t count) {
  siam_status status = SIAM_OK;
  siam_text path = {0}, folder = {0}, file = {0};
  SIAM_TRY(find_entry(kind, key, &path));
  if (path.length == 0) goto cleanup;
  header head = {.key_length = strlen(key), .content_length = count};
  memcpy(head.magic, MAGIC, sizeof head.magic);
  siam_text_add_bytes(&file, (const char *)&head, sizeof head);
  siam_text_add_bytes(&file, key, head.key_length);
  siam_text_add_bytes(&file, bytes, count);
  SIAM_TRY(siam_text_status(&file));
  head.checksum = siam_hash_bytes(file.bytes + sizeof head, file.length - sizeof head);
  memcpy(file.bytes, &head, sizeof head);
  SIAM_TRY(siam_file_replace_private(path.bytes, file.bytes, file.length));
  name_folder(&folder);
  SIAM_TRY(siam_text_status(&folder));
  remove_oldest(folder.bytes);
cleanup:
  siam_text_clear(&path);
  siam_text_clear(&folder);
  siam_text_clear(&file);
  return status;
}
