// Stochastic gradient descent with momentum, with the learning rate outside the velocity as in PyTorch:
//   g ← g + decay · w (weights only),  v ← momentum · v + g,  w ← w − rate · v
#include "compute/map.h"
#include "optim/optimizer.h"

siam_status siam_sgd_add(const siam_optimizer_options *options, const siam_optimizer_batch *batch) {
  siam_device *device = siam_tape_device(batch->tape);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(device, "sgd", "", &program));
  return SIAM_LAUNCH(batch->tape, program, "sgd", siam_map_grid(device, batch->trained),
                     siam_arg_buffer(batch->weights), siam_arg_buffer(batch->gradients),
                     siam_arg_buffer(batch->state), siam_arg_buffer(batch->clock), siam_arg(batch->norm),
                     siam_arg_int((int)batch->trained), siam_arg_int((int)batch->decayed),
                     siam_arg_int((int)batch->paced), siam_arg_float(batch->pace > 0 ? batch->pace : 1),
                     siam_arg_float(options->momentum), siam_arg_float(options->weight_decay));
}
