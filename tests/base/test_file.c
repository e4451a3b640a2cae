#include "base/file.h"
#include "base/memory.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder;
static void begin(void) {
  folder = siam_scratch_create();
}
static void end(void) {
  siam_scratch_remove(folder);
}
TestSuite(file, .init = begin, .fini = end);

static int entries(void) {
  int count = 0;
  DIR *open_folder = opendir(folder);
  while (readdir(open_folder) != NULL) count++;
  closedir(open_folder);
  return count - 2;
}

Test(file, what_is_written_is_read_back) {
  const char *path = siam_scratch_path(folder, "name with ä space");
  cr_assert_eq(siam_file_replace(path, "abc\0d", 5), SIAM_OK);
  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_assert_eq(siam_file_read(path, 5, &bytes, &count), SIAM_OK);
  cr_assert_eq(count, 5);
  cr_assert_arr_eq(bytes, "abc\0d\0", 6);
  siam_free(bytes);
  cr_assert_eq(entries(), 1);
}

Test(file, nothing_shows_before_commit_and_abandon_leaves_no_trace) {
  const char *path = siam_scratch_path(folder, "model");
  cr_assert_eq(siam_file_replace(path, "old", 3), SIAM_OK);
  siam_file_writer *writer = NULL;
  cr_assert_eq(siam_file_begin(path, &writer), SIAM_OK);
  cr_assert_eq(siam_file_write(writer, "new!", 4), SIAM_OK);
  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_assert_eq(siam_file_read(path, 100, &bytes, &count), SIAM_OK);
  cr_assert_eq(count, 3);
  siam_free(bytes);
  siam_file_abandon(writer);
  cr_assert_eq(entries(), 1);
}

Test(file, replacing_keeps_the_permissions) {
  const char *path = siam_scratch_path(folder, "private");
  cr_assert_eq(siam_file_replace(path, "1", 1), SIAM_OK);
  chmod(path, 0600);
  cr_assert_eq(siam_file_replace(path, "2", 1), SIAM_OK);
  struct stat information;
  stat(path, &information);
  cr_assert_eq(information.st_mode & 0777, 0600);
}

Test(file, refusals_name_the_file_and_the_reason) {
  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_assert_eq(siam_file_read(siam_scratch_path(folder, "absent"), 10, &bytes, &count), SIAM_ERROR_FILE);
  cr_assert_not_null(strstr(siam_last_error(), "absent"));
  cr_assert_eq(siam_file_read(folder, 10, &bytes, &count), SIAM_ERROR_FILE);
  const char *path = siam_scratch_path(folder, "long");
  siam_file_replace(path, "0123456789", 10);
  cr_assert_eq(siam_file_read(path, 9, &bytes, &count), SIAM_ERROR_FORMAT);
  cr_assert_not_null(strstr(siam_last_error(), "limit of 9"));
  cr_assert_eq(siam_file_replace(siam_scratch_path(folder, "no/such/place"), "x", 1), SIAM_ERROR_FILE);
  cr_assert_null(bytes);
}

static void assert_refused(siam_status status, const char *part) {
  cr_assert_eq(status, SIAM_ERROR_FILE);
  cr_assert_not_null(strstr(siam_last_error(), part), "%s", siam_last_error());
}

Test(file, only_files_are_replaced) {
  const char *pipe = siam_scratch_path(folder, "pipe"), *link = siam_scratch_path(folder, "link");
  cr_assert_eq(mkfifo(pipe, 0600), 0);
  cr_assert_eq(symlink("pipe", link), 0);
  assert_refused(siam_file_replace(pipe, "x", 1), "pipe: cannot create: it is a device or a pipe");
  assert_refused(siam_file_replace(link, "x", 1), "link: cannot create: it is a device or a pipe");
  assert_refused(siam_file_check_place(pipe), "a device or a pipe; name a file");
  assert_refused(siam_file_check_place("/dev/null"), "a device or a pipe; name a file");
  assert_refused(siam_file_check_place(folder), "a folder; name a file");
  struct stat information;
  cr_assert(stat(pipe, &information) == 0 && S_ISFIFO(information.st_mode));
  cr_assert_eq(entries(), 2);
}

Test(file, a_file_of_another_kind_is_protected) {
  const char *path = siam_scratch_path(folder, "file");
  cr_assert_eq(siam_file_check_kind(path, 3, "mark", "model"), SIAM_OK);
  cr_assert_eq(siam_file_replace(path, "", 0), SIAM_OK);
  cr_assert_eq(siam_file_check_kind(path, 3, "mark", "model"), SIAM_OK);
  cr_assert_eq(siam_file_replace(path, "...mark and more", 16), SIAM_OK);
  cr_assert_eq(siam_file_check_kind(path, 3, "mark", "model"), SIAM_OK);
  assert_refused(siam_file_check_kind(path, 2, "mark", "model"),
                 "file: exists and is no model; name another");
  // Too short for the mark, also where what is there agrees with it.
  cr_assert_eq(siam_file_replace(path, "...mar", 6), SIAM_OK);
  assert_refused(siam_file_check_kind(path, 3, "mark", "log"), "is no log");
}

Test(file, room_is_asked_for_where_the_file_will_lie) {
  cr_assert_eq(siam_file_check_room(siam_scratch_path(folder, "new"), 1), SIAM_OK);
  assert_refused(siam_file_check_room(siam_scratch_path(folder, "new"), UINT64_MAX), "MiB are free there");
  cr_assert_eq(siam_file_check_room("new", 1), SIAM_OK);
  // A folder that is not there is for siam_file_check_place() to refuse.
  cr_assert_eq(siam_file_check_room(siam_scratch_path(folder, "no/such/place"), UINT64_MAX), SIAM_OK);
}
