#include "compute/add.h"

#include "compute/map.h"

#include <stdio.h>

siam_status siam_add(siam_tape *tape, siam_view a, siam_view b, const siam_epilogue *epilogue,
                     siam_view out) {
  char options[32];
  siam_program *program = NULL;
  snprintf(options, sizeof options, "-DACTIVATION=%d", (int)epilogue->activation);
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(tape), "add", options, &program));
  return SIAM_LAUNCH(tape, program, "add", siam_map_grid(siam_tape_device(tape), out.count), siam_arg(a),
                     siam_arg(b), siam_arg(out), siam_arg_int((int)out.count),
                     siam_arg_float(epilogue->slope));
}
