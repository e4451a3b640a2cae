#include "compute/bench.h"

#include "compute/map.h"

#include <limits.h>
#include <stdio.h>

enum {
  CHAINS = 12,
  ITEMS_PER_CORE = 4,
  ITEMS_PER_UNIT = 2048, ///< Of devices that hide waiting behind other work-items.
  ROUNDS_CPU = 1 << 18,  ///< Milliseconds: waking the threads of a CPU takes many microseconds.
  ROUNDS = 512
};

size_t siam_bench_fma_items(const siam_device *device) {
  const siam_device_traits *traits = &device->traits;
  return traits->compute_units * (size_t)(traits->is_cpu ? ITEMS_PER_CORE : ITEMS_PER_UNIT);
}

static siam_status get_program(siam_tape *tape, siam_program **program) {
  char options[32];
  snprintf(options, sizeof options, "-DCHAINS=%d", CHAINS);
  return siam_program_get(siam_tape_device(tape), "bench", options, program);
}

siam_status siam_bench_fma_add(siam_tape *tape, const siam_bench_fma *fma, double *flops) {
  const siam_device *device = siam_tape_device(tape);
  const size_t items = siam_bench_fma_items(device);
  if (fma->start.count < device->traits.vector_width || fma->out.count < items)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%zu work-items and views of %zu and %zu elements", items,
                     fma->start.count, fma->out.count);
  const int rounds = fma->rounds > 0 ? fma->rounds : device->traits.is_cpu ? ROUNDS_CPU : ROUNDS;
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(get_program(tape, &program));
  *flops = 2.0 * (double)items * CHAINS * device->traits.vector_width * rounds;
  return SIAM_LAUNCH(tape, program, "fma_chains", ((siam_grid){{items}}), siam_arg_int(rounds),
                     siam_arg_float(fma->factor), siam_arg_float(fma->offset), siam_arg(fma->start),
                     siam_arg(fma->out));
}

siam_status siam_bench_copy_add(siam_tape *tape, siam_view in, siam_view out) {
  if (in.count != out.count || in.count > INT_MAX)
    return siam_fail(SIAM_ERROR_ARGUMENT, "a copy of %zu elements to %zu", in.count, out.count);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(get_program(tape, &program));
  return SIAM_LAUNCH(tape, program, "copy_floats", siam_map_grid(siam_tape_device(tape), in.count),
                     siam_arg(in), siam_arg(out), siam_arg_int((int)in.count));
}

siam_status siam_bench_nothing_add(siam_tape *tape, siam_view out) {
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(get_program(tape, &program));
  return SIAM_LAUNCH(tape, program, "do_nothing", ((siam_grid){{1}}), siam_arg(out));
}
