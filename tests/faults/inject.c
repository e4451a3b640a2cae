// A library that script/faults puts before all others (LD_PRELOAD), so that chosen calls of a command fail:
//
//   FAULTS_KIND    memory, space, io, permission, short, interrupted, or opencl
//   FAULTS_AT      the number of the call that fails, from 1; 0: none, they are only counted
//   FAULTS_MODE    once, or from: every later call fails too
//   FAULTS_SINCE   a file: before it is there nothing is counted, and nothing fails
//   FAULTS_STREAMS no: calls of <stdio.h> are spared, as on a full disk where a line still fits into the last
//                  block of a log
//   FAULTS_REPORT  file that gets "CALLS INJECTED BLOCKS OBJECTS" at the end of the program: calls that could
//                  fail, faults injected, blocks of memory and OpenCL objects that were not released
//
// Calls that a command imports and that do not fail here stand in others.txt, with the reason; script/faults
// looks whether that is all of them.
//
// Only calls that the command itself and the libraries of pictures and JSON make are counted and fail: what a
// driver does with its own memory is its own affair, and C++ libraries end the program.
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEMORY, SPACE, IO, PERMISSION, SHORT, INTERRUPTED, OPENCL, KINDS, NONE = -1 };
static const char *const kinds[KINDS] = {"memory", "space",       "io",    "permission",
                                         "short",  "interrupted", "opencl"};

/// Signals do not interrupt for ever, and who tries again may count on that.
enum { MOST_INTERRUPTIONS = 100, MOST_RANGES = 16, TRACKED = 1 << 18 };

static int kind = NONE;
static unsigned long fail_at;
static bool from, spares_streams;
static const char *since;
static atomic_ulong calls, injected, objects;

/// Where the code lies whose calls count.
static struct { uintptr_t begin, end; } ranges[MOST_RANGES];
static int range_count;

static bool is_counted(const void *caller) {
  for (int i = 0; i < range_count; i++)
    if ((uintptr_t)caller >= ranges[i].begin && (uintptr_t)caller < ranges[i].end) return true;
  return false;
}
#define COUNTED is_counted(__builtin_return_address(0))

/// The function of this name that would have been called.
#define NEXT(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

/// Counts a call that could fail in this way; true when it has to.
static bool fails(int way) {
  if (way != kind) return false;
  if (since != NULL && NEXT(access)(since, F_OK) != 0) return false;
  unsigned long number = atomic_fetch_add(&calls, 1) + 1;
  bool due = fail_at > 0 && (from ? number >= fail_at : number == fail_at);
  if (due && way == INTERRUPTED && number >= fail_at + MOST_INTERRUPTIONS) due = false;
  if (due) atomic_fetch_add(&injected, 1);
  return due;
}

/// A file operation that writes (or opens for writing) can lack space; all can meet an error of the disk.
static bool file_fails(bool writes, bool opens) {
  int error = 0;
  if (writes && fails(SPACE)) error = ENOSPC;
  if (fails(IO)) error = EIO;
  if (opens && fails(PERMISSION)) error = EACCES;
  if (error != 0) errno = error;
  return error != 0;
}

static int add_module(struct dl_phdr_info *module, size_t size, void *context) {
  (void)size;
  static const char *const names[] = {"libjansson", "libjpeg", "libwebp"};
  bool counted = *(int *)context == 0;
  *(int *)context += 1;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    counted = counted || strstr(module->dlpi_name, names[i]) != NULL;
  for (int i = 0; counted && i < module->dlpi_phnum && range_count < MOST_RANGES; i++) {
    const ElfW(Phdr) *part = &module->dlpi_phdr[i];
    if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0) continue;
    ranges[range_count].begin = module->dlpi_addr + part->p_vaddr;
    ranges[range_count].end = module->dlpi_addr + part->p_vaddr + part->p_memsz;
    range_count++;
  }
  return 0;
}

__attribute__((constructor)) static void begin(void) {
  const char *named = getenv("FAULTS_KIND"), *at = getenv("FAULTS_AT"), *mode = getenv("FAULTS_MODE");
  const char *streams = getenv("FAULTS_STREAMS");
  since = getenv("FAULTS_SINCE");
  int module = 0;
  fail_at = at != NULL ? strtoul(at, NULL, 10) : 0;
  from = mode != NULL && strcmp(mode, "from") == 0;
  spares_streams = streams != NULL && strcmp(streams, "no") == 0;
  for (int i = 0; named != NULL && i < KINDS; i++)
    if (strcmp(named, kinds[i]) == 0) kind = i;
  dl_iterate_phdr(add_module, &module);
}

// Memory. The blocks of counted callers are kept in a table, to know in the end which were not freed.

extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_malloc(size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);

static _Atomic(void *) tracked[TRACKED];
static char *const removed = (char *)&tracked; // Stands where a block was, so that a search goes on.

static size_t place_of(const void *block) {
  return (size_t)(((uintptr_t)block >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 46) % TRACKED;
}

static void *track(void *block) {
  if (block == NULL) return NULL;
  for (size_t i = place_of(block);; i = (i + 1) % TRACKED) {
    void *there = atomic_load(&tracked[i]);
    if ((there == NULL || there == removed) && atomic_compare_exchange_strong(&tracked[i], &there, block))
      return block;
  }
}

static void forget(void *block) {
  if (block == NULL || kind == NONE) return;
  for (size_t i = place_of(block), seen = 0; seen < TRACKED; i = (i + 1) % TRACKED, seen++) {
    void *there = atomic_load(&tracked[i]);
    if (there == NULL) return;
    if (there == block) {
      atomic_store(&tracked[i], removed);
      return;
    }
  }
}

static bool memory_fails(void) {
  if (!fails(MEMORY)) return false;
  errno = ENOMEM;
  return true;
}

void *malloc(size_t size) {
  if (!COUNTED) return __libc_malloc(size);
  return memory_fails() ? NULL : track(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
  if (!COUNTED) return __libc_calloc(count, size);
  return memory_fails() ? NULL : track(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size) {
  bool counted = COUNTED;
  if (counted && memory_fails()) return NULL;
  forget(block);
  void *grown = __libc_realloc(block, size);
  return counted ? track(grown) : grown;
}

void free(void *block) {
  forget(block);
  __libc_free(block);
}

char *strdup(const char *text) {
  bool counted = COUNTED;
  if (counted && memory_fails()) return NULL;
  size_t bytes = strlen(text) + 1;
  char *copy = __libc_malloc(bytes);
  if (copy != NULL) memcpy(copy, text, bytes);
  return counted ? track(copy) : copy;
}

static int print_counted(bool counted, char **text, const char *format, va_list arguments) {
  if (counted && memory_fails()) return -1;
  int length = NEXT(vasprintf)(text, format, arguments);
  if (length >= 0 && counted) track(*text);
  return length;
}

int vasprintf(char **text, const char *format, va_list arguments) {
  return print_counted(COUNTED, text, format, arguments);
}

/// The same where copies are checked.
int __vasprintf_chk(char **text, int flag, const char *format, va_list arguments) {
  (void)flag;
  return print_counted(COUNTED, text, format, arguments);
}

__attribute__((destructor)) static void end(void) {
  const char *report = getenv("FAULTS_REPORT");
  FILE *file = report != NULL ? fopen(report, "w") : NULL;
  if (file == NULL) return;
  unsigned long blocks = 0;
  for (size_t i = 0; i < TRACKED; i++) blocks += tracked[i] != NULL && tracked[i] != removed;
  fprintf(file, "%lu %lu %lu %lu\n", calls, injected, blocks, objects);
  fclose(file);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context) {
  if (COUNTED && memory_fails()) return EAGAIN;
  return NEXT(pthread_create)(thread, attributes, run, context);
}

/// A call that takes memory or a descriptor of the system, and says `failure` when there is none.
#define MEMORY_CALL(type, name, failure, parameters, arguments)                                              \
  type name parameters {                                                                                     \
    return COUNTED && memory_fails() ? failure : NEXT(name) arguments;                                       \
  }
MEMORY_CALL(FILE *, open_memstream, NULL, (char **text, size_t *length), (text, length))
MEMORY_CALL(void *, mmap, MAP_FAILED, (void *at, size_t count, int rights, int flags, int file, off_t offset),
            (at, count, rights, flags, file, offset))

// Processes for decoding, and speaking with them.

MEMORY_CALL(int, socket, -1, (int domain, int type, int protocol), (domain, type, protocol))
MEMORY_CALL(int, bind, -1, (int socket, const struct sockaddr *address, socklen_t length),
            (socket, address, length))
MEMORY_CALL(int, memfd_create, -1, (const char *name, unsigned flags), (name, flags))
MEMORY_CALL(int, pidfd_open, -1, (pid_t process, unsigned flags), (process, flags))
MEMORY_CALL(int, setsockopt, -1, (int socket, int level, int name, const void *value, socklen_t length),
            (socket, level, name, value, length))
MEMORY_CALL(int, socketpair, -1, (int domain, int type, int protocol, int ends[2]),
            (domain, type, protocol, ends))
MEMORY_CALL(int, posix_spawn_file_actions_addclosefrom_np, ENOMEM,
            (posix_spawn_file_actions_t * actions, int from_descriptor), (actions, from_descriptor))
MEMORY_CALL(int, posix_spawn_file_actions_adddup2, ENOMEM,
            (posix_spawn_file_actions_t * actions, int file, int other), (actions, file, other))
MEMORY_CALL(int, posix_spawn, ENOMEM,
            (pid_t * process, const char *path, const posix_spawn_file_actions_t *files,
             const posix_spawnattr_t *attributes, char *const words[], char *const environment[]),
            (process, path, files, attributes, words, environment))

int fcntl(int file, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  return COUNTED && memory_fails() ? -1 : NEXT(fcntl)(file, command, argument);
}

// Files. Removing never fails: what cannot be removed is left behind by the best of programs.

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if (COUNTED && file_fails((flags & O_CREAT) != 0, true)) return -1;
  return NEXT(open)(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if (COUNTED && file_fails((flags & O_CREAT) != 0, true)) return -1;
  return NEXT(openat)(folder, path, flags, mode);
}

char *realpath(const char *restrict path, char *restrict resolved) {
  return COUNTED && (file_fails(false, true) || memory_fails()) ? NULL : NEXT(realpath)(path, resolved);
}

static bool is_cut(size_t count) {
  return count > 1 && fails(SHORT);
}

static bool is_interrupted(void) {
  if (!fails(INTERRUPTED)) return false;
  errno = EINTR;
  return true;
}

/// Whether it is memory that is shared with a decoder: sealed, or to be sealed, unlike any file with a name.
static bool is_memory(int file) {
  int error = errno, seals = NEXT(fcntl)(file, F_GET_SEALS);
  errno = error;
  return seals >= 0 && seals != F_SEAL_SEAL;
}

/// Memory of this kind is short of memory; files are short of space, or have errors.
static bool writing_fails(int file) {
  return is_memory(file) ? memory_fails() : file_fails(true, false);
}

ssize_t read(int file, void *bytes, size_t count) {
  if (!COUNTED) return NEXT(read)(file, bytes, count);
  if (file_fails(false, false) || is_interrupted()) return -1;
  return NEXT(read)(file, bytes, is_cut(count) ? (count + 1) / 2 : count);
}

ssize_t write(int file, const void *bytes, size_t count) {
  if (!COUNTED) return NEXT(write)(file, bytes, count);
  if (file_fails(true, false) || is_interrupted()) return -1;
  return NEXT(write)(file, bytes, is_cut(count) ? (count + 1) / 2 : count);
}

ssize_t pread(int file, void *bytes, size_t count, off_t offset) {
  if (!COUNTED) return NEXT(pread)(file, bytes, count, offset);
  if (file_fails(false, false) || is_interrupted()) return -1;
  return NEXT(pread)(file, bytes, is_cut(count) ? (count + 1) / 2 : count, offset);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
  if (!COUNTED) return NEXT(pwrite)(file, bytes, count, offset);
  if (writing_fails(file) || is_interrupted()) return -1;
  return NEXT(pwrite)(file, bytes, is_cut(count) ? (count + 1) / 2 : count, offset);
}

int ftruncate(int file, off_t length) {
  return COUNTED && writing_fails(file) ? -1 : NEXT(ftruncate)(file, length);
}

int fallocate(int file, int mode, off_t offset, off_t length) {
  return COUNTED && writing_fails(file) ? -1 : NEXT(fallocate)(file, mode, offset, length);
}

/// A full disk says so here before it is written to.
int statvfs(const char *path, struct statvfs *room) {
  bool counted = COUNTED, full = counted && fails(SPACE);
  if (counted && file_fails(false, true)) return -1;
  int result = NEXT(statvfs)(path, room);
  if (full) room->f_bavail = room->f_bfree = 0;
  return result;
}

/// For names of temporary files; at the system's start it waits, and can be interrupted.
ssize_t getrandom(void *bytes, size_t count, unsigned flags) {
  if (COUNTED && (file_fails(false, false) || is_interrupted())) return -1;
  return NEXT(getrandom)(bytes, count, flags);
}

ssize_t readlink(const char *restrict path, char *restrict target, size_t size) {
  return COUNTED && file_fails(false, true) ? -1 : NEXT(readlink)(path, target, size);
}

int close(int file) {
  bool failed = COUNTED && file_fails(true, false);
  int error = errno, result = NEXT(close)(file);
  if (failed) errno = error;
  return failed ? -1 : result;
}

DIR *opendir(const char *path) {
  return COUNTED && (file_fails(false, true) || memory_fails()) ? NULL : NEXT(opendir)(path);
}

DIR *fdopendir(int file) {
  return COUNTED && (file_fails(false, false) || memory_fails()) ? NULL : NEXT(fdopendir)(file);
}

struct dirent *readdir(DIR *folder) {
  return COUNTED && file_fails(false, false) ? NULL : NEXT(readdir)(folder);
}

FILE *fopen(const char *path, const char *mode) {
  return COUNTED && (file_fails(mode[0] != 'r', true) || memory_fails()) ? NULL : NEXT(fopen)(path, mode);
}

/// A stream into memory lacks memory; what the command says is not to fail.
static bool stream_fails(FILE *file) {
  if (file == stdout || file == stderr) return false;
  return fileno(file) < 0 ? memory_fails() : !spares_streams && file_fails(true, false);
}

size_t fwrite(const void *bytes, size_t size, size_t count, FILE *file) {
  return COUNTED && stream_fails(file) ? 0 : NEXT(fwrite)(bytes, size, count, file);
}

int fflush(FILE *file) {
  return COUNTED && stream_fails(file) ? EOF : NEXT(fflush)(file);
}

int fclose(FILE *file) {
  bool failed = COUNTED && stream_fails(file);
  int error = errno, result = NEXT(fclose)(file);
  if (failed) errno = error;
  return failed ? EOF : result;
}

#define FILE_CALL(name, writes, opens, parameters, arguments)                                                \
  int name parameters {                                                                                      \
    return COUNTED && file_fails(writes, opens) ? -1 : NEXT(name) arguments;                                 \
  }
FILE_CALL(fsync, true, false, (int file), (file))
FILE_CALL(rename, true, true, (const char *old, const char *new), (old, new))
FILE_CALL(mkdir, true, true, (const char *path, mode_t mode), (path, mode))
FILE_CALL(access, false, true, (const char *path, int mode), (path, mode))
FILE_CALL(stat, false, true, (const char *path, struct stat *information), (path, information))
FILE_CALL(lstat, false, true, (const char *path, struct stat *information), (path, information))
FILE_CALL(fstat, false, false, (int file, struct stat *information), (file, information))
FILE_CALL(fstatat, false, true, (int folder, const char *path, struct stat *information, int flags),
          (folder, path, information, flags))
FILE_CALL(fchmod, false, true, (int file, mode_t mode), (file, mode))
FILE_CALL(futimens, false, true, (int file, const struct timespec times[2]), (file, times))
FILE_CALL(utimensat, false, true, (int folder, const char *path, const struct timespec times[2], int flags),
          (folder, path, times, flags))

pid_t waitpid(pid_t process, int *state, int options) {
  return COUNTED && is_interrupted() ? -1 : NEXT(waitpid)(process, state, options);
}

int waitid(idtype_t kind_of_id, id_t id, siginfo_t *how, int options) {
  return COUNTED && is_interrupted() ? -1 : NEXT(waitid)(kind_of_id, id, how, options);
}

ssize_t recv(int socket, void *bytes, size_t count, int flags) {
  return COUNTED && is_interrupted() ? -1 : NEXT(recv)(socket, bytes, count, flags);
}

ssize_t send(int socket, const void *bytes, size_t count, int flags) {
  return COUNTED && is_interrupted() ? -1 : NEXT(send)(socket, bytes, count, flags);
}

// OpenCL. Its headers are not included: every argument is a number or a pointer and fits a machine word, so
// one form of wrapper serves all functions. Codes: out of resources, of device memory, of host memory, device
// lost.

#define WORDS                                                                                                \
  uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uintptr_t f, uintptr_t g, uintptr_t h,    \
      uintptr_t i
#define FORWARD (a, b, c, d, e, f, g, h, i)

static bool opencl_fails(int *error) {
  static const int codes[] = {-5, -4, -6, -2};
  if (!fails(OPENCL)) return false;
  *error = codes[fail_at % 4];
  return true;
}

#define STATUS(name)                                                                                         \
  int name(WORDS) {                                                                                          \
    int error = 0;                                                                                           \
    return COUNTED && opencl_fails(&error) ? error : NEXT(name) FORWARD;                                     \
  }
STATUS(clBuildProgram)
STATUS(clCompileProgram)
STATUS(clEnqueueCopyBuffer)
STATUS(clEnqueueFillBuffer)
STATUS(clEnqueueNDRangeKernel)
STATUS(clEnqueueReadBuffer)
STATUS(clEnqueueWriteBuffer)
STATUS(clFlush)
STATUS(clGetDeviceIDs)
STATUS(clGetDeviceInfo)
STATUS(clGetMemObjectInfo)
STATUS(clGetPlatformIDs)
STATUS(clGetPlatformInfo)
STATUS(clGetProgramBuildInfo)
STATUS(clGetProgramInfo)
STATUS(clSetKernelArg)
STATUS(clWaitForEvents)

/// What was enqueued before runs to its end even where waiting for it is said to have failed: the host may
/// free what that work reads.
int clFinish(void *queue) {
  int error = 0, result = NEXT(clFinish)(queue);
  return COUNTED && opencl_fails(&error) ? error : result;
}

/// `code` is the argument through which the error is told.
#define OBJECT(name, code)                                                                                   \
  void *name(WORDS) {                                                                                        \
    int error = 0;                                                                                           \
    if (COUNTED && opencl_fails(&error)) {                                                                   \
      if (code != 0) *(int *)code = error;                                                                   \
      return NULL;                                                                                           \
    }                                                                                                        \
    void *made = NEXT(name) FORWARD;                                                                         \
    if (made != NULL && COUNTED) atomic_fetch_add(&objects, 1);                                              \
    return made;                                                                                             \
  }
OBJECT(clCreateBuffer, e)
OBJECT(clCreateCommandQueue, d)
OBJECT(clCreateContext, f)
OBJECT(clCreateKernel, c)
OBJECT(clCreateProgramWithBinary, g)
OBJECT(clCreateProgramWithSource, e)

#define RELEASE(name)                                                                                        \
  int name(void *object) {                                                                                   \
    if (COUNTED) atomic_fetch_sub(&objects, 1);                                                              \
    return NEXT(name)(object);                                                                               \
  }
RELEASE(clReleaseCommandQueue)
RELEASE(clReleaseContext)
RELEASE(clReleaseKernel)
RELEASE(clReleaseMemObject)
RELEASE(clReleaseProgram)
