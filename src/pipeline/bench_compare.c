// Two picture files to a verdict: by a comparer that is ready, and by siamese-compare as a whole process,
// from its start to its end, with kernels that were compiled before.
#include "base/memory.h"
#include "pipeline/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <siamese/compare.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { SIDE = 105 }; // Of Omniglot's pictures.

typedef struct compare_row {
  size_t encoder;
  siam_text model, a, b; ///< Paths.
  siam_comparer *comparer;
  const char *program, *device;
} compare_row;

static void release(void *state) {
  compare_row *own = state;
  siam_comparer_destroy(own->comparer);
  siam_text_clear(&own->model);
  siam_text_clear(&own->a);
  siam_text_clear(&own->b);
  siam_free(own);
}

static siam_status write_pictures(siam_bench *bench, compare_row *own) {
  SIAM_RETURN_IF_FAILED(siam_bench_place(bench, "a.png", &own->a));
  SIAM_RETURN_IF_FAILED(siam_bench_place(bench, "b.png", &own->b));
  SIAM_RETURN_IF_FAILED(siam_bench_write_picture(own->a.bytes, SIDE, 0));
  return siam_bench_write_picture(own->b.bytes, SIDE, 1);
}

static siam_status prepare(siam_bench *bench, siam_bench_case *row) {
  static const double threshold = 1;
  compare_row *own = row->state;
  siam_model *model = NULL;
  row->row.items = 1;
  snprintf(row->row.unit, sizeof row->row.unit, "pairs");
  SIAM_RETURN_IF_FAILED(siam_bench_model(bench, own->encoder, &model));
  SIAM_RETURN_IF_FAILED(write_pictures(bench, own));
  return siam_comparer_create(model, &(siam_compare_options){.threshold = &threshold}, &own->comparer);
}

static siam_status run(siam_bench_case *row, uint64_t count) {
  const compare_row *own = row->state;
  siam_comparison comparison;
  for (uint64_t i = 0; i < count; i++)
    SIAM_RETURN_IF_FAILED(siam_compare(own->comparer, own->a.bytes, own->b.bytes, &comparison));
  return SIAM_OK;
}

static const siam_bench_kind pair_kind = {.prepare = prepare, .run = run, .release = release};

static siam_status prepare_process(siam_bench *bench, siam_bench_case *row) {
  compare_row *own = row->state;
  siam_model *model = NULL;
  row->row.items = 1;
  snprintf(row->row.unit, sizeof row->row.unit, "pairs");
  own->program = bench->options.compare_program;
  own->device = bench->options.compare_device;
  if (own->program == NULL) {
    siam_bench_skip(row, "siamese-compare does not lie beside this program");
    return SIAM_OK;
  }
  SIAM_RETURN_IF_FAILED(siam_bench_model(bench, own->encoder, &model));
  SIAM_RETURN_IF_FAILED(write_pictures(bench, own));
  char name[32];
  snprintf(name, sizeof name, "%zu.siamese", own->encoder);
  SIAM_RETURN_IF_FAILED(siam_bench_place(bench, name, &own->model));
  return siam_model_save(model, own->model.bytes);
}

/// Starts a comparison and waits for its end.
static siam_status run_once(const compare_row *own) {
  extern char **environ;
  const char *words[] = {own->program, "--model",    own->model.bytes, "--threshold", "1",
                         own->a.bytes, own->b.bytes, "--device",       own->device,   NULL};
  if (own->device == NULL) words[7] = NULL;
  posix_spawn_file_actions_t silent;
  posix_spawn_file_actions_init(&silent);
  posix_spawn_file_actions_addopen(&silent, 1, "/dev/null", O_WRONLY, 0);
  pid_t process = 0;
  const int error = posix_spawn(&process, own->program, &silent, NULL, (char *const *)words, environ);
  posix_spawn_file_actions_destroy(&silent);
  if (error != 0) return siam_fail(SIAM_ERROR_FILE, "%s: cannot be run: %s", own->program, strerror(error));
  int state = 0;
  while (waitpid(process, &state, 0) < 0)
    if (errno != EINTR) return siam_fail(SIAM_ERROR_FILE, "%s: %s", own->program, strerror(errno));
  if (WIFEXITED(state) && WEXITSTATUS(state) <= 1) return SIAM_OK;
  return siam_fail(SIAM_ERROR_DEVICE, "%s failed; its message says why", own->program);
}

static siam_status run_process(siam_bench_case *row, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) SIAM_RETURN_IF_FAILED(run_once(row->state));
  return SIAM_OK;
}

static const siam_bench_kind process_kind = {
    .prepare = prepare_process, .run = run_process, .release = release};

static siam_status add(siam_bench *bench, size_t encoder, const siam_bench_kind *kind, const char *name) {
  compare_row *own = siam_allocate(1, sizeof *own);
  if (own == NULL) return SIAM_ERROR_MEMORY;
  own->encoder = encoder;
  return siam_bench_add(bench, kind, own, "compare/%s/%s", name, bench->encoders[encoder].label);
}

siam_status siam_bench_plan_compare(siam_bench *bench) {
  for (size_t e = 0; e < bench->encoder_count; e++) {
    SIAM_RETURN_IF_FAILED(add(bench, e, &pair_kind, "pair"));
    SIAM_RETURN_IF_FAILED(add(bench, e, &process_kind, "process"));
  }
  return SIAM_OK;
}
