// A library that script/changes puts before all others (LD_PRELOAD), so that a folder changes while a command
// reads it:
//
//   CHANGE_FOLDER  the folder; its files and folders that the command opens are counted
//   CHANGE_AT      the number of the one, from 1, that something happens to just before it is opened; 0: none
//   CHANGE_HOW     what: vanish, empty, half (its second half goes), grow, replace (by CHANGE_OTHER), cut (as
//   half, but
//                  when it is open and its length was looked at), folder (the one that it lies in vanishes),
//                  all (the whole folder vanishes), appear (a copy of CHANGE_OTHER beside it)
//   CHANGE_REPORT  file that gets "COUNT HAPPENED PATH" at the end of the program
//
// What vanishes is moved into CHANGE_AWAY.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// The function of this name that would have been called.
#define NEXT(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long count;
static int cut_descriptor = -1;
static bool happened;
static char changed[4096];

static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value != NULL ? value : "";
}

static void move_away(const char *path) {
  char away[4096];
  snprintf(away, sizeof away, "%s/%lu", setting("CHANGE_AWAY"), count);
  happened = rename(path, away) == 0;
}

/// Writes CHANGE_OTHER to `path`, under a new name first, so that who has it open keeps the old one.
static void put_other(const char *path) {
  static char bytes[1 << 16];
  char next[4200];
  snprintf(next, sizeof next, "%s.next", path);
  int from = NEXT(open)(setting("CHANGE_OTHER"), O_RDONLY | O_CLOEXEC);
  int to = NEXT(open)(next, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ssize_t length = NEXT(read)(from, bytes, sizeof bytes);
  happened = length > 0 && write(to, bytes, (size_t)length) == length && rename(next, path) == 0;
  close(from);
  close(to);
}

static void add_bytes(const char *path) {
  static const char bytes[1000] = "more";
  int file = NEXT(open)(path, O_WRONLY | O_APPEND | O_CLOEXEC);
  happened = write(file, bytes, sizeof bytes) == (ssize_t)sizeof bytes;
  close(file);
}

/// What happens to a file or folder of any kind.
static bool change_place(const char *path, const char *how) {
  char above[4096], beside[4200];
  snprintf(above, sizeof above, "%s", path);
  dirname(above);
  snprintf(beside, sizeof beside, "%s/zz-new.png", above);
  if (strcmp(how, "vanish") == 0)
    move_away(path);
  else if (strcmp(how, "folder") == 0)
    move_away(above);
  else if (strcmp(how, "all") == 0)
    move_away(setting("CHANGE_FOLDER"));
  else if (strcmp(how, "appear") == 0)
    put_other(beside);
  else
    return false;
  return true;
}

/// What happens to a file; true where its moment is when it is open.
static bool change_file(const char *path, const char *how) {
  struct stat information;
  if (stat(path, &information) != 0 || !S_ISREG(information.st_mode)) return false;
  if (strcmp(how, "cut") == 0) return true;
  if (strcmp(how, "empty") == 0) happened = truncate(path, 0) == 0;
  if (strcmp(how, "half") == 0) happened = truncate(path, information.st_size / 2) == 0;
  if (strcmp(how, "grow") == 0) add_bytes(path);
  if (strcmp(how, "replace") == 0) put_other(path);
  return false;
}

/// Counts what is opened; true where it is to be cut when it is open.
static bool meet(const char *path) {
  const char *folder = setting("CHANGE_FOLDER"), *how = setting("CHANGE_HOW");
  bool later = false;
  if (*folder == '\0' || strncmp(path, folder, strlen(folder)) != 0) return false;
  pthread_mutex_lock(&lock);
  if (++count == strtoul(setting("CHANGE_AT"), NULL, 10)) {
    snprintf(changed, sizeof changed, "%s", path);
    if (!change_place(path, how)) later = change_file(path, how);
  }
  pthread_mutex_unlock(&lock);
  return later;
}

__attribute__((destructor)) static void report(void) {
  // Decoders in processes are programs of their own, with another environment.
  if (*setting("CHANGE_REPORT") == '\0') return;
  FILE *file = fopen(setting("CHANGE_REPORT"), "w");
  if (file == NULL) return;
  fprintf(file, "%lu %d %s\n", count, happened, changed);
  fclose(file);
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  const bool later = meet(path);
  const int descriptor = NEXT(open)(path, flags, mode);
  if (later) cut_descriptor = descriptor;
  return descriptor;
}

DIR *opendir(const char *path) {
  (void)meet(path);
  return NEXT(opendir)(path);
}

ssize_t read(int descriptor, void *bytes, size_t length) {
  struct stat information;
  if (descriptor >= 0 && descriptor == cut_descriptor && fstat(descriptor, &information) == 0) {
    cut_descriptor = -1;
    happened = truncate(changed, information.st_size / 2) == 0;
  }
  return NEXT(read)(descriptor, bytes, length);
}
