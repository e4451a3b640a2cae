#include "data/parallel.h"

#include "base/memory.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

enum { MOST_THREADS = 16, PROGRESS_NANOSECONDS = 100000000 };

typedef struct crew {
  const siam_parallel *work;
  pthread_mutex_t lock;
  pthread_cond_t finished; ///< A worker has left.
  uint32_t threads, next, done, working;
  bool stop;
  siam_status status;
  uint32_t failed; ///< Number of the first of the tasks that `status` and `message` are of.
  char *message;
} crew;

uint32_t siam_thread_count(uint32_t asked) {
  if (asked > 0) return asked;
  long processors = sysconf(_SC_NPROCESSORS_ONLN);
  return processors < 1 ? 1 : processors > MOST_THREADS ? MOST_THREADS : (uint32_t)processors;
}

uint32_t siam_share(uint32_t left, uint32_t threads, uint32_t most) {
  enum { TURNS = 4 };
  const uint32_t share = left / (TURNS * threads);
  return share < 1 ? 1 : share > most ? most : share;
}

static void note_failure(crew *all, uint32_t number, siam_status status) {
  all->stop = true;
  if (all->status != SIAM_OK && all->failed < number) return;
  all->status = status;
  all->failed = number;
  siam_free(all->message);
  all->message = siam_copy_text(siam_last_error());
}

/// Does the next tasks with the lock held before and after; false when there is none left.
static bool do_next(crew *all) {
  if (all->stop || all->next == all->work->count) return false;
  const siam_parallel *work = all->work;
  uint32_t number = all->next, count = 1;
  if (work->several != NULL) count = siam_share(work->count - number, all->threads, work->together);
  all->next += count;
  pthread_mutex_unlock(&all->lock);
  siam_status status =
      work->several != NULL ? work->several(work->context, number, count) : work->task(work->context, number);
  pthread_mutex_lock(&all->lock);
  all->done += count;
  if (status != SIAM_OK) note_failure(all, number, status);
  return true;
}

static void *work_on(void *argument) {
  crew *all = argument;
  pthread_mutex_lock(&all->lock);
  while (do_next(all)) continue;
  all->working--;
  pthread_cond_signal(&all->finished);
  pthread_mutex_unlock(&all->lock);
  return NULL;
}

/// Tells how far it is, without the lock.
static void report(crew *all) {
  const siam_parallel *work = all->work;
  uint32_t done = all->done;
  if (work->progress == NULL) return;
  pthread_mutex_unlock(&all->lock);
  bool go_on = work->progress(work->progress_context, done, work->count);
  pthread_mutex_lock(&all->lock);
  if (go_on || all->stop) return;
  all->stop = true;
  all->status = SIAM_INTERRUPTED;
}

static void wait_and_report(crew *all) {
  while (all->working > 0) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += PROGRESS_NANOSECONDS;
    if (until.tv_nsec >= 1000000000) {
      until.tv_nsec -= 1000000000;
      until.tv_sec++;
    }
    pthread_cond_timedwait(&all->finished, &all->lock, &until);
    report(all);
  }
}

siam_status siam_parallel_run(const siam_parallel *work) {
  siam_status status = SIAM_OK;
  pthread_t *threads = NULL;
  uint32_t wanted = siam_thread_count(work->threads), started = 0;
  crew all = {.work = work, .lock = PTHREAD_MUTEX_INITIALIZER, .finished = PTHREAD_COND_INITIALIZER};
  if (wanted > work->count) wanted = work->count;
  all.threads = wanted > 0 ? wanted : 1;
  SIAM_TRY_ALLOCATE(threads, wanted);
  pthread_mutex_lock(&all.lock);
  while (started < wanted && pthread_create(&threads[started], NULL, work_on, &all) == 0) {
    started++;
    all.working++;
  }
  // Where the system gives no thread at all, the calling one does the work.
  while (started == 0 && do_next(&all)) report(&all);
  wait_and_report(&all);
  pthread_mutex_unlock(&all.lock);
  for (uint32_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
  status = all.status;
  if (status == SIAM_INTERRUPTED && all.message == NULL)
    siam_fail(status, "stopped after %u of %u", all.done, work->count);
  else if (status != SIAM_OK)
    siam_fail(status, "%s", all.message != NULL ? all.message : "out of memory");
cleanup:
  siam_free(all.message);
  siam_free(threads);
  return status;
}
