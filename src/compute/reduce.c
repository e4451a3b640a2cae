#include "compute/reduce.h"

#include "compute/join.h"
#include "compute/tile.h"

#include <stdio.h>

enum {
  LEAST_RUN = 64,     ///< Rows that are not worth a second stage.
  RUNS_PER_UNIT = 8,  ///< Runs for each compute unit of a CPU.
  MOST_RUNS_GPU = 256 ///< Runs on other devices: enough work-items beside the columns.
};

siam_status siam_column_sums(siam_tape *tape, siam_view x, int rows, int columns, siam_view out, float beta) {
  if (rows < 1 || columns < 1 || x.count < (size_t)rows * (size_t)columns || out.count < (size_t)columns)
    return siam_fail(SIAM_ERROR_ARGUMENT, "column sums: %d × %d with views of %zu and %zu elements", rows,
                     columns, x.count, out.count);
  siam_join join = {.parts = x,
                    .count = rows,
                    .rows = 1,
                    .columns = columns,
                    .part_step = columns,
                    .parts_row = columns,
                    .out = out,
                    .out_row = columns,
                    .beta = beta};
  if (rows < 2 * LEAST_RUN) return siam_join_add(tape, &join);

  const siam_device_traits *traits = &siam_tape_device(tape)->traits;
  const int side = traits->is_cpu ? 4 : 1;
  const int most = traits->is_cpu ? RUNS_PER_UNIT * (int)traits->compute_units : MOST_RUNS_GPU;
  int run = siam_divide_up(rows, most);
  if (run < LEAST_RUN) run = LEAST_RUN;
  join.count = siam_divide_up(rows, run);
  join.parts = siam_tape_tensor(tape, (size_t)join.count * (size_t)columns);
  char options[32];
  snprintf(options, sizeof options, "-DSIDE=%d", side);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(tape), "reduce", options, &program));
  const size_t across = (size_t)siam_divide_up(columns, side * (int)traits->vector_width);
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(
      tape, program, "column_sums", ((siam_grid){{across * (size_t)join.count}}), siam_arg_int(rows),
      siam_arg_int(columns), siam_arg_int(run), siam_arg(x), siam_arg(join.parts)));
  return siam_join_add(tape, &join);
}
