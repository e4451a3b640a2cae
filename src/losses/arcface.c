// ArcFace, the additive angular margin loss (Deng, Guo, Xue and Zafeiriou 2019, "ArcFace: Additive Angular
// Margin Loss for Deep Face Recognition"). With s_ci the cosine of the proxy of class c and embedding i, θ
// the angle that s_yi is the cosine of, y the class of i, m the margin in radians and γ the scale: the mean
// over the N pictures of
//   −log( exp(γ cos(θ + m)) / (exp(γ cos(θ + m)) + Σ_(c≠y) exp(γ s_ci)) )
// where θ + m beyond π counts as s_yi − m sin m, so that the cost goes on rising. With p_ci the softmax the
// derivatives by s_ci are γ p_ci / N for c ≠ y, and for c = y γ (p_yi − 1) / N times that of cos(θ + m) by
// s_yi, cos m + s_yi sin m / sin θ, or 1 beyond π. sin θ counts as at least 0.001 there.
#include "losses/proxy.h"

const siam_loss_type siam_loss_arcface = {
    .name = "arcface",
    .summary = "classifies by the cosines with proxies, with a margin added to the own class's angle",
    .options = {{"margin", 0.5, 0, 1.5, false},
                {"scale", 64, 1e-3, 1e3, false},
                {SIAM_LOSS_RATE, 10, 1e-3, 1e3, false}},
    .unit_length = true,
    .slots = siam_proxy_slots,
    .add = siam_proxy_add,
    .matrix = SIAM_MATRIX_PROXIES,
    .notes = 1,
};
