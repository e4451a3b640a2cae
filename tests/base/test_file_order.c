// In which order a file is written, and what happens where a call fails or does half. The calls below take
// the place of the system's in this program, note their names and pass on.
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *folder;
static char *path;
static bool watching;                        ///< Criterion writes, too.
static char calls[256];                      ///< Names of the calls so far.
static int flushes_to_fail, half, interrupt; ///< How many calls are to fail, do half, or be interrupted.

static void note(const char *call) {
  size_t length = strlen(calls);
  if (watching) snprintf(calls + length, sizeof calls - length, "%s%s", length > 0 ? ", " : "", call);
}

static bool is_due(int *times) {
  return watching && *times > 0 && (*times)-- > 0;
}

int fsync(int descriptor) {
  struct stat information;
  fstat(descriptor, &information);
  note(S_ISDIR(information.st_mode) ? "flush the folder" : "flush");
  if (is_due(&flushes_to_fail)) {
    errno = EIO;
    return -1;
  }
  return (int)syscall(SYS_fsync, descriptor);
}

int rename(const char *from, const char *to) {
  note("rename");
  return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  note("write");
  if (is_due(&interrupt)) {
    errno = EINTR;
    return -1;
  }
  return syscall(SYS_write, descriptor, bytes, is_due(&half) ? (count + 1) / 2 : count);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  note("write at");
  return syscall(SYS_pwrite64, descriptor, bytes, is_due(&half) ? (count + 1) / 2 : count, offset);
}

static void begin(void) {
  folder = siam_scratch_create();
  path = siam_copy_text(siam_scratch_path(folder, "model"));
  cr_assert_eq(siam_file_replace(path, "old", 3), SIAM_OK);
}
static void end(void) {
  siam_free(path);
  siam_scratch_remove(folder);
}
TestSuite(file_order, .init = begin, .fini = end);

static siam_status replace(const char *text) {
  watching = true;
  const siam_status status = siam_file_replace(path, text, strlen(text));
  watching = false;
  return status;
}

static void expect_content(const char *text) {
  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_assert_eq(siam_file_read(path, 100, &bytes, &count), SIAM_OK);
  cr_expect_eq(count, strlen(text));
  cr_expect_arr_eq(bytes, text, count < strlen(text) ? count : strlen(text));
  siam_free(bytes);
}

Test(file_order, content_is_on_the_disk_before_it_has_the_name_and_the_name_before_all_is_done) {
  cr_assert_eq(replace("new"), SIAM_OK);
  cr_expect_str_eq(calls, "write, flush, rename, flush the folder");
  expect_content("new");
}

Test(file_order, a_moved_file_has_its_name_on_the_disk_before_all_is_done) {
  const char *next = siam_scratch_path(folder, "next");
  cr_assert_eq(siam_file_replace(next, "new", 3), SIAM_OK);
  watching = true;
  const siam_status status = siam_file_move(next, path);
  watching = false;
  cr_assert_eq(status, SIAM_OK);
  cr_expect_str_eq(calls, "rename, flush the folder");
  expect_content("new");
}

Test(file_order, what_cannot_be_flushed_does_not_take_the_name_and_leaves_nothing_behind) {
  flushes_to_fail = 1;
  cr_assert_eq(replace("new"), SIAM_ERROR_FILE);
  cr_expect_not_null(strstr(siam_last_error(), "cannot flush: Input/output error"), "%s", siam_last_error());
  cr_expect_str_eq(calls, "write, flush");
  expect_content("old");
  DIR *listed = opendir(folder);
  int count = 0;
  while (readdir(listed) != NULL) count++;
  closedir(listed);
  cr_expect_eq(count, 3, ".., . and the file");
}

Test(file_order, writes_that_do_half_or_are_interrupted_go_on) {
  half = 2;
  interrupt = 1;
  cr_assert_eq(replace("0123456789"), SIAM_OK);
  cr_expect_str_eq(calls, "write, write, write, write, flush, rename, flush the folder");
  expect_content("0123456789");
}

Test(file_order, writes_at_a_place_that_do_half_go_on) {
  siam_file_writer *writer = NULL;
  cr_assert_eq(siam_file_begin(path, &writer), SIAM_OK);
  watching = true;
  half = 2;
  cr_assert_eq(siam_file_write_at(writer, 2, "cdefgh", 6), SIAM_OK);
  cr_assert_eq(siam_file_write_at(writer, 0, "ab", 2), SIAM_OK);
  cr_assert_eq(siam_file_commit(writer), SIAM_OK);
  watching = false;
  expect_content("abcdefgh");
}
