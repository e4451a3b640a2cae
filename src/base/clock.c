#include "base/clock.h"

#include <sys/resource.h>
#include <time.h>

static double read_clock(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

double siam_seconds(void) {
  return read_clock(CLOCK_MONOTONIC);
}

static double seconds_of(struct timeval time) {
  return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

double siam_cpu_seconds(void) {
  struct rusage children;
  getrusage(RUSAGE_CHILDREN, &children);
  return read_clock(CLOCK_PROCESS_CPUTIME_ID) + seconds_of(children.ru_utime) + seconds_of(children.ru_stime);
}
