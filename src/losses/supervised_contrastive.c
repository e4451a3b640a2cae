// Supervised contrastive loss (Khosla et al. 2020, "Supervised Contrastive Learning", the sum outside of the
// logarithm, equation 2). For each row i with P > 0 other rows p of its class, with s the cosine of two
// embeddings and t the temperature:
//   −1/P Σ_p log( exp(s_ip/t) / Σ_a exp(s_ia/t) ),  a over all rows but i,
// and the mean over those rows, M of them. With A_i = log Σ_a exp(s_ia/t) the derivatives by s_ia are
//   (exp(s_ia/t − A_i) − 1/P) / (t M) for rows of the class, exp(s_ia/t − A_i) / (t M) for others.
#include "losses/pairwise.h"

const siam_loss_type siam_loss_supervised_contrastive = {
    .name = "supervised_contrastive",
    .summary = "picks all same pictures together out of the batch, by softmax",
    .options = {{"temperature", 0.1, 1e-3, 1e3, false}},
    .unit_length = true,
    .add = siam_pairwise_add,
    .matrix = SIAM_MATRIX_SIMILARITIES,
    .notes = 2,
};
