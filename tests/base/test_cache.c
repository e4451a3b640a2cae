#include "base/cache.h"
#include "base/memory.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char *folder;
static const char *cache;
static void begin(void) {
  folder = siam_scratch_create();
  cache = strdup(siam_scratch_path(folder, "a/cache"));
  setenv("SIAMESE_CACHE_DIR", cache, 1);
}
static void end(void) {
  free((char *)cache);
  siam_scratch_remove(folder);
}
TestSuite(cache, .init = begin, .fini = end);

static const char *entry_path(void) {
  const char *path = NULL;
  DIR *open_folder = opendir(cache);
  cr_assert_not_null(open_folder);
  for (struct dirent *entry = readdir(open_folder); entry != NULL; entry = readdir(open_folder))
    if (entry->d_name[0] != '.') path = siam_scratch_path(cache, entry->d_name);
  closedir(open_folder);
  cr_assert_not_null(path);
  return path;
}

/// What the cache holds for `key`, NUL-terminated, or NULL; the caller frees it.
static char *load(const char *key) {
  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_assert_eq(siam_cache_load("thing", key, 100, &bytes, &count), SIAM_OK, "%s", siam_last_error());
  if (bytes == NULL) return NULL;
  bytes = siam_reallocate(bytes, count + 1, 1);
  bytes[count] = '\0';
  return (char *)bytes;
}

static void expect(const char *key, const char *content) {
  char *found = load(key);
  if (content == NULL)
    cr_expect_null(found, "%s", key);
  else
    cr_expect(found != NULL && strcmp(found, content) == 0, "%s: %s", key, found != NULL ? found : "nothing");
  siam_free(found);
}

static void store(const char *key, const char *content) {
  cr_assert_eq(siam_cache_store("thing", key, content, strlen(content)), SIAM_OK, "%s", siam_last_error());
}

Test(cache, gives_back_what_was_stored_last_under_the_same_key_and_kind) {
  expect("key", NULL);
  store("key", "one");
  store("key2", "");
  store("key", "two");
  expect("key", "two");
  expect("key2", "");
  expect("ke", NULL);
  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_assert_eq(siam_cache_load("other", "key", 100, &bytes, &count), SIAM_OK);
  cr_expect_null(bytes);
  cr_assert_eq(siam_cache_load("thing", "key", 2, &bytes, &count), SIAM_OK);
  cr_expect_null(bytes, "an entry above the limit");
}

Test(cache, folder_and_entries_belong_to_the_user_alone_whatever_the_umask) {
  umask(0);
  store("key", "content");
  struct stat information;
  cr_assert_eq(stat(cache, &information), 0);
  cr_expect_eq(information.st_mode & 0777, 0700);
  cr_assert_eq(stat(entry_path(), &information), 0);
  cr_expect_eq(information.st_mode & 0777, 0600);
}

Test(cache, any_changed_byte_and_any_cut_makes_an_entry_absent_and_storing_heals_it) {
  store("key", "content");
  char path[512];
  snprintf(path, sizeof path, "%s", entry_path());
  FILE *file = fopen(path, "rb");
  char whole[256];
  size_t size = fread(whole, 1, sizeof whole, file);
  fclose(file);
  for (size_t i = 0; i < 2 * size; i++) {
    char changed[256];
    memcpy(changed, whole, size);
    if (i < size) changed[i] ^= 1;
    file = fopen(path, "wb");
    fwrite(changed, 1, i < size ? size : i - size, file);
    fclose(file);
    char *found = load("key");
    cr_assert_null(found, "variant %zu", i);
  }
  store("key", "again");
  expect("key", "again");
}

/// Puts the entry of one key into the place of another's.
static void expect_moved_is_absent(const char *key, const char *other) {
  store(key, "content");
  char first[512];
  snprintf(first, sizeof first, "%s", entry_path());
  char moved[512];
  snprintf(moved, sizeof moved, "%s/kept", folder);
  cr_assert_eq(rename(first, moved), 0);
  store(other, "another");
  cr_assert_eq(rename(moved, entry_path()), 0);
  expect(other, NULL);
  cr_assert_eq(unlink(entry_path()), 0);
}

Test(cache, an_entry_moved_to_the_place_of_another_key_is_absent) {
  expect_moved_is_absent("key", "other");
  expect_moved_is_absent("key", "kez");
}

Test(cache, entries_that_are_links_or_writable_by_others_are_absent) {
  store("key", "content");
  char path[512];
  snprintf(path, sizeof path, "%s", entry_path());
  chmod(path, 0620);
  expect("key", NULL);
  chmod(path, 0600);
  expect("key", "content");
  const char *elsewhere = siam_scratch_path(folder, "elsewhere");
  cr_assert_eq(rename(path, elsewhere), 0);
  cr_assert_eq(symlink(elsewhere, path), 0);
  expect("key", NULL);
  store("key", "new");
  expect("key", "new");
  struct stat information;
  cr_assert_eq(lstat(path, &information), 0);
  cr_expect(S_ISREG(information.st_mode));
}

static void expect_refusal(const char *words) {
  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_expect_eq(siam_cache_load("thing", "key", 100, &bytes, &count), SIAM_ERROR_FILE);
  cr_expect_not_null(strstr(siam_last_error(), words), "%s", siam_last_error());
  cr_expect_not_null(strstr(siam_last_error(), cache));
  cr_expect_eq(siam_cache_store("thing", "key", "x", 1), SIAM_ERROR_FILE);
}

Test(cache, a_folder_that_others_may_write_is_refused) {
  store("key", "content");
  const mode_t open_to[] = {0770, 0720, 0702, 0777};
  for (int i = 0; i < 4; i++) {
    chmod(cache, open_to[i]);
    expect_refusal("others may write");
  }
  chmod(cache, 0755);
  expect("key", "content");
}

Test(cache, a_linked_folder_and_a_file_in_its_place_are_refused) {
  mkdir(siam_scratch_path(folder, "a"), 0700);
  mkdir(siam_scratch_path(folder, "real"), 0700);
  cr_assert_eq(symlink(siam_scratch_path(folder, "real"), cache), 0);
  expect_refusal("links are not followed");
  unlink(cache);
  fclose(fopen(cache, "w"));
  expect_refusal("not a folder");
}

Test(cache, a_linked_folder_is_refused_however_its_name_ends) {
  mkdir(siam_scratch_path(folder, "a"), 0700);
  mkdir(siam_scratch_path(folder, "real"), 0700);
  cr_assert_eq(symlink(siam_scratch_path(folder, "real"), cache), 0);
  static const char *const ends[] = {"/", "//", "/.", "/./", "/.//."};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    char name[512];
    snprintf(name, sizeof name, "%s%s", cache, ends[i]);
    setenv("SIAMESE_CACHE_DIR", name, 1);
    expect_refusal("links are not followed");
  }
}

Test(cache, a_folder_is_the_same_however_its_name_ends) {
  store("key", "content");
  char name[512];
  snprintf(name, sizeof name, "%s//./", cache);
  setenv("SIAMESE_CACHE_DIR", name, 1);
  expect("key", "content");
}

Test(cache, a_pipe_in_the_place_of_an_entry_is_absent) {
  store("key", "content");
  char path[512];
  snprintf(path, sizeof path, "%s", entry_path());
  cr_assert_eq(unlink(path), 0);
  cr_assert_eq(mkfifo(path, 0600), 0);
  expect("key", NULL);
}

Test(cache, a_folder_of_another_user_is_refused) {
  if (geteuid() != 0) {
    end(); // A skipped test ends without it.
    cr_skip("only root can give a folder away");
  }
  store("key", "content");
  cr_assert_eq(chown(cache, 12345, (gid_t)-1), 0);
  expect_refusal("another user");
}

Test(cache, follows_the_environment_to_its_folder) {
  unsetenv("SIAMESE_CACHE_DIR");
  setenv("HOME", siam_scratch_path(folder, "home"), 1);
  setenv("XDG_CACHE_HOME", "relative", 1);
  store("key", "content");
  cr_expect_eq(access(siam_scratch_path(folder, "home/.cache/siamese"), F_OK), 0);
  setenv("XDG_CACHE_HOME", siam_scratch_path(folder, "xdg"), 1);
  store("key", "content");
  cr_expect_eq(access(siam_scratch_path(folder, "xdg/siamese"), F_OK), 0);
}

Test(cache, can_be_off) {
  setenv("SIAMESE_CACHE_DIR", "off", 1);
  store("key", "content");
  expect("key", NULL);
  unsetenv("SIAMESE_CACHE_DIR");
  unsetenv("XDG_CACHE_HOME");
  unsetenv("HOME");
  store("key", "content");
  expect("key", NULL);
}

/// A sparse file that begins with `magic`, counts `bytes` and was used `age` seconds ago.
static void fill(const char *name, const char *magic, off_t bytes, time_t age) {
  const char *path = siam_scratch_path(cache, name);
  int descriptor = open(path, O_WRONLY | O_CREAT, 0600);
  cr_assert_eq(write(descriptor, magic, strlen(magic)), (ssize_t)strlen(magic));
  cr_assert_eq(ftruncate(descriptor, bytes), 0);
  const struct timespec times[2] = {{.tv_sec = time(NULL) - age}, {.tv_sec = time(NULL) - age}};
  cr_assert_eq(futimens(descriptor, times), 0);
  close(descriptor);
}

static void expect_there(const char *name, bool there) {
  cr_expect_eq(access(siam_scratch_path(cache, name), F_OK) == 0, there, "%s", name);
}

#define OURS "SIAMKEPT"

Test(cache, a_full_folder_loses_what_was_unused_for_longest) {
  store("key", "content");
  fill("program-000000000000000a.siamese", OURS, 100 << 20, 300);
  fill("program-000000000000000b.siamese", OURS, 100 << 20, 900);
  fill("program-000000000000000c.siamese", OURS, 100 << 20, 20);
  store("key2", "content");
  expect_there("program-000000000000000b.siamese", false);
  expect_there("program-000000000000000a.siamese", true);
  expect_there("program-000000000000000c.siamese", true);
  expect("key", "content");
}

Test(cache, a_full_folder_loses_what_an_interrupted_write_left) {
  store("key", "content");
  fill("program-000000000000000a.siamese.0123456789abcdef", OURS, 200 << 20, 900);
  fill("program-000000000000000b.siamese", OURS, 100 << 20, 300);
  store("key2", "content");
  expect_there("program-000000000000000a.siamese.0123456789abcdef", false);
  expect_there("program-000000000000000b.siamese", true);
}

/// Models end as entries do, and people keep them where they like.
Test(cache, a_full_folder_loses_nothing_that_is_not_its_own) {
  static const struct {
    const char *name, *magic;
  } others[] = {{"shapes.siamese", OURS},
                {"photos.siamese", "model"},
                {"family-photo.png", OURS},
                {"program-000000000000000a.siamese", "model"},
                {"program-00000000000000a.siamese", OURS},
                {"program-000000000000000A.siamese", OURS},
                {"program-0000000000000000a.siamese", OURS},
                {"program-000000000000000b.siamese.old", OURS},
                {"program-000000000000000b.siamese.0123456789abcdef0", OURS},
                {"my-program-000000000000000a.siamese", OURS},
                {"-000000000000000a.siamese", OURS},
                {".siamese", OURS}};
  enum { OTHERS = sizeof others / sizeof *others };
  store("key", "content");
  for (size_t i = 0; i < OTHERS; i++) fill(others[i].name, others[i].magic, 300 << 20, 9000);
  store("key2", "content");
  for (size_t i = 0; i < OTHERS; i++) expect_there(others[i].name, true);
  // Nor do they count, any of which has more bytes than fit, so that no entry goes for them.
  expect("key", "content");
}
