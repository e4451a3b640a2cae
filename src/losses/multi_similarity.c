// Multi-similarity loss (Wang, Han, Huang, Dong and Scott 2019, "Multi-Similarity Loss with General Pair
// Weighting for Deep Metric Learning"). For each row i, with s the cosine of two embeddings and b the base:
//   1/α log(1 + Σ_p exp(−α (s_ip − b))) + 1/β log(1 + Σ_n exp(β (s_in − b)))
// and the mean over all M rows. Of the rows p of its class those count that are less similar than the most
// similar n plus ε, and of the rows n of others those that are more similar than the least similar p minus ε;
// an ε of 2 or more lets all count. With A_i and B_i the two logarithms the derivatives are
//   by s_ip: −exp(−α (s_ip − b) − A_i) / M        by s_in: exp(β (s_in − b) − B_i) / M
#include "losses/pairwise.h"

const siam_loss_type siam_loss_multi_similarity = {
    .name = "multi_similarity",
    .summary = "weighs each pair by its similarity and by those of the others",
    .options = {{"alpha", 2, 1e-3, 1e3, false},
                {"beta", 50, 1e-3, 1e3, false},
                {"base", 0.5, -1, 1, false},
                {"epsilon", 0.1, 0, 4, false}},
    .unit_length = true,
    .add = siam_pairwise_add,
    .matrix = SIAM_MATRIX_SIMILARITIES,
    .notes = 4,
};
