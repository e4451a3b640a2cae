// Contrastive loss (Hadsell, Chopra and LeCun 2006, "Dimensionality Reduction by Learning an Invariant
// Mapping"), with d the Euclidean distance of a pair's embeddings, m the margin and s the margin of same
// pairs, which is 0 in the paper:
//   same pair: max(0, d − s)²/2        different pair: max(0, m − d)²/2
// Drawn pairs: the mean over all pairs. All pairs of a batch: the mean over the same pairs plus the mean over
// the different pairs nearer than the margin, since most are far away already and would drown the others; or,
// with `hardest` k, the mean over the k nearest different rows of each row.
// Gradients with respect to a (b gets the negative): same: (d − s)/d · (a − b) for d > s; different:
// −(m − d)/d · (a − b) for 0 < d < m, and 0 at d = 0, where the direction is undefined.
#include "losses/pairwise.h"

enum { MARGIN, HARDEST, SAME_MARGIN };

static double reach(const double *options) {
  return options[MARGIN];
}

static siam_status add_drawn(const siam_loss *loss, const siam_loss_batch *batch) {
  enum { PART_WORDS = 6 };
  int pairs = batch->rows / 2;
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(batch->tape), "contrastive", "", &program));
  siam_view parts = siam_tape_tensor(batch->tape, (size_t)pairs * PART_WORDS);
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(
      batch->tape, program, "contrastive_drawn", ((siam_grid){{(size_t)pairs}}), siam_arg(batch->embeddings),
      siam_arg_buffer(batch->labels), siam_arg(batch->gradients), siam_arg(parts), siam_arg_int(pairs),
      siam_arg_int(batch->dimensions), siam_arg_float((float)loss->options[MARGIN]),
      siam_arg_float((float)loss->options[SAME_MARGIN])));
  return SIAM_LAUNCH(batch->tape, program, "contrastive_finish_drawn", ((siam_grid){{1}}), siam_arg(parts),
                     siam_arg(batch->result), siam_arg_int(pairs));
}

static siam_status add(const siam_loss *loss, const siam_loss_batch *batch) {
  return loss->pairing == SIAM_PAIRING_DRAWN ? add_drawn(loss, batch) : siam_pairwise_add(loss, batch);
}

const siam_loss_type siam_loss_contrastive = {
    .name = "contrastive",
    .summary = "pulls same pairs together, pushes different ones out to the margin",
    .options = {{"margin", 1, 1e-6, 1e6, false},
                {"hardest", 0, 0, 65536, true},
                {"same_margin", 0, 0, 1e6, false}},
    .drawn_pairs = true,
    .reach = reach,
    .add = add,
    .matrix = SIAM_MATRIX_DISTANCES,
    .notes = 2,
};
