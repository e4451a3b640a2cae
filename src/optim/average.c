#include "optim/average.h"

#include "compute/map.h"

siam_status siam_average_add(siam_tape *tape, siam_view weights, siam_view average, cl_mem clock,
                             float decay) {
  siam_device *device = siam_tape_device(tape);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(device, "average", "", &program));
  return SIAM_LAUNCH(tape, program, "average", siam_map_grid(device, weights.count), siam_arg(weights),
                     siam_arg(average), siam_arg_buffer(clock), siam_arg_int((int)weights.count),
                     siam_arg_float(decay));
}
