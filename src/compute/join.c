#include "compute/join.h"

/// Vectors of a CPU's work-item.
enum { RUN_CPU = 32 };

siam_status siam_join_add(siam_tape *tape, const siam_join *join) {
  siam_device *device = siam_tape_device(tape);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(device, "join", "", &program));
  int rows = join->rows, columns = join->columns;
  const bool with_bias = siam_view_exists(join->epilogue.bias);
  if (!with_bias && join->parts_row == columns && join->out_row == columns) {
    // One long row wastes no lanes at the edge of each short one.
    columns *= rows;
    rows = 1;
  }
  const size_t width = device->traits.vector_width;
  const size_t vectors = (size_t)rows * (((size_t)columns + width - 1) / width);
  const int run = device->traits.is_cpu ? RUN_CPU : 1;
  const siam_grid grid = {{(vectors + run - 1) / run}};
  return SIAM_LAUNCH(tape, program, "join_parts", grid, siam_arg_int(rows), siam_arg_int(columns),
                     siam_arg_int(join->count), siam_arg(join->parts), siam_arg_int(join->part_step),
                     siam_arg_int(join->parts_row), siam_arg(join->out), siam_arg_int(join->out_row),
                     siam_arg_float(join->beta), siam_arg(with_bias ? join->epilogue.bias : join->parts),
                     siam_arg_int(with_bias), siam_arg_float(siam_epilogue_slope(&join->epilogue)),
                     siam_arg_int(run));
}
