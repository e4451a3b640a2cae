#include "base/lock.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *folder;
static void begin(void) {
  folder = siam_scratch_create();
  cr_assert_eq(chdir(folder), 0);
  cr_assert_eq(mkdir("a", 0700), 0);
  cr_assert_eq(symlink("a", "link"), 0);
}
static void end(void) {
  cr_assert_eq(chdir("/"), 0);
  siam_scratch_remove(folder);
}
TestSuite(lock, .init = begin, .fini = end);

static siam_lock *take(const char *path) {
  siam_lock *lock = NULL;
  cr_assert_eq(siam_lock_take(path, &lock), SIAM_OK, "%s", siam_last_error());
  cr_assert_not_null(lock);
  return lock;
}

static void expect_taken(const char *path) {
  siam_lock *lock = NULL;
  cr_expect_eq(siam_lock_take(path, &lock), SIAM_ERROR_FILE, "%s", path);
  cr_expect_null(lock);
  cr_expect_not_null(strstr(siam_last_error(), "another run is writing it"), "%s", siam_last_error());
}

Test(lock, one_at_a_time_has_a_file_by_whatever_path) {
  siam_lock *first = take("a/model"), *other = take("a/model2"), *elsewhere = take("model");
  expect_taken("a/model");
  expect_taken("link/model");
  expect_taken("./a//model");
  siam_lock_release(first);
  first = take("link/model");
  expect_taken("a/model");
  siam_lock_release(first);
  siam_lock_release(other);
  siam_lock_release(elsewhere);
}

Test(lock, leaves_nothing_on_the_disk_and_ends_with_its_process_however_that_ends) {
  int ready[2];
  cr_assert_eq(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    siam_lock *lock = NULL;
    const char taken = siam_lock_take("a/model", &lock) == SIAM_OK && lock != NULL ? 'y' : 'n';
    if (write(ready[1], &taken, 1) != 1) _exit(1);
    for (;;) pause();
  }
  char taken = 0;
  cr_assert_eq(read(ready[0], &taken, 1), 1);
  cr_assert_eq(taken, 'y');
  expect_taken("a/model");
  kill(child, SIGKILL);
  cr_assert_eq(waitpid(child, NULL, 0), child);
  siam_lock_release(take("a/model"));
  cr_expect_eq(rmdir("a"), 0, "something is there");
}

Test(lock, a_folder_that_is_missing_is_said) {
  siam_lock *lock = NULL;
  cr_expect_eq(siam_lock_take("nowhere/model", &lock), SIAM_ERROR_FILE);
  cr_expect_not_null(strstr(siam_last_error(), "a folder that exists"), "%s", siam_last_error());
}
