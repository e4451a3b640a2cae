// Contrastive loss (Hadsell, Chopra and LeCun 2006, "Dimensionality Reduction by Learning an Invariant
// Mapping"), with d the Euclidean distance of a pair's embeddings and m the margin:
//   same pair: d²/2        different pair: max(0, m − d)²/2
// Drawn pairs: the mean over all pairs. All pairs of a batch: the mean over the same pairs plus the mean over
// the different pairs nearer than the margin, since most are far away already and would drown the others; or,
// with `hardest` k, the mean over the k nearest different rows of each row.
// Gradients with respect to a (b gets the negative): same: a − b; different: −(m − d)/d · (a − b) for
// 0 < d < m, and 0 at d = 0, where the direction is undefined.
#include "losses/loss.h"

/// Words a row's or pair's part of the sums takes.
enum { PART_WORDS = 6 };

static siam_status add_drawn(siam_program *program, const siam_loss_options *options,
                             const siam_loss_batch *batch, siam_view parts) {
  int pairs = batch->rows / 2;
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(batch->tape, program, "contrastive_drawn", ((siam_grid){{(size_t)pairs}}),
                                    siam_arg(batch->embeddings), siam_arg_buffer(batch->labels),
                                    siam_arg(batch->gradients), siam_arg(parts), siam_arg_int(pairs),
                                    siam_arg_int(batch->dimensions), siam_arg_float(options->margin)));
  return SIAM_LAUNCH(batch->tape, program, "contrastive_finish_drawn", ((siam_grid){{1}}), siam_arg(parts),
                     siam_arg(batch->result), siam_arg_int(pairs));
}

static siam_status add_all(siam_program *program, const siam_loss_options *options,
                           const siam_loss_batch *batch, siam_view parts) {
  size_t rows = (size_t)batch->rows;
  siam_view distances = siam_tape_tensor(batch->tape, rows * rows);
  siam_view limits = siam_tape_tensor(batch->tape, rows * 2);
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(batch->tape, program, "contrastive_distances", ((siam_grid){{rows}}),
                                    siam_arg(batch->embeddings), siam_arg_buffer(batch->labels),
                                    siam_arg(distances), siam_arg(limits), siam_arg(parts),
                                    siam_arg_int(batch->rows), siam_arg_int(batch->dimensions),
                                    siam_arg_float(options->margin), siam_arg_int(options->hardest)));
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(batch->tape, program, "contrastive_finish_all", ((siam_grid){{1}}),
                                    siam_arg(parts), siam_arg(batch->result), siam_arg_int(batch->rows)));
  return SIAM_LAUNCH(batch->tape, program, "contrastive_gradients", ((siam_grid){{rows}}),
                     siam_arg(batch->embeddings), siam_arg_buffer(batch->labels), siam_arg(distances),
                     siam_arg(limits), siam_arg(batch->result), siam_arg(batch->gradients),
                     siam_arg_int(batch->rows), siam_arg_int(batch->dimensions),
                     siam_arg_float(options->margin), siam_arg_int(options->hardest));
}

siam_status siam_loss_contrastive_add(const siam_loss_options *options, const siam_loss_batch *batch) {
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(batch->tape), "contrastive", "", &program));
  siam_view parts = siam_tape_tensor(batch->tape, (size_t)batch->rows * PART_WORDS);
  SIAM_RETURN_IF_FAILED(options->pairing == SIAM_PAIRING_DRAWN ? add_drawn(program, options, batch, parts)
                                                               : add_all(program, options, batch, parts));
  siam_view variances = siam_tape_tensor(batch->tape, (size_t)batch->dimensions);
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(batch->tape, program, "embedding_variances",
                                    ((siam_grid){{(size_t)batch->dimensions}}), siam_arg(batch->embeddings),
                                    siam_arg(variances), siam_arg_int(batch->rows),
                                    siam_arg_int(batch->dimensions)));
  return SIAM_LAUNCH(batch->tape, program, "embedding_spread", ((siam_grid){{1}}), siam_arg(variances),
                     siam_arg(batch->result), siam_arg_int(batch->dimensions));
}
