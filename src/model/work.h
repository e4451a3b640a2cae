/// work.h: what a pass of a network takes, counted from its layers: the yardstick of the benchmark.
#ifndef SIAM_MODEL_WORK_H
#define SIAM_MODEL_WORK_H

#include "model/network.h"

typedef struct siam_work {
  double flops; ///< Two for each multiply-add of the direct algorithm; nothing else is counted.
  double bytes; ///< Each tensor that a layer reads or writes counted once for each pass over it.
} siam_work;

/// Counts the forward pass over `images` images and, with `training`, the way back to all weights (not to the
/// network's input). Bytes: forward, the input, output and parameters of each layer as it runs; backward, its
/// input, both their gradients, its parameters, and their gradients twice, since they are added to. A weight
/// that several layers share counts for each.
siam_status siam_network_work(const siam_network *network, int images, bool training, siam_work *work);

#endif
