// Softmax cross entropy (Bridle 1990, "Probabilistic interpretation of feedforward classification network
// outputs"): outputs y of a row are made probabilities p = exp y / Σ exp y, and the loss is −log p of the
// right class t, in the mean over N rows:
//   L = Σ_r (log Σ_c exp y_rc − y_rt) / N,  ∂L/∂y_rc = (p_rc − [c = t]) / N.
// The largest output of a row is taken out of every exponential, so that none overflows and one of them is 1.
// exp L is the perplexity of a language model.
#include "compute/reduce.h"
#include "losses/target_loss.h"

static siam_status add(const siam_target_batch *batch) {
  siam_device *device = siam_tape_device(batch->tape);
  siam_program *program = NULL;
  const size_t rows = (size_t)batch->rows;
  SIAM_RETURN_IF_FAILED(siam_program_get(device, "cross_entropy", "", &program));
  siam_view parts = siam_tape_tensor(batch->tape, rows);
  SIAM_RETURN_IF_FAILED(
      SIAM_LAUNCH(batch->tape, program, "cross_entropy", ((siam_grid){{rows * device->traits.group_size}}),
                  siam_arg(batch->output), siam_arg(batch->target), siam_arg(batch->gradient),
                  siam_arg(parts), siam_arg_int(batch->rows), siam_arg_int(batch->columns)));
  SIAM_RETURN_IF_FAILED(siam_tape_fill(batch->tape, batch->result, 0));
  return siam_column_sums(batch->tape, parts, batch->rows, 1,
                          siam_view_part(batch->result, SIAM_LOSS_VALUE, 1), 0);
}

const siam_target_loss siam_target_loss_cross_entropy = {
    .name = "cross_entropy", .takes_classes = true, .add = add};
