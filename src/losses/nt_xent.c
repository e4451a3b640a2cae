// NT-Xent, the normalised temperature-scaled cross entropy (Sohn 2016, "Improved Deep Metric Learning with
// Multi-class N-pair Loss Objective"; Chen, Kornblith, Norouzi and Hinton 2020, "A Simple Framework for
// Contrastive Learning of Visual Representations"). For each row i and each other row p of its class, with s
// the cosine of two embeddings and t the temperature:
//   −log( exp(s_ip/t) / (exp(s_ip/t) + Σ_n exp(s_in/t)) ),  n over the rows of other classes,
// and the mean over all such pairs (i, p). With L_i = log Σ_n exp(s_in/t) that is log(1 + exp(L_i − s_ip/t)),
// so with σ the logistic function and M the number of pairs the derivatives are
//   by s_ip: −σ(L_i − s_ip/t) / (t M)        by s_in: exp(s_in/t − L_i) Σ_p σ(L_i − s_ip/t) / (t M)
#include "losses/pairwise.h"

const siam_loss_type siam_loss_nt_xent = {
    .name = "nt_xent",
    .summary = "picks each same picture out of all different ones, by softmax",
    .options = {{"temperature", 0.1, 1e-3, 1e3, false}},
    .unit_length = true,
    .add = siam_pairwise_add,
    .matrix = SIAM_MATRIX_SIMILARITIES,
    .notes = 2,
};
