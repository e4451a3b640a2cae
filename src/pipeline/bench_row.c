#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "pipeline/bench.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void release(const siam_bench_kind *kind, void *state) {
  if (kind->release != NULL && state != NULL)
    kind->release(state);
  else
    siam_free(state);
}

siam_status siam_bench_add(siam_bench *bench, const siam_bench_kind *kind, void *state, const char *format,
                           ...) {
  siam_bench_case added = {.kind = kind, .state = state};
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(added.row.name, sizeof added.row.name, format, arguments);
  va_end(arguments);
  bool known = false;
  for (size_t i = 0; i < bench->case_count; i++)
    known |= strcmp(bench->cases[i].row.name, added.row.name) == 0;
  const siam_status status =
      known ? SIAM_OK : SIAM_GROW(bench->cases, bench->case_count, bench->case_capacity);
  if (known || status != SIAM_OK)
    release(kind, state);
  else
    bench->cases[bench->case_count++] = added;
  return status;
}

void siam_bench_skip(siam_bench_case *row, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(row->row.reason, sizeof row->row.reason, format, arguments);
  va_end(arguments);
  row->row.status = SIAM_BENCH_SKIPPED;
}

void siam_bench_fail(siam_bench_case *row) {
  snprintf(row->row.reason, sizeof row->row.reason, "%s", siam_last_error());
  row->row.status = SIAM_BENCH_FAILED;
}

void siam_bench_case_clear(siam_bench_case *row) {
  release(row->kind, row->state);
  siam_free(row->samples);
  *row = (siam_bench_case){0};
}

void siam_bench_reserve(siam_bench *bench, siam_bench_pool pool, size_t count) {
  // What a device cannot give fails the rows that need it, not those that need less.
  const siam_device_traits *traits = &bench->device->traits;
  const uint64_t share = traits->global_bytes / (2 * SIAM_BENCH_POOLS);
  const uint64_t most = share < traits->allocation_bytes ? share : traits->allocation_bytes;
  if (count > bench->pool_count[pool] && count <= most / sizeof(float)) bench->pool_count[pool] = count;
}

/// Writes numbers in [−1, 1), the same few over and over.
static siam_status fill(siam_device *device, cl_mem buffer, size_t count) {
  enum { CHUNK = 1 << 16 };
  siam_status status = SIAM_OK;
  float *numbers = NULL;
  SIAM_TRY_ALLOCATE(numbers, CHUNK);
  for (uint32_t i = 0; i < CHUNK; i++)
    numbers[i] = 2 * siam_uniform(siam_random(1, SIAM_STREAM_INITIALISE, 0, i).word[0]) - 1;
  for (size_t first = 0; first < count; first += CHUNK)
    SIAM_TRY(
        siam_buffer_write(device, buffer, first, count - first < CHUNK ? count - first : CHUNK, numbers));
cleanup:
  siam_free(numbers);
  return status;
}

siam_status siam_bench_take(siam_bench *bench, siam_bench_pool pool, size_t count, siam_view *view) {
  if (count > bench->pool_count[pool])
    return siam_fail(SIAM_ERROR_DEVICE,
                     "a tensor of %.0f MiB is more than a sixth of the memory of %s, or than it gives in one "
                     "piece; use a smaller --batch",
                     (double)count * sizeof(float) / 1048576, bench->device->info.name);
  cl_mem *buffer = &bench->pools[pool];
  if (*buffer == NULL) {
    SIAM_RETURN_IF_FAILED(siam_buffer_create(bench->device, bench->pool_count[pool], buffer));
    if (pool != SIAM_BENCH_OUT) SIAM_RETURN_IF_FAILED(fill(bench->device, *buffer, bench->pool_count[pool]));
  }
  *view = siam_view_of_buffer(*buffer, 0, count);
  return SIAM_OK;
}

void siam_bench_describe(siam_bench_case *row, const siam_tape *tape, unsigned runs) {
  char *engine = row->row.engine;
  const size_t room = sizeof row->row.engine;
  size_t length = 0;
  for (size_t i = 0; siam_tape_engine(tape, i) != NULL && length < room; i++)
    length += (size_t)snprintf(engine + length, room - length, "%s%s", i > 0 ? ", " : "",
                               siam_tape_engine(tape, i));
  row->row.commands = (double)siam_tape_mark(tape) / runs;
}

siam_status siam_bench_time(siam_bench *bench, siam_bench_case *row, uint64_t count, double *seconds,
                            double *cpu_seconds) {
  const double cpu_begun = siam_cpu_seconds();
  if (row->kind->device_clock) {
    SIAM_RETURN_IF_FAILED(siam_timer_begin(bench->timer));
    const siam_status status = row->kind->run(row, count);
    SIAM_RETURN_IF_FAILED(siam_timer_end(bench->timer, seconds));
    SIAM_RETURN_IF_FAILED(status);
  } else {
    const double begun = siam_seconds();
    SIAM_RETURN_IF_FAILED(row->kind->run(row, count));
    *seconds = siam_seconds() - begun;
  }
  *cpu_seconds = siam_cpu_seconds() - cpu_begun;
  return SIAM_OK;
}

siam_status siam_bench_calibrate(siam_bench *bench, siam_bench_case *row, double target) {
  enum { MOST = 1 << 20, GROWTH = 8 };
  double seconds = 0, cpu_seconds = 0;
  uint64_t count = 1;
  for (;;) {
    SIAM_RETURN_IF_FAILED(siam_bench_time(bench, row, count, &seconds, &cpu_seconds));
    if (seconds >= 0.7 * target || count >= MOST) break;
    const double wanted = ceil((double)count * target / fmax(seconds, 1e-9));
    count = (uint64_t)fmin(fmin(wanted, (double)count * GROWTH), MOST);
  }
  row->count = (uint64_t)fmax(1, round((double)count * target / fmax(seconds, target / GROWTH)));
  row->row.iterations = row->count * (row->runs_each > 0 ? row->runs_each : 1);
  return SIAM_OK;
}

siam_status siam_bench_keep_sample(siam_bench_case *row, const siam_bench_sample *sample) {
  SIAM_RETURN_IF_FAILED(SIAM_GROW(row->samples, row->sample_count, row->sample_capacity));
  row->samples[row->sample_count++] = *sample;
  return SIAM_OK;
}

/// One number of a sample.
typedef double (*measure)(const siam_bench_row *row, const siam_bench_sample *sample);

static double seconds_of(const siam_bench_row *row, const siam_bench_sample *sample) {
  (void)row;
  return sample->seconds;
}
static double cpu_seconds_of(const siam_bench_row *row, const siam_bench_sample *sample) {
  (void)row;
  return sample->cpu_seconds;
}
static double fma_of(const siam_bench_row *row, const siam_bench_sample *sample) {
  (void)row;
  return sample->fma;
}
static double copy_of(const siam_bench_row *row, const siam_bench_sample *sample) {
  (void)row;
  return sample->copy;
}
static double fma_share_of(const siam_bench_row *row, const siam_bench_sample *sample) {
  return sample->fma > 0 ? row->flops / sample->seconds / sample->fma : 0;
}
static double copy_share_of(const siam_bench_row *row, const siam_bench_sample *sample) {
  return sample->copy > 0 ? row->bytes / sample->seconds / sample->copy : 0;
}

static siam_bench_spread spread(const siam_bench_case *row, double *room, measure number) {
  for (size_t i = 0; i < row->sample_count; i++) room[i] = number(&row->row, &row->samples[i]);
  return siam_bench_spread_of(room, row->sample_count);
}

siam_status siam_bench_summarise(siam_bench_case *row, double launch) {
  siam_bench_row *to = &row->row;
  to->samples = row->samples;
  to->sample_count = row->sample_count;
  if (row->sample_count == 0) return SIAM_OK;
  double *room = siam_allocate(row->sample_count, sizeof *room);
  if (room == NULL) return SIAM_ERROR_MEMORY;
  to->seconds = spread(row, room, seconds_of);
  to->cpu_seconds = spread(row, room, cpu_seconds_of);
  to->flops_rate = to->flops / to->seconds.median;
  to->bytes_rate = to->bytes / to->seconds.median;
  to->fma_share = spread(row, room, fma_share_of).median;
  to->copy_share = spread(row, room, copy_share_of).median;
  if (row->kind->compared)
    to->limit = siam_bench_find_limit(to, spread(row, room, fma_of).median, spread(row, room, copy_of).median,
                                      launch);
  siam_free(room);
  return SIAM_OK;
}
