// Mean squared error of n numbers: L = Σ (y − t)² / n, dL/dy = 2 (y − t) / n.
#include "losses/mean_squared_error.h"

#include "compute/reduce.h"

/// Numbers that one lane of a vector adds up: sums of sums of few terms are the accurate ones.
enum { LANE_TERMS = 64 };

siam_status siam_mean_squared_error_add(siam_tape *tape, siam_view output, siam_view target,
                                        siam_view gradient, siam_view result) {
  siam_device *device = siam_tape_device(tape);
  const size_t run = LANE_TERMS * (size_t)device->traits.vector_width, runs = (output.count + run - 1) / run;
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(device, "mean_squared_error", "", &program));
  siam_view parts = siam_tape_tensor(tape, runs);
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(tape, program, "squared_errors", ((siam_grid){{runs}}), siam_arg(output),
                                    siam_arg(target), siam_arg(gradient), siam_arg(parts),
                                    siam_arg_int((int)output.count), siam_arg_int((int)run)));
  SIAM_RETURN_IF_FAILED(siam_tape_fill(tape, result, 0));
  return siam_column_sums(tape, parts, (int)runs, 1, siam_view_part(result, SIAM_LOSS_VALUE, 1), 0);
}
