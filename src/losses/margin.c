// Margin loss with distance-weighted sampling (Wu, Manmatha, Smola and Krähenbühl 2017, "Sampling Matters in
// Deep Embedding Learning"). For triplets of an anchor a, a row p of its class and a row n of another, with d
// the Euclidean distance of two embeddings, β the boundary and m the margin:
//   max(0, d_ap − β + m) + max(0, β + m − d_an)
// and the sum over all triplets divided by the number M of their halves that cost anything.
//   all       every triplet of the batch;
//   distance  for each pair (a, p) one n, drawn with a probability in proportion to 1/q(d_an), where
//             q(d) = d^(D−2) (1 − d²/4)^((D−3)/2) is how often random points of a sphere in D dimensions are
//             d apart: so that all distances are drawn alike, not only those about √2. Nearer than `cutoff`
//             counts as that far; farther than `far` is not drawn unless nothing else is there, and then
//             evenly.
// The boundary is fixed, or trained: one for all, or one for each class of anchors. Derivatives, for each
// half that costs: by d_ap +1/M, by d_an −1/M, by β −1/M and +1/M. Which rows are drawn has no gradient.
#include "base/random.h"
#include "losses/pairwise.h"

static const char *const samplings[] = {"distance", "all", NULL};
static const char *const learnings[] = {"none", "one", "class", NULL};
enum { SAMPLING, MARGIN, BETA, LEARN, CUTOFF, FAR, LEARN_NONE = 0, LEARN_CLASS = 2 };

static double reach(const double *options) {
  return options[BETA] + options[MARGIN];
}

static int slots(const double *options, int classes, int dimensions, siam_slot *made) {
  (void)dimensions;
  if (options[LEARN] == LEARN_NONE) return 0;
  made[0] = (siam_slot){.role = "boundary",
                        .kind = SIAM_PARAMETER_OFFSET,
                        .initialiser = {SIAM_INITIALISE_CONSTANT, (float)options[BETA]},
                        .rank = 1,
                        .dims = {options[LEARN] == LEARN_CLASS ? classes : 1}};
  return 1;
}

/// The boundaries, as far apart as classes are: 0 where all have one.
static siam_status find_boundary(const siam_loss *loss, const siam_loss_batch *batch, siam_view *boundary) {
  const float beta = (float)loss->options[BETA];
  *boundary = batch->parameter[0];
  if (loss->options[LEARN] != LEARN_NONE) return SIAM_OK;
  return siam_tape_constants(batch->tape, &beta, 1, boundary);
}

static siam_status add(const siam_loss *loss, const siam_loss_batch *batch) {
  const size_t rows = (size_t)batch->rows;
  const int by_class = loss->options[LEARN] == LEARN_CLASS;
  const siam_argument seed = siam_arg_buffer(batch->clock);
  siam_program *program = NULL;
  siam_view matrix, boundary, factors = siam_tape_tensor(batch->tape, rows * rows);
  siam_view counts = siam_tape_tensor(batch->tape, rows * rows);
  siam_view weights = siam_tape_tensor(batch->tape, rows * rows);
  siam_view balance = siam_tape_tensor(batch->tape, rows);
  siam_view terms = siam_tape_tensor(batch->tape, rows * SIAM_TERM_WORDS);
  siam_view totals = siam_tape_tensor(batch->tape, SIAM_TERM_WORDS);
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(batch->tape), "margin", "", &program));
  SIAM_RETURN_IF_FAILED(siam_pairwise_matrix(batch, SIAM_MATRIX_DISTANCES, &matrix));
  SIAM_RETURN_IF_FAILED(find_boundary(loss, batch, &boundary));
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(
      batch->tape, program, "margin_rows", ((siam_grid){{rows}}), siam_arg(matrix),
      siam_arg_buffer(batch->labels), siam_arg(counts), siam_arg(terms), siam_arg_int(batch->rows),
      siam_arg(weights), siam_arg(balance), siam_arg(boundary), siam_arg_int(by_class), seed,
      siam_arg_int(SIAM_STREAM_MINE), siam_arg_int(batch->dimensions),
      siam_arg_int((int)loss->options[SAMPLING]), siam_arg_float((float)loss->options[MARGIN]),
      siam_arg_float((float)loss->options[CUTOFF]), siam_arg_float((float)loss->options[FAR])));
  SIAM_RETURN_IF_FAILED(siam_pairwise_finish(batch, SIAM_MATRIX_DISTANCES, matrix, terms, totals));
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(
      batch->tape, program, "margin_factors", siam_pairwise_grid(batch, batch->rows, batch->rows),
      siam_arg(matrix), siam_arg(counts), siam_arg(totals), siam_arg(factors), siam_arg_int(batch->rows)));
  if (loss->options[LEARN] != LEARN_NONE)
    SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(
        batch->tape, program, "margin_boundary", ((siam_grid){{boundary.count}}), siam_arg(balance),
        siam_arg_buffer(batch->labels), siam_arg(totals), siam_arg(batch->parameter_gradient[0]),
        siam_arg_int(batch->rows), siam_arg_int((int)boundary.count), siam_arg_int(by_class)));
  return siam_pairwise_back(batch, SIAM_MATRIX_DISTANCES, factors);
}

const siam_loss_type siam_loss_margin = {
    .name = "margin",
    .summary = "keeps same pairs on one side of a boundary, different ones on the other; draws all distances",
    .positional = 1,
    .options = {{"sampling", 0, 0, 0, false, samplings},
                {"margin", 0.2, 1e-6, 2, false},
                {"beta", 1.2, 1e-6, 2, false},
                {"learn", 0, 0, 0, false, learnings},
                {"cutoff", 0.5, 1e-3, 2, false},
                {"far", 1.4, 1e-3, 2, false},
                {SIAM_LOSS_RATE, 1, 1e-3, 1e3, false}},
    .unit_length = true,
    .reach = reach,
    .slots = slots,
    .add = add,
    .matrix = SIAM_MATRIX_DISTANCES,
};
