#include "compute/activation.h"

#include <stdio.h>

/// Rows of a work-item: enough to be worth starting it, few enough that neighbours share cached lines.
enum { RUN_CPU = 64, RUN_GPU = 4 };

siam_status siam_epilogue_add(siam_tape *tape, const siam_epilogue *epilogue, siam_view matrix, int rows,
                              int columns, int stride) {
  if (siam_epilogue_is_empty(epilogue)) return SIAM_OK;
  const siam_device_traits *traits = &siam_tape_device(tape)->traits;
  char options[32];
  snprintf(options, sizeof options, "-DACTIVATION=%d", (int)epilogue->activation);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(tape), "epilogue", options, &program));
  const bool with_bias = siam_view_exists(epilogue->bias);
  // Without a bias the kernel reads none; the argument must still be a buffer.
  const siam_view bias = with_bias ? epilogue->bias : matrix;
  const int run = traits->is_cpu ? RUN_CPU : RUN_GPU;
  const size_t across = ((size_t)columns + traits->vector_width - 1) / traits->vector_width;
  const siam_grid grid = {{across * (((size_t)rows + run - 1) / run)}};
  return SIAM_LAUNCH(tape, program, "epilogue", grid, siam_arg_int(rows), siam_arg_int(columns),
                     siam_arg_int(stride), siam_arg(matrix), siam_arg(bias), siam_arg_int(with_bias),
                     siam_arg_float(epilogue->slope), siam_arg_int(run));
}
