// Triplet loss. Of three rows, an anchor a, a positive p of its class and a negative n of another, with d the
// Euclidean distance of their embeddings and m the margin:
//   max(0, d_ap − d_an + m)
// The mean over the triplets that cost anything, since soon most cost nothing and would drown the others.
// Which triplets of a batch count:
//   all        every one;
//   semi_hard  those whose negative is farther than the positive, but by less than the margin (Schroff,
//              Kalenichenko and Philbin 2015, "FaceNet", there one negative of a pair and squared distances);
//   hardest    one for each anchor: its farthest positive and its nearest negative (Hermans, Beyer and Leibe
//              2017, "In Defense of the Triplet Loss for Person Re-Identification").
// Derivatives by d_ap and d_an: +1 and −1 for each triplet that costs, divided by their number.
#include "losses/pairwise.h"

static const char *const minings[] = {"all", "semi_hard", "hardest", NULL};
enum { MINING, MARGIN, SEMI_HARD = 1 };

static double reach(const double *options) {
  return options[MARGIN];
}

const siam_loss_type siam_loss_triplet = {
    .name = "triplet",
    .summary = "wants each picture nearer to its class than to others, by the margin",
    .positional = 1,
    .options = {{"mining", SEMI_HARD, 0, 0, false, minings}, {"margin", 0.2, 1e-6, 1e6, false}},
    .reach = reach,
    .add = siam_pairwise_add,
    .matrix = SIAM_MATRIX_DISTANCES,
    .notes = SIAM_NOTES_PER_PAIR,
};
