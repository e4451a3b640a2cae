#include "base/memory.h"
#include "compute/bench.h"
#include "pipeline/bench.h"

enum { FMA, COPY, LAUNCH };

/// A ceiling is a row that every other one is measured beside.
typedef struct ceiling {
  int which;
  siam_device *device;
  siam_tape *tape;
  cl_mem buffer;
} ceiling;

static void release(void *state) {
  ceiling *own = state;
  siam_tape_destroy(own->tape);
  siam_buffer_release(own->device, own->buffer);
  siam_free(own);
}

static siam_status add_fma(siam_bench *bench, siam_bench_case *row, ceiling *own) {
  const size_t items = siam_bench_fma_items(bench->device), start = 16;
  SIAM_RETURN_IF_FAILED(siam_buffer_create(bench->device, start + items, &own->buffer));
  // A fixed point near 1, so that nothing grows or becomes subnormal.
  const siam_bench_fma fma = {.start = siam_view_of_buffer(own->buffer, 0, start),
                              .out = siam_view_of_buffer(own->buffer, start, items),
                              .factor = 0.5F,
                              .offset = 0.5F};
  return siam_bench_fma_add(own->tape, &fma, &row->row.flops);
}

/// Enough to come from memory, not from a cache, in both directions.
static size_t copied_floats(const siam_device *device) {
  enum { LEAST = 16 << 20, CACHES = 2 };
  cl_ulong cache = 0;
  if (clGetDeviceInfo(device->id, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, sizeof cache, &cache, NULL) != CL_SUCCESS)
    cache = 0;
  uint64_t floats = CACHES * cache / sizeof(float);
  if (floats < LEAST) floats = LEAST;
  const siam_device_traits *traits = &device->traits;
  uint64_t most = traits->allocation_bytes / sizeof(float);
  if (most > traits->global_bytes / 8 / sizeof(float)) most = traits->global_bytes / 8 / sizeof(float);
  if (most > 1 << 29) most = 1 << 29;
  return (size_t)(floats < most / 2 ? floats : most / 2);
}

static siam_status add_copy(siam_bench *bench, siam_bench_case *row, ceiling *own) {
  const size_t count = copied_floats(bench->device);
  SIAM_RETURN_IF_FAILED(siam_buffer_create(bench->device, 2 * count, &own->buffer));
  row->row.bytes = 2.0 * (double)count * sizeof(float);
  return siam_bench_copy_add(own->tape, siam_view_of_buffer(own->buffer, 0, count),
                             siam_view_of_buffer(own->buffer, count, count));
}

/// Many kernels on one tape, so that what is measured is a queued one.
static siam_status add_launches(siam_bench *bench, siam_bench_case *row, ceiling *own) {
  enum { LAUNCHES = 100 };
  SIAM_RETURN_IF_FAILED(siam_buffer_create(bench->device, 1, &own->buffer));
  row->runs_each = LAUNCHES;
  for (int i = 0; i < LAUNCHES; i++)
    SIAM_RETURN_IF_FAILED(siam_bench_nothing_add(own->tape, siam_view_of_buffer(own->buffer, 0, 1)));
  return SIAM_OK;
}

static siam_status prepare(siam_bench *bench, siam_bench_case *row) {
  ceiling *own = row->state;
  own->device = bench->device;
  SIAM_RETURN_IF_FAILED(siam_tape_create(bench->device, &own->tape));
  switch (own->which) {
  case FMA:
    SIAM_RETURN_IF_FAILED(add_fma(bench, row, own));
    break;
  case COPY:
    SIAM_RETURN_IF_FAILED(add_copy(bench, row, own));
    break;
  default:
    SIAM_RETURN_IF_FAILED(add_launches(bench, row, own));
    break;
  }
  row->row.commands = 1;
  return siam_tape_seal(own->tape);
}

static siam_status run(siam_bench_case *row, uint64_t count) {
  const ceiling *own = row->state;
  for (uint64_t i = 0; i < count; i++) SIAM_RETURN_IF_FAILED(siam_tape_run(own->tape));
  return SIAM_OK;
}

static const siam_bench_kind ceiling_kind = {
    .device_clock = true, .prepare = prepare, .run = run, .release = release};

siam_status siam_bench_plan_ceilings(siam_bench *bench) {
  static const char *const names[SIAM_BENCH_CEILINGS] = {"fma", "copy", "launch"};
  for (int i = 0; i < SIAM_BENCH_CEILINGS; i++) {
    ceiling *own = siam_allocate(1, sizeof *own);
    if (own == NULL) return SIAM_ERROR_MEMORY;
    own->which = i;
    SIAM_RETURN_IF_FAILED(siam_bench_add(bench, &ceiling_kind, own, "ceiling/%s", names[i]));
  }
  return SIAM_OK;
}

/// Runs a ceiling and keeps the sample; writes the seconds of one thing.
static siam_status measure(siam_bench *bench, int which, double *seconds) {
  siam_bench_case *row = &bench->cases[which];
  siam_bench_sample sample = {0};
  SIAM_RETURN_IF_FAILED(siam_bench_time(bench, row, row->count, &sample.seconds, &sample.cpu_seconds));
  sample.seconds /= (double)row->row.iterations;
  sample.cpu_seconds /= (double)row->row.iterations;
  *seconds = sample.seconds;
  return siam_bench_keep_sample(row, &sample);
}

siam_status siam_bench_probe(siam_bench *bench, bool launch) {
  double seconds = 0;
  SIAM_RETURN_IF_FAILED(measure(bench, FMA, &seconds));
  bench->fma = bench->cases[FMA].row.flops / seconds;
  SIAM_RETURN_IF_FAILED(measure(bench, COPY, &seconds));
  bench->copy = bench->cases[COPY].row.bytes / seconds;
  bench->ceiling_fresh = true;
  return launch ? measure(bench, LAUNCH, &seconds) : SIAM_OK;
}
