// CosFace, the large margin cosine loss (Wang et al. 2018, "CosFace: Large Margin Cosine Loss for Deep Face
// Recognition"). With s_ci the cosine of the proxy of class c and embedding i, y the class of i, m the margin
// and γ the scale: the mean over the N pictures of
//   −log( exp(γ (s_yi − m)) / (exp(γ (s_yi − m)) + Σ_(c≠y) exp(γ s_ci)) )
// With p_ci the softmax the derivatives by s_ci are γ (p_yi − 1) / N for c = y, γ p_ci / N for others.
#include "losses/proxy.h"

const siam_loss_type siam_loss_cosface = {
    .name = "cosface",
    .summary = "classifies by the cosines with proxies, with a margin taken off the own class's cosine",
    .options = {{"margin", 0.35, 0, 2, false},
                {"scale", 64, 1e-3, 1e3, false},
                {SIAM_LOSS_RATE, 10, 1e-3, 1e3, false}},
    .unit_length = true,
    .slots = siam_proxy_slots,
    .add = siam_proxy_add,
    .matrix = SIAM_MATRIX_PROXIES,
    .notes = 1,
};
