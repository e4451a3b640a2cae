// ProxyAnchor loss (Kim, Kim, Cho and Kwak 2020, "Proxy Anchor Loss for Deep Metric Learning"). With s_ci the
// cosine of the proxy of class c and embedding i, m the margin, P the number of classes in the batch and C
// that of all:
//   1/P Σ_c log(1 + Σ_(i of c) exp(−α (s_ci − m))) + 1/C Σ_c log(1 + Σ_(i not of c) exp(α (s_ci + m)))
// With A_c and B_c the logarithms the derivatives by s_ci are
//   −α exp(−α (s_ci − m) − A_c) / P for i of c, α exp(α (s_ci + m) − B_c) / C for others.
#include "losses/proxy.h"

const siam_loss_type siam_loss_proxy_anchor = {
    .name = "proxy_anchor",
    .summary = "pulls pictures to the proxy of their class and pushes all others off it",
    .options = {{"margin", 0.1, 0, 2, false},
                {"alpha", 32, 1e-3, 1e3, false},
                {SIAM_LOSS_RATE, 10, 1e-3, 1e3, false}},
    .unit_length = true,
    .slots = siam_proxy_slots,
    .add = siam_proxy_add,
    .matrix = SIAM_MATRIX_PROXIES,
    .notes = 2,
    .by_class = true,
};
