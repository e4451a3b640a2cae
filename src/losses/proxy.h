/// proxy.h: what losses with a proxy for each class share. A proxy is a direction in the space of embeddings
/// that stands for its class: a parameter [C,D] beside those of the network, whose length does not matter.
///
/// Such a loss is two kernels (cl/proxy.clh has their arguments) and a row of the table. NAME_rows, or
/// NAME_classes where the row says `by_class`, reads the cosines of all proxies with all embeddings and
/// writes the terms of a picture, or of a class, as losses over pairs do (pairwise.h). NAME_factors then
/// writes what the derivative of the loss is by each cosine.
#ifndef SIAM_LOSSES_PROXY_H
#define SIAM_LOSSES_PROXY_H

#include "losses/loss.h"

/// siam_loss_type.slots of them: the proxies, drawn evenly from all directions.
int siam_proxy_slots(const double *options, int classes, int dimensions, siam_slot *slots);

/// siam_loss_type.add of them. With u the proxies brought to length 1, s = u eᵀ [C,N] and F the derivative of
/// the loss by s: de = Fᵀ u, and for the proxies p with g = F e: dp += (g − (g·u) u) / |p|.
siam_status siam_proxy_add(const siam_loss *loss, const siam_loss_batch *batch);

#endif
