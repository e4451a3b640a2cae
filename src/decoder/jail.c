#include "decoder/jail.h"

#include "data/decode_call.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <seccomp.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SHADOW 1
#elif defined(__has_feature)
#define HAS_SHADOW (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define HAS_SHADOW 0
#endif

static siam_status refused(const char *what, int error) {
  return siam_fail(SIAM_ERROR_UNSUPPORTED,
                   "the system does not let siamese-decode give its rights away: %s: %s", what,
                   strerror(error));
}

static bool limit(int resource, uint64_t most) {
  return setrlimit((__rlimit_resource_t)resource, &(struct rlimit){most, most}) == 0;
}

/// What holds beside the filter: nothing can be opened, no file grows, no core is written.
static siam_status set_limits(uint64_t memory) {
  // Code, stack and libraries, which are there already.
  const uint64_t base = UINT64_C(96) << 20;
  if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_FSIZE, 0) || !limit(RLIMIT_NOFILE, 0))
    return refused("limits", errno);
  // The shadow memory of a sanitizer is terabytes wide and nowhere there.
  if (!HAS_SHADOW && !limit(RLIMIT_AS, base + memory)) return refused("limits", errno);
  return SIAM_OK;
}

/// A system call that is allowed where one argument, masked, has this value.
typedef struct right {
  int call;
  unsigned argument;
  uint64_t mask, value;
} right;

static const right rights[] = {
    {SCMP_SYS(recvfrom), 0, UINT32_MAX, SIAM_CALL_SOCKET},
    {SCMP_SYS(sendto), 0, UINT32_MAX, SIAM_CALL_SOCKET},
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mremap), 0, 0, 0},
    {SCMP_SYS(munmap), 0, 0, 0},
    {SCMP_SYS(madvise), 0, 0, 0},
    {SCMP_SYS(brk), 0, 0, 0},
    {SCMP_SYS(setitimer), 0, 0, 0},
    {SCMP_SYS(exit_group), 0, 0, 0},
#if HAS_SHADOW
    // A sanitizer asks for it at every longjmp().
    {SCMP_SYS(sigaltstack), 0, 0, 0},
#endif
};

static int allow(scmp_filter_ctx filter) {
  for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
    const right *one = &rights[i];
    const struct scmp_arg_cmp condition = SCMP_CMP(one->argument, SCMP_CMP_MASKED_EQ, one->mask, one->value);
    const int error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, one->call, one->mask != 0, &condition);
    if (error != 0) return error;
  }
  return 0;
}

siam_status siam_jail_enter(uint64_t memory) {
  SIAM_RETURN_IF_FAILED(set_limits(memory));
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  if (filter == NULL) return refused("seccomp", ENOSYS);
  int error = allow(filter);
  if (error == 0) error = seccomp_load(filter);
  seccomp_release(filter);
  return error == 0 ? SIAM_OK : refused("seccomp", -error);
}
