// Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019), at step t:
//   Adam: g ← g + decay · w        AdamW: w ← w − rate · decay · w        (weights only)
//   m ← β₁·m + (1−β₁)·g,  v ← β₂·v + (1−β₂)·g²
//   w ← w − rate · (m / (1−β₁ᵗ)) / (√(v / (1−β₂ᵗ)) + ε)
#include "compute/map.h"
#include "optim/optimizer.h"

#include <math.h>

static siam_status add(const siam_optimizer_options *options, const siam_optimizer_batch *batch,
                       float coupled, float decoupled) {
  siam_device *device = siam_tape_device(batch->tape);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(device, "adam", "", &program));
  // The kernel needs 1 − βᵗ, which cancels in float32; from log β it follows exactly by expm1.
  return SIAM_LAUNCH(
      batch->tape, program, "adam", siam_map_grid(device, batch->trained), siam_arg_buffer(batch->weights),
      siam_arg_buffer(batch->gradients), siam_arg_buffer(batch->state), siam_arg_buffer(batch->clock),
      siam_arg(batch->norm), siam_arg_int((int)batch->trained), siam_arg_int((int)batch->decayed),
      siam_arg_int((int)batch->paced), siam_arg_float(batch->pace > 0 ? batch->pace : 1),
      siam_arg_float(options->momentum), siam_arg_float((float)(1 - (double)options->momentum)),
      siam_arg_float((float)log((double)options->momentum)), siam_arg_float(options->second),
      siam_arg_float((float)(1 - (double)options->second)),
      siam_arg_float((float)log((double)options->second)), siam_arg_float(options->epsilon),
      siam_arg_float(coupled), siam_arg_float(decoupled));
}

siam_status siam_adam_add(const siam_optimizer_options *options, const siam_optimizer_batch *batch) {
  return add(options, batch, options->weight_decay, 0);
}

siam_status siam_adamw_add(const siam_optimizer_options *options, const siam_optimizer_batch *batch) {
  return add(options, batch, 0, options->weight_decay);
}
