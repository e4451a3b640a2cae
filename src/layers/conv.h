/// conv.h: what the convolution layer shares with the layers that it becomes when it takes over the batch
/// normalisation behind it.
#ifndef SIAM_LAYERS_CONV_H
#define SIAM_LAYERS_CONV_H

#include "compute/conv.h"
#include "layers/layer.h"

/// The options of a convolution layer.
enum { SIAM_CONV_FILTERS, SIAM_CONV_KERNEL, SIAM_CONV_STRIDE, SIAM_CONV_PAD, SIAM_CONV_BIAS };

/// The convolution of a layer over so many pictures, before any pooling.
siam_conv_shape siam_layer_conv_shape(const siam_layer *layer, int images);

/// Where `next` is a batch normalisation and both can be done by the kernels of cl/conv_norm.cl, lets `layer`
/// become the layer that does them.
bool siam_conv_norm_absorb(siam_layer *layer, const siam_layer *next, const siam_fusion *how);

/// The same where nobody goes back: folds `next`, a batch normalisation, an activation or a pooling, into the
/// convolution where it can.
bool siam_conv_folded_absorb(siam_layer *layer, const siam_layer *next, const siam_fusion *how);

/// In training: lets `layer` take over a ReLU, or none, and a 2×2 max pooling behind it, whose way back needs
/// neither of the tensors between.
bool siam_conv_pooled_absorb(siam_layer *layer, const siam_layer *next, const siam_fusion *how);

#endif
