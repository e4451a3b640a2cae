// Reshape: the same numbers seen as another picture, in the order height, width, channel; no data move. It is
// the way back through 'flatten'.
#include "layers/layer.h"

#include <math.h>

enum { HEIGHT, WIDTH, CHANNELS };

static siam_status shape(siam_layer *layer) {
  const double *options = layer->options;
  layer->out = (siam_shape){(int)options[HEIGHT], (int)options[WIDTH], (int)options[CHANNELS]};
  if (siam_shape_count(layer->out) == siam_shape_count(layer->in)) return SIAM_OK;
  return siam_fail(SIAM_ERROR_ARGUMENT,
                   "%s: %d×%d×%d cannot be seen as %d×%d×%d: it has %zu numbers, not %zu", layer->name,
                   layer->in.height, layer->in.width, layer->in.channels, layer->out.height, layer->out.width,
                   layer->out.channels, siam_shape_count(layer->in), siam_shape_count(layer->out));
}

const siam_layer_type siam_layer_reshape = {
    .name = "reshape",
    .summary = "the same numbers as a picture of another height, width and channels",
    .positional = 3,
    .options = {{"height", NAN, 1, 16384, true},
                {"width", NAN, 1, 16384, true},
                {"channels", NAN, 1, 1 << 24, true}},
    .shape = shape,
};
