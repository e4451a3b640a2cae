// A library that script/faults puts before all others (LD_PRELOAD), so that chosen calls of a command fail:
//
//   FAULTS_KIND    memory, space, io, permission, short, interrupted, or opencl
//   FAULTS_AT      the number of the call that fails, from 1; 0: none, they are only counted
//   FAULTS_MODE    once, or from: every later call fails too
//   FAULTS_REPORT  file that gets "CALLS INJECTED BLOCKS OBJECTS" at the end of the program: calls that could
//   fail,
//                  faults injected, blocks of memory and OpenCL objects that were not released
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMORY, SPACE, IO, PERMISSION, SHORT, INTERRUPTED, OPENCL, KINDS, NONE = -1 };
static const char *const kinds[KINDS] = {"memory", "space",       "io",    "permission",
                                         "short",  "interrupted", "opencl"};

/// Signals do not interrupt for ever, and who tries again may count on that.
enum { MOST_INTERRUPTIONS = 100, MOST_RANGES = 16, TRACKED = 1 << 18 };

static int kind = NONE;
static unsigned long fail_at;
static bool from;
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

/// Counts a call that could fail in this way; true when it has to.
static bool fails(int way) {
  if (way != kind) return false;
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
  int module = 0;
  fail_at = at != NULL ? strtoul(at, NULL, 10) : 0;
  from = mode != NULL && strcmp(mode, "from") == 0;
  for (int i = 0; named != NULL && i < KINDS; i++)
    if (strcmp(named, kinds[i]) == 0) kind = i;
  dl_iterate_phdr(add_module, &module);
}

/// The function of this name that would have been called.
#define NEXT(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

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

// Processes for decoding, and speaking with them.

int socketpair(int domain, int type, int protocol, int ends[2]) {
  return COUNTED && memory_fails() ? -1 : NEXT(socketpair)(domain, type, protocol, ends);
}

int memfd_create(const char *name, unsigned flags) {
  return COUNTED && memory_fails() ? -1 : NEXT(memfd_create)(name, flags);
}

int posix_spawn(pid_t *process, const char *path, const posix_spawn_file_actions_t *files,
                const posix_spawnattr_t *attributes, char *const words[], char *const environment[]) {
  if (COUNTED && memory_fails()) return ENOMEM;
  return NEXT(posix_spawn)(process, path, files, attributes, words, environment);
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

static bool is_cut(size_t count) {
  return count > 1 && fails(SHORT);
}

static bool is_interrupted(void) {
  if (!fails(INTERRUPTED)) return false;
  errno = EINTR;
  return true;
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

int close(int file) {
  bool failed = COUNTED && file_fails(true, false);
  int error = errno, result = NEXT(close)(file);
  if (failed) errno = error;
  return failed ? -1 : result;
}

DIR *opendir(const char *path) {
  return COUNTED && (file_fails(false, true) || memory_fails()) ? NULL : NEXT(opendir)(path);
}

struct dirent *readdir(DIR *folder) {
  return COUNTED && file_fails(false, false) ? NULL : NEXT(readdir)(folder);
}

FILE *fopen(const char *path, const char *mode) {
  return COUNTED && (file_fails(mode[0] != 'r', true) || memory_fails()) ? NULL : NEXT(fopen)(path, mode);
}

size_t fwrite(const void *bytes, size_t size, size_t count, FILE *file) {
  return COUNTED && file != stdout && file != stderr && file_fails(true, false)
             ? 0
             : NEXT(fwrite)(bytes, size, count, file);
}

int fflush(FILE *file) {
  return COUNTED && file != stdout && file != stderr && file_fails(true, false) ? EOF : NEXT(fflush)(file);
}

int fclose(FILE *file) {
  bool failed = COUNTED && file_fails(true, false);
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
FILE_CALL(utimensat, false, true, (int folder, const char *path, const struct timespec times[2], int flags),
          (folder, path, times, flags))

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
