// Circle loss (Sun et al. 2020, "Circle Loss: A Unified Perspective of Pair Similarity Optimization"). For
// each row i that has both rows p of its class and rows n of others, with s the cosine of two embeddings and
// m the margin:
//   log(1 + Σ_n exp(γ α_n (s_in − m)) Σ_p exp(−γ α_p (s_ip − 1 + m))),
//   α_p = max(0, 1 + m − s_ip), α_n = max(0, s_in + m), which have no gradient,
// and the mean over those rows, M of them. With P_i and N_i the logarithms of the two sums and σ the logistic
// function the derivatives are
//   by s_ip: −γ α_p exp(−γ α_p (s_ip − 1 + m) − P_i) σ(P_i + N_i) / M
//   by s_in: γ α_n exp(γ α_n (s_in − m) − N_i) σ(P_i + N_i) / M
#include "losses/pairwise.h"

const siam_loss_type siam_loss_circle = {
    .name = "circle",
    .summary = "moves each similarity the more, the farther it is from where it should be",
    .options = {{"margin", 0.4, 1e-6, 1, false}, {"gamma", 80, 1e-3, 1e4, false}},
    .unit_length = true,
    .add = siam_pairwise_add,
    .matrix = SIAM_MATRIX_SIMILARITIES,
    .notes = 2,
};
