// Flatten: [N,H,W,C] seen as [N, H·W·C]; no data move. The order is height, width, channel.
#include "layers/layer.h"

static siam_status shape(siam_layer *layer) {
  layer->out = (siam_shape){1, 1, (int)siam_shape_count(layer->in)};
  return SIAM_OK;
}

const siam_layer_type siam_layer_flatten = {
    .name = "flatten",
    .summary = "a picture as one vector, in the order height, width, channel",
    .shape = shape,
};
