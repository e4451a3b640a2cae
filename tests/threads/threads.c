// threads [TIMES|race]: two threads, each with a device and models of its own, do not get in each other's
// way; and what is made and destroyed TIMES times takes no more memory. A program of its own, since
// script/threads runs it under the thread sanitizer, which Criterion cannot be run under. With `race` it has
// one, which must be found.
#include "base/file.h"
#include "base/memory.h"
#include "scratch.h"
#include "shapes.h"

#include <pthread.h>
#include <siamese/compare.h>
#include <siamese/embed.h>
#include <siamese/train.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char tiny[] = "input 16 16 1\nconv 4 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\nflatten\nlinear 8\n"
                           "l2_normalize\n";
static char *folder;
static siam_decoders *decoders;

#define REQUIRE(condition, ...)                                                                              \
  do {                                                                                                       \
    if (!(condition)) {                                                                                      \
      fprintf(stderr, "%s:%d: %s does not hold: ", __FILE__, __LINE__, #condition);                          \
      fprintf(stderr, __VA_ARGS__);                                                                          \
      fputc('\n', stderr);                                                                                   \
      exit(1);                                                                                               \
    }                                                                                                        \
  } while (0)

/// What a thread does, and how it went.
typedef struct errand {
  const char *name;
  uint64_t seed;
  bool resident; ///< Pictures stay in memory; else they are streamed.
  char model[512], log[512], cache[512], embeddings[512], message[512];
  siam_status status;
} errand;

static siam_status train(siam_device *device, const errand *job) {
  char data[512], encoder[512];
  snprintf(data, sizeof data, "%s/data", folder);
  snprintf(encoder, sizeof encoder, "%s/tiny.txt", folder);
  siam_train_report report;
  return siam_train(device,
                    &(siam_train_options){.data = data,
                                          .output = job->model,
                                          .model = {.encoder = encoder},
                                          .batch = 8,
                                          .steps = 30,
                                          .holdout = 0.3,
                                          .picture_bytes = job->resident ? 0 : 1,
                                          .picture_cache = job->cache,
                                          .decoders = decoders,
                                          .log = job->log,
                                          .seed = job->seed},
                    &report);
}

static siam_status embed(siam_device *device, const errand *job) {
  char data[512];
  const char *path = data;
  siam_model *model = NULL;
  siam_embed_report report;
  snprintf(data, sizeof data, "%s/data", folder);
  SIAM_RETURN_IF_FAILED(siam_model_load(device, job->model, &model));
  siam_status status = siam_embed(model, &path, 1, job->embeddings,
                                  &(siam_embed_options){.batch = 5, .decoders = decoders}, &report);
  siam_model_destroy(model);
  return status;
}

/// Opens a device, trains, and embeds with what was trained.
static void *work(void *argument) {
  errand *job = argument;
  siam_device *device = NULL;
  job->status = siam_device_create(NULL, &device);
  if (job->status == SIAM_OK) job->status = train(device, job);
  if (job->status == SIAM_OK) job->status = embed(device, job);
  if (job->status != SIAM_OK) snprintf(job->message, sizeof job->message, "%s", siam_last_error());
  siam_device_destroy(device);
  return NULL;
}

static errand errand_of(const char *name, uint64_t seed) {
  errand made = {.name = name, .seed = seed, .resident = seed % 2 == 0};
  snprintf(made.model, sizeof made.model, "%s/%s.siamese", folder, name);
  snprintf(made.log, sizeof made.log, "%s/%s.csv", folder, name);
  snprintf(made.cache, sizeof made.cache, "%s/%s.pictures", folder, name);
  snprintf(made.embeddings, sizeof made.embeddings, "%s/%s.npy", folder, name);
  return made;
}

static void run_both(void *(*work_of)(void *), void *first, void *second) {
  pthread_t threads[2];
  REQUIRE(pthread_create(&threads[0], NULL, work_of, first) == 0, "no thread");
  REQUIRE(pthread_create(&threads[1], NULL, work_of, second) == 0, "no thread");
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
}

static void expect_same_bytes(const char *a, const char *b) {
  uint8_t *bytes_a = NULL, *bytes_b = NULL;
  size_t count_a = 0, count_b = 0;
  REQUIRE(siam_file_read(a, 1 << 24, &bytes_a, &count_a) == SIAM_OK, "%s", siam_last_error());
  REQUIRE(siam_file_read(b, 1 << 24, &bytes_b, &count_b) == SIAM_OK, "%s", siam_last_error());
  REQUIRE(count_a == count_b && memcmp(bytes_a, bytes_b, count_a) == 0, "%s and %s differ", a, b);
  siam_free(bytes_a);
  siam_free(bytes_b);
}

/// Two devices train and embed at once, to the bits of each alone.
static void train_at_once(void) {
  errand alone[2] = {errand_of("a", 1), errand_of("b", 2)};
  errand both[2] = {errand_of("a2", 1), errand_of("b2", 2)};
  for (int i = 0; i < 2; i++) work(&alone[i]);
  run_both(work, &both[0], &both[1]);
  for (int i = 0; i < 2; i++) {
    REQUIRE(alone[i].status == SIAM_OK, "%s", alone[i].message);
    REQUIRE(both[i].status == SIAM_OK, "%s", both[i].message);
    expect_same_bytes(alone[i].model, both[i].model);
    expect_same_bytes(alone[i].embeddings, both[i].embeddings);
  }
}

/// A thread that compares two pictures again and again with a model of its own.
typedef struct comparing {
  siam_device *device;
  char a[512], b[512];
  double first;
  bool same; ///< Every comparison gave the first's distance.
  siam_status status;
} comparing;

static void *compare(void *argument) {
  enum { TIMES = 20 };
  comparing *mine = argument;
  siam_model *model = NULL;
  siam_comparer *comparer = NULL;
  mine->status = siam_model_load_default(mine->device, &model);
  if (mine->status == SIAM_OK) mine->status = siam_comparer_create(model, NULL, &comparer);
  mine->same = true;
  for (int i = 0; i < TIMES && mine->status == SIAM_OK; i++) {
    siam_comparison result;
    mine->status = siam_compare(comparer, mine->a, mine->b, &result);
    if (i == 0) mine->first = result.distance;
    mine->same = mine->same && result.distance == mine->first;
  }
  siam_comparer_destroy(comparer);
  siam_model_destroy(model);
  return NULL;
}

/// Two models on two devices compare at once, to the same distance.
static void compare_at_once(void) {
  comparing mine[2] = {{0}};
  for (int i = 0; i < 2; i++) {
    REQUIRE(siam_device_create(NULL, &mine[i].device) == SIAM_OK, "%s", siam_last_error());
    snprintf(mine[i].a, sizeof mine[i].a, "%s/data/group0/class00/00.pgm", folder);
    snprintf(mine[i].b, sizeof mine[i].b, "%s/data/group0/class00/01.pgm", folder);
  }
  run_both(compare, &mine[0], &mine[1]);
  for (int i = 0; i < 2; i++) {
    REQUIRE(mine[i].status == SIAM_OK, "comparison %d: status %d", i, (int)mine[i].status);
    REQUIRE(mine[i].same, "comparison %d: the distance changes", i);
    siam_device_destroy(mine[i].device);
  }
  REQUIRE(mine[0].first == mine[1].first, "%.17g and %.17g", mine[0].first, mine[1].first);
}

static long resident_kib(void) {
  long pages = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  REQUIRE(file != NULL && fscanf(file, "%ld %ld", &pages, &resident) == 2, "no /proc/self/statm");
  fclose(file);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/// KiB for each device and model by which memory may grow: a leak of 2 KiB would show, and a driver may keep
/// some of what was freed. The address sanitizer keeps all of it for a while, and looks for leaks itself.
#ifdef __SANITIZE_ADDRESS__
enum { KEPT_KIB = 64 };
#else
enum { KEPT_KIB = 2 };
#endif

/// Devices and models that are made and destroyed `times` times take no more memory.
static void make_and_destroy(int times) {
  const int warm = times / 5;
  char encoder[512];
  long before = 0;
  snprintf(encoder, sizeof encoder, "%s/tiny.txt", folder);
  for (int i = 0; i < times; i++) {
    siam_device *device = NULL;
    siam_model *model = NULL;
    if (i == warm) before = resident_kib();
    REQUIRE(siam_device_create(NULL, &device) == SIAM_OK, "%s", siam_last_error());
    REQUIRE(siam_model_create(device, &(siam_model_options){.encoder = encoder}, &model) == SIAM_OK, "%s",
            siam_last_error());
    siam_model_destroy(model);
    siam_device_destroy(device);
  }
  const long grown = resident_kib() - before;
  printf("%d devices and models: %ld KiB more after the first %d\n", times, grown, warm);
  REQUIRE(grown < KEPT_KIB * (times - warm), "%ld KiB more", grown);
}

/// The alarm itself: two threads that write one number without a lock.
static void *race(void *argument) {
  for (int i = 0; i < 1000; i++) ++*(int *)argument;
  return NULL;
}

int main(int count, char **arguments) {
  int shared = 0;
  if (count > 1 && strcmp(arguments[1], "race") == 0) {
    run_both(race, &shared, &shared);
    return 0;
  }
  folder = siam_scratch_create();
  siam_test_write_shapes(siam_scratch_path(folder, "data"), 8, 6, 1);
  REQUIRE(siam_file_replace(siam_scratch_path(folder, "tiny.txt"), tiny, strlen(tiny)) == SIAM_OK, "%s",
          siam_last_error());
  const siam_decoders_options options = {.program = SIAMESE_DECODE_PROGRAM};
  REQUIRE(siam_decoders_create(&options, &decoders) == SIAM_OK, "%s", siam_last_error());
  train_at_once();
  compare_at_once();
  if (count > 1) make_and_destroy(atoi(arguments[1]));
  siam_decoders_destroy(decoders);
  siam_scratch_remove(folder);
  return 0;
}
