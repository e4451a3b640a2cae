// How long a program takes from its start to its end: siamese-compare that only tells its version, which is
// loading it and its libraries, and siamese-compare with two pictures, which adds the device, its kernels
// (compiled before) and the comparison.
#include "base/memory.h"
#include "pipeline/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { PROGRAM_ALONE = -1, MOST_WORDS = 10 };

typedef struct start_row {
  int encoder;           ///< PROGRAM_ALONE: no comparison.
  siam_text model, a, b; ///< Paths.
  const char *words[MOST_WORDS];
} start_row;

static void release(void *state) {
  start_row *own = state;
  siam_text_clear(&own->model);
  siam_text_clear(&own->a);
  siam_text_clear(&own->b);
  siam_free(own);
}

/// Writes a model and two pictures, and the command line that compares them.
static siam_status prepare_comparison(siam_bench *bench, start_row *own) {
  siam_model *model = NULL;
  char name[32];
  SIAM_RETURN_IF_FAILED(siam_bench_model(bench, (size_t)own->encoder, &model));
  SIAM_RETURN_IF_FAILED(siam_bench_write_pair(bench, &own->a, &own->b));
  snprintf(name, sizeof name, "%d.siamese", own->encoder);
  SIAM_RETURN_IF_FAILED(siam_bench_place(bench, name, &own->model));
  SIAM_RETURN_IF_FAILED(siam_model_save(model, own->model.bytes));
  const char *words[MOST_WORDS] = {own->words[0], "--model",    own->model.bytes, "--threshold",
                                   "1",           own->a.bytes, own->b.bytes};
  if (bench->options.compare_device != NULL) {
    words[7] = "--device";
    words[8] = bench->options.compare_device;
  }
  memcpy(own->words, words, sizeof words);
  return SIAM_OK;
}

static siam_status prepare(siam_bench *bench, siam_bench_case *row) {
  start_row *own = row->state;
  row->row.items = 1;
  snprintf(row->row.unit, sizeof row->row.unit, own->encoder == PROGRAM_ALONE ? "starts" : "pairs");
  if (bench->options.compare_program == NULL) {
    siam_bench_skip(row, "siamese-compare does not lie beside this program");
    return SIAM_OK;
  }
  own->words[0] = bench->options.compare_program;
  own->words[1] = "--version";
  return own->encoder == PROGRAM_ALONE ? SIAM_OK : prepare_comparison(bench, own);
}

/// Starts the program and waits for its end.
static siam_status run_once(const start_row *own) {
  extern char **environ;
  posix_spawn_file_actions_t silent;
  posix_spawn_file_actions_init(&silent);
  posix_spawn_file_actions_addopen(&silent, 1, "/dev/null", O_WRONLY, 0);
  pid_t process = 0;
  const char *program = own->words[0];
  const int error = posix_spawn(&process, program, &silent, NULL, (char *const *)own->words, environ);
  posix_spawn_file_actions_destroy(&silent);
  if (error != 0) return siam_fail(SIAM_ERROR_FILE, "%s: cannot be run: %s", program, strerror(error));
  int state = 0;
  while (waitpid(process, &state, 0) < 0)
    if (errno != EINTR) return siam_fail(SIAM_ERROR_FILE, "%s: %s", program, strerror(errno));
  if (WIFEXITED(state) && WEXITSTATUS(state) <= 1) return SIAM_OK;
  return siam_fail(SIAM_ERROR_DEVICE, "%s failed; its message says why", program);
}

static siam_status run(siam_bench_case *row, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) SIAM_RETURN_IF_FAILED(run_once(row->state));
  return SIAM_OK;
}

static const siam_bench_kind start_kind = {.prepare = prepare, .run = run, .release = release};

static siam_status add(siam_bench *bench, int encoder, const char *what, const char *label) {
  start_row *own = siam_allocate(1, sizeof *own);
  if (own == NULL) return SIAM_ERROR_MEMORY;
  own->encoder = encoder;
  return siam_bench_add(bench, &start_kind, own, "start/%s%s", what, label);
}

siam_status siam_bench_plan_start(siam_bench *bench) {
  SIAM_RETURN_IF_FAILED(add(bench, PROGRAM_ALONE, "program", ""));
  for (size_t e = 0; e < bench->encoder_count; e++)
    SIAM_RETURN_IF_FAILED(add(bench, (int)e, "compare/", bench->encoders[e].label));
  return siam_bench_plan_choices(bench);
}
